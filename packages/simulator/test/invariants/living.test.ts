import assert from 'node:assert/strict'
import type { MemberIndex } from '@belfry/protocol/primitives'
import type { Context } from '../../src/invariants/index.ts'
import { firstLiving } from '../../src/invariants/living.ts'

const ME = 4
const PERIOD_MS = 10_000
const NOW_MS = 1_000_000

interface Sound {
  /** Periods ago. */
  readonly last: number
  /** Without a break from then on; null where there was one since. */
  readonly since?: number
}

/** Of the order 1, 2, 3, and me, who am the fourth; of whom nothing is said nothing was heard. */
function firstOf(sounds: Readonly<Record<number, Sound>>, listening_since = 100): number | null {
  const msOf = (periods: number | undefined): number | null => (periods === undefined ? null : NOW_MS - periods * PERIOD_MS)
  const known = {
    federation: { timing: { heartbeat_ms: PERIOD_MS, suspect_periods: 3, dead_periods: 6 } },
    world: { now_ms: NOW_MS },
    heard: {
      last: (_me: number, of: number) => msOf(sounds[of]?.last),
      since: (_me: number, of: number) => msOf(sounds[of]?.since),
      listeningSince: () => msOf(listening_since),
    },
  } as unknown as Context
  return firstLiving(known, [1, 2, 3, ME] as MemberIndex[], ME as MemberIndex, 1_000)
}

describe('the first that a member must hold for living', () => {
  it('is one that it has heard, also where that was some periods ago', () => {
    assert.equal(firstOf({ 1: { last: 0.5 } }), 1)
    assert.equal(firstOf({ 1: { last: 5 } }), 1)
  })

  it('is one after those that have been silent for longer than the dead, or were never heard', () => {
    assert.equal(firstOf({ 1: { last: 9 }, 2: { last: 1 } }), 2)
    assert.equal(firstOf({ 3: { last: 1 } }), 3)
    assert.equal(firstOf({}), ME)
  })

  it('is not known where one before is about as silent as the dead, or was not listened to for long', () => {
    assert.equal(firstOf({ 1: { last: 6.5 }, 2: { last: 1 } }), null)
    assert.equal(firstOf({ 2: { last: 1 } }, 5), null)
  })

  it('is not known while one before is just coming back', () => {
    assert.equal(firstOf({ 1: { last: 0.01 }, 2: { last: 1 } }), null)
    assert.equal(firstOf({ 1: { last: 0.01, since: 0.01 }, 2: { last: 1 } }), null)
    assert.equal(firstOf({ 1: { last: 0.01, since: 2 }, 2: { last: 1 } }), 1)
  })
})
