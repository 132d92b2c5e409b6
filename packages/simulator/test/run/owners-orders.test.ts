import assert from 'node:assert/strict'
import { type Report, simulate } from '../../src/index.ts'
import { drawPlan } from '../../src/run/plan.ts'
import { changeOf } from '../../src/run/succession.ts'

const SEEDS = 3_000
const PLAYED = 16

interface Played {
  readonly report: Report
  readonly lines: readonly string[]
}

describe("an owner's orders under the next lock", function () {
  this.timeout(120_000)
  const played: Played[] = []

  before(() => {
    for (let seed = 0; seed < SEEDS && played.length < PLAYED; seed++) {
      const plan = drawPlan(seed)
      const { 'next-orders': isThere, drills, panics, revocations } = plan.swarm
      if (changeOf(plan) === null || !isThere || !(panics || (drills && revocations))) continue
      const lines: string[] = []
      played.push({ report: simulate({ seed, trace: (line) => lines.push(line) }), lines })
    }
  })

  const worldsWith = (pattern: RegExp): number => played.filter(({ lines }) => lines.some((line) => pattern.test(line))).length

  it('are given while both locks are served, and every invariant holds', () => {
    assert.equal(played.length, PLAYED)
    assert.deepEqual(played.flatMap(({ report: { seed, violation } }) => (violation === null ? [] : [{ seed, violation }])), [])
    assert.ok(worldsWith(/the owner orders a drill of level \d under the next lock/) >= 3)
    assert.ok(worldsWith(/the owner orders a revoke under the next lock/) >= 3)
    assert.ok(worldsWith(/the owner orders a panic under the next lock/) >= 2)
  })

  it('are taken by the seats of that lock', () => {
    assert.ok(worldsWith(/ m\d+\/1b? .*\+command-taken/) >= 1)
  })

  it('are not given where the class is left out', () => {
    const first = played.find(({ lines }) => lines.some((line) => line.includes('under the next lock')))
    assert.ok(first)
    const lines: string[] = []
    simulate({ seed: first.report.seed, without: new Set(['next-orders']), trace: (line) => lines.push(line) })
    assert.ok(!lines.some((line) => line.includes('under the next lock')))
  })
})
