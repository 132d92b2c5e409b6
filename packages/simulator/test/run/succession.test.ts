import assert from 'node:assert/strict'
import { simulate } from '../../src/index.ts'
import { type Plan, drawPlan } from '../../src/run/plan.ts'
import { changeOf } from '../../src/run/succession.ts'

const SEEDS = 500
const LEAST_WORLDS = 0.05
const changes = Array.from({ length: SEEDS }, (_, seed) => seed).flatMap((seed) => {
  const plan = drawPlan(seed)
  const change = changeOf(plan)
  return change === null ? [] : [{ seed, plan, change }]
})

interface Told {
  readonly seed: number
  readonly plan: Plan
  readonly lines: readonly string[]
  readonly steps_of_next: number
}

/** What the first of these worlds tell. */
function tell(most: number, isWanted: (one: (typeof changes)[number]) => boolean): Told[] {
  return changes.filter(isWanted).slice(0, most).map(({ seed, plan }) => {
    const lines: string[] = []
    const { violation } = simulate({ seed, trace: (line) => lines.push(line) })
    assert.equal(violation, null, `seed ${seed}`)
    return { seed, plan, lines, steps_of_next: lines.filter((line) => / m\d+\/1 #/.test(line)).length }
  })
}

describe('a change of members in a simulated world', function () {
  this.timeout(120_000)

  it('is drawn by a good part of the worlds, of every kind and at every time', () => {
    assert.ok(changes.length >= SEEDS * LEAST_WORLDS, `${changes.length} of ${SEEDS}`)
    assert.deepEqual(new Set(changes.map(({ change }) => change.when)), new Set(['before', 'about', 'after']))
    assert.deepEqual(new Set(changes.map(({ change }) => change.leaves)), new Set(['nobody', 'healthy', 'dead', 'liar', 'convicted']))
    assert.deepEqual(new Set(changes.map(({ change }) => change.joins)), new Set([true, false]))
  })

  it('needs somebody who joins where three are all that there are', () => {
    assert.ok(changes.every(({ plan, change }) => plan.members > 3 || change.joins))
  })

  it('leaves all else of a world as it is without it', () => {
    for (const { seed } of changes.slice(0, 3)) {
      const { digest } = simulate({ seed, without: new Set(['membership-changes']) })
      assert.ok(!digest.includes('-'), 'one epoch, one digest')
    }
  })

  it('gives members a second seat that takes part, and the same frames are heard under both locks', () => {
    const told = tell(6, ({ plan, change }) => plan.story === 'theft' && change.when === 'before')
    const made = told.filter(({ lines }) => lines.some((line) => line.includes('the next lock: ')))
    assert.ok(made.length >= 3)
    assert.ok(made.some(({ steps_of_next }) => steps_of_next > 100))
    assert.ok(made.some(({ lines }) => lines.some((line) => line.includes('foreign-lock'))))
    assert.ok(made.some(({ lines }) => lines.some((line) => line.includes('successor-unknown'))))
    assert.ok(made.some(({ lines }) => lines.some((line) => / m\d+\/1 .*\+manifest-armed/.test(line))))
  })
})
