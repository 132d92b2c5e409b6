import assert from 'node:assert/strict'
import { type Report, simulate } from '../../src/index.ts'
import { drawPlan } from '../../src/run/plan.ts'

const SEEDS = 3_000
const PLAYED = 20

interface Played {
  readonly report: Report
  /** Of members after an adoption. */
  readonly since: readonly string[]
  readonly statements: number
  readonly restored: number
}

function play(seed: number): Played {
  const since: string[] = []
  const adopted = new Set<string>()
  let statements = 0
  let restored = 0
  const report = simulate({
    seed,
    trace: (line) => {
      const who = /^ *[\d.]+ (m\d+) /.exec(line)?.[1] ?? ''
      const found = /adopts what was found: (\d+)/.exec(line)?.[1]
      if (line.includes('said to be one')) restored += 1
      if (found !== undefined) {
        adopted.add(who)
        statements += Number(found)
      } else if (adopted.has(who)) since.push(line)
    },
  })
  return { report, since, statements, restored }
}

describe('a member in quarantine whose operator adopts what was found', function () {
  this.timeout(120_000)
  const played: Played[] = []

  before(() => {
    for (let seed = 0; seed < SEEDS && played.length < PLAYED; seed++) {
      const { swarm, wayward, story } = drawPlan(seed)
      if (swarm.adoptions !== null && swarm.restores !== null && wayward.size > 0 && story === 'theft') played.push(play(seed))
    }
  })

  const worlds = (isSo: (one: Played) => boolean): number => played.filter(isSo).length

  it('is there in a good part of the worlds in which backups are put back, and every invariant holds', () => {
    assert.equal(played.length, PLAYED)
    assert.deepEqual(played.flatMap(({ report: { seed, violation } }) => (violation === null ? [] : [{ seed, violation }])), [])
    assert.ok(worlds(({ restored }) => restored > 0) >= PLAYED / 4)
    assert.ok(worlds(({ since }) => since.length > 0) >= PLAYED / 4)
  })

  it('has something to adopt in some, and votes again', () => {
    assert.ok(worlds(({ statements }) => statements > 0) >= 1)
    assert.ok(worlds(({ since }) => since.some((line) => line.includes('+signed vote'))) >= 3)
  })
})
