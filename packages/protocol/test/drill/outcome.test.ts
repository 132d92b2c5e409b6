import assert from 'node:assert/strict'
import { DRILL_DEADLINE } from '../../src/index.ts'
import { type DrillReport, drillEndOf, isDrillSound, isReportOf } from '../../src/drill/outcome.ts'
import type { MemberIndex } from '../../src/primitives/index.ts'
import { drill } from '../core/commands.ts'
import { hexOf } from '../core/setting.ts'

const trial = (tried: number, accepted: number) => ({ tried, accepted, mempool_floor: 1_000 as never, estimate: null })
const LADDER = drill(3, { trial: trial(24, 24) })

function report(level: number, result: DrillReport['result'], tried = 0, good = 0): DrillReport {
  return { statement: 'drill', vault_id: hexOf('vault') as never, command_hash: hexOf('command') as never, level, result, tried, good, height: 1 as never }
}

const end = (order: ReturnType<typeof drill>, reports: readonly DrillReport[], age = 0) => drillEndOf(order, reports, { members: 5, b: 1, age })
const times = (count: number, one: DrillReport) => Array.from({ length: count }, () => one)

describe('the end of a drill', () => {
  it('of the notification path fails while nobody can be notified', () => {
    assert.equal(end(drill(1), times(4, report(1, 'no-channel'))), null)
    assert.equal(end(drill(1), times(5, report(1, 'no-channel'))), 'failed')
  })

  it('of the shares passes when every member found all of them good, and not before', () => {
    assert.equal(end(drill(2), times(4, report(2, 'good', 9, 9))), null)
    assert.equal(end(drill(2), times(5, report(2, 'good', 9, 9))), 'passed')
    assert.equal(end(drill(2), [...times(4, report(2, 'good', 9, 9)), report(2, 'bad', 9, 8)]), 'failed')
    assert.equal(end(drill(2), times(4, report(2, 'good', 9, 9)), DRILL_DEADLINE), 'abandoned')
    assert.equal(end(drill(2), [report(2, 'bad', 9, 8)], DRILL_DEADLINE), 'failed')
  })

  it('of the ladder passes when b+1 members recorded that every transaction was accepted', () => {
    assert.equal(end(LADDER, [report(3, 'good', 24, 24)]), null)
    assert.equal(end(LADDER, times(2, report(3, 'good', 24, 24))), 'passed')
    assert.equal(end(drill(3, { trial: trial(24, 23) }), times(2, report(3, 'bad', 24, 23))), 'failed')
  })

  it('of a rehearsal passes when b+1 members rebuilt, one of whom is honest, and else fails', () => {
    for (const level of [4, 5]) {
      assert.equal(end(drill(level), [report(level, 'rebuilt')]), null)
      assert.equal(end(drill(level), times(2, report(level, 'rebuilt'))), 'passed')
      assert.equal(end(drill(level), [report(level, 'rebuilt')], DRILL_DEADLINE), 'failed')
    }
  })
})

describe('a report of a drill', () => {
  const two = 2 as MemberIndex
  it('is of its level, of what that level looks at, and true to its own numbers', () => {
    assert.ok(isReportOf(drill(2), two, report(2, 'good', 9, 9)))
    assert.ok(isReportOf(drill(2), two, report(2, 'bad', 9, 8)))
    for (const wrong of [report(2, 'good', 9, 8), report(2, 'bad', 9, 9), report(2, 'bad', 8, 9), report(2, 'good'), report(2, 'rebuilt'), report(3, 'good', 9, 9)]) {
      assert.ok(!isReportOf(drill(2), two, wrong))
    }
  })

  it('of the ladder says what the owner said', () => {
    assert.ok(isReportOf(LADDER, two, report(3, 'good', 24, 24)))
    assert.ok(!isReportOf(LADDER, two, report(3, 'good', 23, 23)))
  })

  it('comes from no member that was to keep still', () => {
    const order = drill(5, { held_back: [two] })
    assert.ok(!isReportOf(order, two, report(5, 'rebuilt')))
    assert.ok(isReportOf(order, 3 as MemberIndex, report(5, 'rebuilt')))
  })
})

describe('the order to hold a drill', () => {
  const members = [1, 2, 3, 4, 5]
  it('names a trial at level 3 and members held back at level 5, and nowhere else', () => {
    const held_back = [2 as MemberIndex]
    for (const level of [1, 2, 3, 4, 5]) {
      assert.equal(isDrillSound(drill(level), members), level !== 3 && level !== 5)
      assert.equal(isDrillSound(drill(level, { trial: trial(2, 1) }), members), level === 3)
      assert.equal(isDrillSound(drill(level, { held_back }), members), level === 5)
    }
  })

  it('holds back each member once, and none that is not there', () => {
    assert.ok(!isDrillSound(drill(5, { held_back: [2, 2] as MemberIndex[] }), members))
    assert.ok(!isDrillSound(drill(5, { held_back: [6 as MemberIndex] }), members))
    assert.ok(!isDrillSound(drill(3, { trial: trial(1, 2) }), members))
  })
})
