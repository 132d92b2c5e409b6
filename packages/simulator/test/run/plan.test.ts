import assert from 'node:assert/strict'
import { STRATEGIES } from '../../src/adversary/index.ts'
import { drawPlan } from '../../src/run/plan.ts'

/** Those that every test run plays: seeds.test.ts. */
const SEEDS = 200
const plans = Array.from({ length: SEEDS }, (_, seed) => drawPlan(seed))

describe('the plans of the seeds that are always run', () => {
  it('know every story and every siege', () => {
    assert.deepEqual(new Set(plans.map(({ story }) => story)), new Set(['theft', 'vanishing', 'cold-theft', 'quiet']))
    assert.deepEqual(new Set(plans.map(({ siege }) => siege)), new Set(['none', 'apart', 'down', 'blind', 'censored']))
  })

  it('know every way of lying in a theft, also where no more lie than the lock reckons with', () => {
    const lies = plans
      .filter(({ story, is_overrun }) => story === 'theft' && !is_overrun)
      .flatMap(({ corrupted }) => [...corrupted.values()].flat())
    assert.deepEqual(new Set(lies), new Set(STRATEGIES))
  })

  it('know every fault, and worlds without it', () => {
    for (const has of [
      ({ network }) => network.drops > 0,
      ({ network }) => network.duplicates > 0,
      ({ network }) => network.straggles > 0,
      ({ process }) => process.partition_ms !== null,
      ({ process }) => process.crash_ms !== null,
      ({ process }) => process.outage_ms !== null,
      ({ process }) => process.disk_fails > 0,
      ({ bitcoin }) => bitcoin.reorg > 0,
      ({ bitcoin }) => bitcoin.evicts > 0,
      ({ bitcoin }) => bitcoin.never_relayed > 0,
      ({ deal }) => deal.spoils,
      ({ has_second_generation }) => has_second_generation,
      ({ has_real_crypto }) => has_real_crypto,
      ({ is_dear }) => is_dear,
      ({ deal }) => deal.means.includes('anchored'),
      ({ deal }) => deal.means.includes('anyone-can-pay'),
      ({ members, has_fee_coins }) => has_fee_coins.size < members,
    ] satisfies ((plan: (typeof plans)[number]) => boolean)[]) {
      assert.deepEqual(new Set(plans.map(has)), new Set([true, false]), has.toString())
    }
  })

  it('let no more members lie than the lock reckons with, but where they are overrun', () => {
    for (const { members, thresholds, corrupted, is_overrun } of plans) {
      const b = thresholds.b ?? Math.floor((members - 1) / 3)
      assert.ok(is_overrun || corrupted.size <= b)
    }
  })
})
