import assert from 'node:assert/strict'
import { STRATEGIES } from '../../src/adversary/index.ts'
import { drawPlan } from '../../src/run/plan.ts'
import { VIGILS } from '../../src/run/mishaps/vigil.ts'
import { FAULT_CLASSES, classesOf } from '../../src/run/swarm.ts'

/** Those that every test run plays: seeds.test.ts. */
const SEEDS = 500
const plans = Array.from({ length: SEEDS }, (_, seed) => drawPlan(seed))

describe('the plans of the seeds that are always run', () => {
  it('know every story and every siege', () => {
    assert.deepEqual(new Set(plans.map(({ story }) => story)), new Set(['theft', 'vanishing', 'cold-theft', 'quiet']))
    assert.deepEqual(new Set(plans.map(({ siege }) => siege)), new Set(['none', 'apart', 'down', 'blind', 'censored', 'late']))
  })

  it('know every way of lying in a theft, also where no more lie than the lock reckons with', () => {
    const lies = plans
      .filter(({ story, is_overrun }) => story === 'theft' && !is_overrun)
      .flatMap(({ corrupted }) => [...corrupted.values()].flat())
    assert.deepEqual(new Set(lies), new Set(STRATEGIES))
  })

  it('know every fault, and worlds without it', () => {
    for (const name of FAULT_CLASSES) {
      const worlds = new Set(plans.map(({ swarm }) => classesOf(swarm).includes(name)))
      assert.deepEqual(worlds, new Set([true, false]), name)
    }
    for (const has of [
      ({ deal }) => deal.spoils,
      ({ has_second_generation }) => has_second_generation,
      ({ has_real_crypto }) => has_real_crypto,
      ({ is_dear }) => is_dear,
      ({ deal }) => deal.means.includes('anchored'),
      ({ deal }) => deal.means.includes('anyone-can-pay'),
      ({ members, has_fee_coins }) => has_fee_coins.size < members,
      ({ wayward }) => wayward.size > 0,
    ] satisfies ((plan: (typeof plans)[number]) => boolean)[]) {
      assert.deepEqual(new Set(plans.map(has)), new Set([true, false]), has.toString())
    }
  })

  it('know every vigil, in which nothing else is wrong', () => {
    const vigils = plans.filter(({ swarm }) => swarm.vigils !== null)
    assert.deepEqual(new Set(vigils.map(({ swarm }) => swarm.vigils)), new Set(VIGILS))
    for (const { swarm, corrupted, story } of vigils) assert.deepEqual([classesOf(swarm), corrupted.size, story], [['vigils'], 0, 'quiet'])
  })

  it('draw all else as before where a class of faults is left out', () => {
    for (const name of FAULT_CLASSES) {
      const { swarm, ...rest } = drawPlan(7, undefined, new Set([name]))
      const { swarm: whole, ...before } = drawPlan(7)
      assert.ok(!classesOf(swarm).includes(name))
      assert.deepEqual(classesOf(swarm), classesOf(whole).filter((one) => one !== name))
      const drawnFromIt = { corrupted: null, network: null, bitcoin: null }
      assert.deepEqual({ ...rest, ...drawnFromIt }, { ...before, ...drawnFromIt })
    }
  })

  it('let no more members lie or contradict themselves than the lock reckons with, but where they are overrun', () => {
    for (const { members, thresholds, corrupted, wayward, is_overrun } of plans) {
      const b = thresholds.b ?? Math.floor((members - 1) / 3)
      assert.ok(is_overrun || corrupted.size + wayward.size <= b)
    }
  })
})
