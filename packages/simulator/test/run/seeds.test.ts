/** The protocol's invariants over 200 seeds. `pnpm simulate` runs as many as you like. */
import assert from 'node:assert/strict'
import { simulate } from '../../src/index.ts'
import { describeViolation } from '../../src/cli/report.ts'

const SEEDS = 200
const PER_TEST = 20

describe('every invariant holds', function () {
  this.timeout(240_000)
  const coverage = new Set<string>()
  const endings = new Map<string, number>()

  for (let from = 0; from < SEEDS; from += PER_TEST) {
    it(`for the seeds ${from} to ${from + PER_TEST - 1}`, () => {
      for (let seed = from; seed < from + PER_TEST; seed++) {
        const report = simulate({ seed })
        assert.equal(report.violation, null, describeViolation(report, { members: undefined, planted: undefined }))
        for (const pair of report.coverage.keys()) coverage.add(pair)
        endings.set(report.ending, (endings.get(report.ending) ?? 0) + 1)
      }
    })
  }

  it('and they see what they are for: recoveries, losses that nobody could stop, and runs without a theft', () => {
    for (const ending of ['recovered', 'recovered and settled', 'emergency instead of U', 'cold-spend instead of U', 'quiet', 'vanishing']) {
      assert.ok(endings.has(ending), `none ended with: ${ending}`)
    }
    assert.ok(coverage.size >= 100, `only ${coverage.size} pairs of input and incident status`)
  })
})
