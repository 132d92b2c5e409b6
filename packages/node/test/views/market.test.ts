import assert from 'node:assert/strict'
import type { FeeReserve } from '@belfry/protocol'
import type { Feerate, Sats } from '@belfry/protocol/primitives'
import { marketCounts, vaultsView } from '../../src/views/index.ts'
import { type World, wholeIncident, world } from './world.ts'

/** bitcoind asks this now, in sat/kvB. */
function asking(of: World, estimate: number | null): void {
  of.chain({
    event: 'chain-health',
    state: 'ok',
    estimate: estimate as Feerate | null,
    mempool_floor: 1_000 as Feerate,
    implementation: '/Satoshi:29.0.0/',
  })
}

function reserve(carries: number): FeeReserve {
  return {
    sats: 10_000_000n as Sats,
    carries: { anchored: carries as Feerate, 'anyone-can-pay': carries as Feerate },
  }
}
const LARGE = reserve(5_000_000)

describe('the view of the fee market', () => {
  it('shows a vault at risk whose ladder is under the market and takes no fee coins', () => {
    const of = world()
    asking(of, 40_000)
    const { market } = vaultsView(of.state, LARGE)[0] ?? {}
    assert.deepEqual(
      [market?.state, market?.asked_sat_vb, market?.headroom, market?.risk],
      ['under', 40, 0.5, 'no-fee-coin-means'],
    )
  })

  it('asks the reserve of a vault that takes fee coins', () => {
    const of = world()
    const [unvault] = of.manifest.unvaults
    const [held] = of.state.durable.vaults.get(of.vault_id)?.manifests ?? []
    const [rung] = unvault?.clawback ?? []
    assert.ok(unvault && rung && held)
    Object.assign(held, { manifest: { ...of.manifest, unvaults: [{ ...unvault, anchored: rung }] } })
    asking(of, 40_000)
    const riskWith = (with_reserve: FeeReserve | null) => vaultsView(of.state, with_reserve)[0]?.market?.risk
    assert.equal(riskWith(null), 'no-reserve')
    assert.equal(riskWith(reserve(39_999)), 'reserve-too-small')
    assert.equal(riskWith(LARGE), null)
    assert.deepEqual(vaultsView(of.state, LARGE)[0]?.market?.fee_coin_means, ['anchored'])
  })

  it('counts nobody at risk whose market is not known', () => {
    const of = world()
    asking(of, null)
    assert.deepEqual(marketCounts(of.state, null), {
      at_risk: { 'no-fee-coin-means': 0, 'no-reserve': 0, 'reserve-too-small': 0 },
      least_headroom: null,
    })
  })

  it('shows nothing of a vault whose coin has left', () => {
    const of = world()
    wholeIncident(of)
    asking(of, 40_000)
    assert.equal(vaultsView(of.state, null)[0]?.market, null)
    assert.equal(marketCounts(of.state, null).at_risk['no-fee-coin-means'], 0)
  })
})
