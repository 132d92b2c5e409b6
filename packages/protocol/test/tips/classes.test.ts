import assert from 'node:assert/strict'
import { ECLIPSE_PERIODS, LASTING_PERIODS, STUCK_PERIODS } from '../../src/index.ts'
import { type OwnHistory, type TipHistory, ownTipClass, tipClass, tipRelation } from '../../src/tips/classes.ts'
import { blockAt } from '../core/setting.ts'

const recent = Array.from({ length: 21 }, (_, at) => blockAt(100 + at))
const relation = (height: number, branch = 'main', at_6 = 'main') =>
  tipRelation(recent, { tip: blockAt(height, branch), hash_6: blockAt(height - 6, at_6).hash })

describe('how a tip stands to my chain', () => {
  it('is told by where it is in it', () => {
    assert.deepEqual([120, 119, 118, 100, 50].map((height) => relation(height)), ['level', 'one-behind', 'behind', 'behind', 'behind'])
  })

  it('is level for one of two blocks that were found at the same time, and beside for a fork of some depth', () => {
    assert.equal(relation(120, 'fork'), 'level')
    assert.equal(relation(120, 'fork', 'fork'), 'beside')
    assert.equal(relation(119, 'fork'), 'beside')
  })

  it('is ahead for all above mine, whatever is claimed', () => {
    assert.deepEqual([relation(121), relation(5_000, 'fork', 'fork')], ['ahead', 'ahead'])
  })

  it('is unknown before either has seen a block', () => {
    assert.equal(tipRelation([], { tip: blockAt(120), hash_6: null }), 'unknown')
    assert.equal(tipRelation(recent, { tip: null, hash_6: null }), 'unknown')
  })
})

describe('the class of a tip', () => {
  const none: TipHistory = { relation: 'level', lasted: 0, off: 0, unmoved: 0 }
  const classOf = (history: Partial<TipHistory>, before: Parameters<typeof tipClass>[0] = 'in-sync') => tipClass(before, { ...none, ...history })

  it('needs what is wrong to last', () => {
    assert.equal(classOf({ relation: 'behind', lasted: LASTING_PERIODS - 1 }), 'in-sync')
    assert.equal(classOf({ relation: 'behind', lasted: LASTING_PERIODS }), 'lagging')
    assert.equal(classOf({ relation: 'beside', lasted: LASTING_PERIODS - 1 }), 'in-sync')
    assert.equal(classOf({ relation: 'beside', lasted: LASTING_PERIODS }), 'forked')
  })

  it('is stuck where it does not move while my chain goes on, be it by one block', () => {
    for (const one of ['one-behind', 'behind'] as const) {
      assert.notEqual(classOf({ relation: one, off: STUCK_PERIODS - 1, unmoved: 10 * STUCK_PERIODS }), 'stuck')
      assert.equal(classOf({ relation: one, off: STUCK_PERIODS, unmoved: STUCK_PERIODS }), 'stuck')
      assert.notEqual(classOf({ relation: one, off: 10 * STUCK_PERIODS, unmoved: 1 }), 'stuck')
    }
  })

  it('is as it was while it is ahead of mine, for that is not mine to judge by a claim', () => {
    assert.equal(classOf({ relation: 'ahead', lasted: 10_000 }), 'in-sync')
    assert.equal(classOf({ relation: 'ahead', lasted: 10_000 }, 'forked'), 'forked')
  })
})

describe('the class of my own tip', () => {
  const none: OwnHistory = { behind: 0, one_behind: 0, unmoved: 0, better: 0, beside: 0 }
  const classOf = (history: Partial<OwnHistory>) => ownTipClass({ ...none, ...history })

  it('is lagging and stuck by what more than b others claim', () => {
    assert.equal(classOf({ behind: LASTING_PERIODS, one_behind: LASTING_PERIODS }), 'lagging')
    assert.equal(classOf({ behind: STUCK_PERIODS, one_behind: STUCK_PERIODS, unmoved: STUCK_PERIODS }), 'stuck')
    assert.equal(classOf({ one_behind: STUCK_PERIODS - 1, unmoved: 10 * STUCK_PERIODS }), 'in-sync')
  })

  it('is forked or eclipsed by headers alone that my bitcoind took', () => {
    const claims = { behind: 10_000, one_behind: 10_000, unmoved: 10_000 }
    assert.equal(classOf(claims), 'stuck')
    assert.equal(classOf({ better: LASTING_PERIODS, beside: LASTING_PERIODS }), 'forked')
    assert.equal(classOf({ better: ECLIPSE_PERIODS - 1, beside: 1, unmoved: 0 }), 'lagging')
    assert.equal(classOf({ better: ECLIPSE_PERIODS }), 'eclipse-suspected')
  })
})
