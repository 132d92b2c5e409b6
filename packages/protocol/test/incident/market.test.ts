import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import {
  type FeeReserve,
  type Manifest,
  type OpenRung,
  type Rung,
  type Unvault,
  headroom,
  ladderMarket,
  missingSats,
  vaultRisk,
  weakestLadder,
} from '../../src/index.ts'
import type { Feerate, Hash32, Sats } from '../../src/primitives/index.ts'
import { hexOf, settingOf, vaultOf } from '../core/setting.ts'

const setting = settingOf(3)
const { manifest } = vaultOf(setting)

const market = (estimate: number | null, floor = 1_000) => ({
  estimate: estimate as Feerate | null,
  mempool_floor: floor as Feerate,
})
const reserve = (sats: bigint, anchored: number, anyone_can_pay = anchored): FeeReserve => ({
  sats: sats as Sats,
  carries: { anchored: anchored as Feerate, 'anyone-can-pay': anyone_can_pay as Feerate },
})

function first<T>([one]: readonly T[]): T {
  assert.ok(one !== undefined)
  return one
}

function changed(change: (unvault: Unvault) => Unvault): Manifest {
  return { ...manifest, unvaults: manifest.unvaults.map(change) }
}

const anchoredRung = (): Rung => ({ ...first(first(manifest.unvaults).clawback), vsize: 182, fee: 364n as Sats })
const openRung = (): OpenRung => ({ ...anchoredRung(), vsize: 168, outputs_hash: hexOf('outputs') as Hash32 })
const anchored = changed((unvault) => ({ ...unvault, anchored: anchoredRung() }))

describe('a ladder beside the fee market', () => {
  it('is told by the highest rung: K alone, and U and K together while U is unconfirmed', () => {
    const { top_feerate, top_package_feerate, deciding_feerate } = ladderMarket(manifest, market(10_000))
    assert.equal(top_feerate, 250_000)
    // (42,250 + 316) sat over 327 vB.
    assert.equal(top_package_feerate, 130_171)
    assert.equal(deciding_feerate, 250_000)
  })

  it('is decided by the package for a vault that acts in the mempool', () => {
    const inMempool: Manifest = { ...manifest, act_at: 'mempool' }
    assert.equal(ladderMarket(inMempool, market(200_000)).state, 'under')
    assert.equal(ladderMarket(manifest, market(200_000)).state, 'above')
  })

  it('is above from a fifth more on, near from what is asked on, under below it', () => {
    const stateAt = (estimate: number) => ladderMarket(manifest, market(estimate)).state
    assert.deepEqual([208_333, 208_334, 250_000, 250_001].map(stateAt), ['above', 'near', 'near', 'under'])
  })

  it('is asked the floor of the mempool where that is above the estimate', () => {
    const { asked, state } = ladderMarket(manifest, market(2_000, 300_000))
    assert.deepEqual([asked, state], [300_000, 'under'])
  })

  it('is under the market without an estimate where the mempool takes not even its top, else not known', () => {
    const under = ladderMarket(manifest, market(null, 250_001))
    assert.deepEqual([under.state, under.asked], ['under', 250_001])
    const unknown = ladderMarket(manifest, market(null, 250_000))
    assert.deepEqual([unknown.state, unknown.asked, headroom(unknown)], ['unknown', null, null])
  })

  it('is that of the variant whose top pays least, for the thief chooses', () => {
    const cheap = { ...first(manifest.unvaults), clawback: first(manifest.unvaults).clawback.slice(0, 2) }
    const two: Manifest = { ...manifest, unvaults: [...manifest.unvaults, cheap] }
    assert.equal(ladderMarket(two, market(5_000)).top_feerate, 10_000)
    assert.equal(weakestLadder([manifest, two, manifest], market(5_000))?.top_feerate, 10_000)
    assert.equal(weakestLadder([], market(5_000)), null)
  })

  it('is the emergency ladder where there is no unvault, and not known without any', () => {
    const noUnvault: Manifest = { ...manifest, unvaults: [] }
    const emergency = ladderMarket(noUnvault, market(5_000))
    assert.deepEqual([emergency.top_feerate, emergency.top_package_feerate], [250_000, null])
    const nothing = ladderMarket({ ...noUnvault, emergency: [] }, market(5_000, 9_000_000))
    assert.deepEqual([nothing.state, nothing.deciding_feerate, vaultRisk(nothing, null)], ['unknown', null, null])
  })

  it('has more headroom the less is asked, and is under the market exactly below 1', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000_000 }), fc.nat(10_000_000), (estimate, floor) => {
        const ladder = ladderMarket(manifest, market(estimate, floor))
        const ratio = headroom(ladder)
        assert.ok(ratio !== null)
        assert.equal(ladder.state === 'under', ratio < 1)
        assert.equal(ladder.asked, Math.max(estimate, floor))
      }),
    )
  })
})

describe('a vault at risk', () => {
  const at = (of: Manifest, estimate: number, means: FeeReserve | null) =>
    vaultRisk(ladderMarket(of, market(estimate)), means)

  it('is none whose ladder pays what is asked, whatever the reserve', () => {
    assert.equal(at(manifest, 250_000, null), null)
  })

  it('is one under the market that takes no fee coins, whatever the reserve', () => {
    assert.equal(at(manifest, 300_000, reserve(10_000_000n, 2_000_000)), 'no-fee-coin-means')
  })

  it('is one that takes fee coins where nobody has them', () => {
    assert.equal(at(anchored, 300_000, null), 'no-reserve')
    assert.equal(at(anchored, 300_000, reserve(0n, 0)), 'no-reserve')
  })

  it('is one whose reserve carries less than is asked, in feerate or in satoshis', () => {
    // 182 + 151 vB at 300 sat/vB are 99,900 sat, of which P pays 364 itself.
    assert.equal(at(anchored, 300_000, reserve(99_536n, 300_000)), null)
    assert.equal(at(anchored, 300_000, reserve(99_535n, 300_000)), 'reserve-too-small')
    assert.equal(at(anchored, 300_000, reserve(99_536n, 299_999)), 'reserve-too-small')
  })

  it('is none where the cheaper of two means is carried', () => {
    const both = changed((unvault) => ({ ...unvault, anchored: anchoredRung(), anyone_can_pay: openRung() }))
    const { fee_coin_means } = ladderMarket(both, market(300_000))
    assert.deepEqual(fee_coin_means.map(({ means, vsize }) => [means, vsize]), [['anchored', 333], ['anyone-can-pay', 236]])
    // 236 vB at 300 sat/vB are 70,800 sat.
    assert.equal(at(both, 300_000, reserve(70_436n, 300_000)), null)
    assert.equal(at(both, 300_000, reserve(70_435n, 300_000)), 'reserve-too-small')
    assert.equal(at(both, 300_000, reserve(70_436n, 300_000, 299_999)), 'reserve-too-small')
    assert.equal(at(both, 300_000, reserve(99_536n, 300_000, 299_999)), null)
  })

  it('lacks nothing where the means pay enough by themselves', () => {
    assert.equal(missingSats({ vsize: 100, fee: 1_000n as Sats }, 10_000 as Feerate), 0n)
    assert.equal(missingSats({ vsize: 101, fee: 1_000n as Sats }, 10_001 as Feerate), 11n)
  })
})
