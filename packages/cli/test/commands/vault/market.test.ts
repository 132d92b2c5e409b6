import assert from 'node:assert/strict'
import type { VaultInfo } from '@belfry/client'
import { marketJson, marketLines } from '../../../src/commands/vault/market.ts'
import { plain } from '../../../src/output/style.ts'

type Market = NonNullable<VaultInfo['market']>

function market(state: Market['state'], top: number | null, estimate: number | null): Market {
  return { state, top_feerate: top as Market['top_feerate'], estimate: estimate as Market['estimate'] }
}

describe("a vault's ladder in the fee market", () => {
  it('is told once for the members that see it alike', () => {
    const above = market('above', 250_000, 12_500)
    const lines = marketLines(
      [
        { name: 'alice', market: above },
        { name: 'bob', market: market('under', 250_000, 300_000) },
        { name: 'carol', market: above },
      ],
      plain,
    )
    assert.deepEqual(lines, [
      '  ladder above the fee market (top rung 250 sat/vB, estimate 12.5 sat/vB), as alice and carol see it',
      '  ladder under the fee market: a clawback may not confirm in time without fee coins (top rung 250 sat/vB, estimate 300 sat/vB), as bob sees it',
    ])
  })

  it('is not told where the coin has left, and told as not compared where nobody knows the fees', () => {
    const lines = marketLines([{ name: 'alice', market: null }, { name: 'bob', market: market('unknown', 250_000, null) }], plain)
    assert.deepEqual(lines, [
      '  ladder not compared with the fee market: no estimate (top rung 250 sat/vB), as bob sees it',
    ])
  })

  it('is written in sat/vB for programs', () => {
    assert.equal(marketJson(null), null)
    assert.deepEqual(marketJson(market('near', 250_000, 240_500)), {
      top_sat_vb: 250,
      estimate_sat_vb: 240.5,
      state: 'near',
    })
    assert.deepEqual(marketJson(market('unknown', null, null)), { top_sat_vb: null, estimate_sat_vb: null, state: 'unknown' })
  })
})
