import assert from 'node:assert/strict'
import { type Job, Pool } from '../../src/cli/pool.ts'
import { commandOf } from '../../src/cli/report.ts'
import { runJob } from '../../src/cli/run-job.ts'
import { shrink } from '../../src/cli/shrink.ts'

/** It fails in every world, for it needs no fault. */
const JOB: Job = { seed: 5, planted: 'send-before-sync' }

describe('shrinking a failing seed', function () {
  this.timeout(120_000)
  let pool: Pool
  before(() => {
    pool = new Pool(2)
  })
  after(() => pool.end())

  it('takes away all that is not needed for the same invariant to fail', async () => {
    const failing = runJob(JOB)
    assert.equal(failing.violation?.invariant, 'S5')
    const told: number[] = []
    const shrunk = await shrink(pool, JOB, failing, { most_ms: 100_000, onProgress: ({ classes }) => told.push(classes.length) })
    assert.deepEqual({ classes: shrunk.classes, strategies: shrunk.strategies }, { classes: [], strategies: [] })
    assert.deepEqual([shrunk.is_smallest, shrunk.job.members, shrunk.job.calm_from_ms], [true, 3, 0])
    assert.ok(told.length > 0 && told.every((left, at) => at === 0 || left <= (told[at - 1] ?? 0)), told.join())
    assert.match(commandOf(shrunk.job), /^pnpm simulate --seed 5 --members 3 --planted send-before-sync --only none --calm-from 0$/)
    // What it prints is what failed.
    assert.deepEqual(runJob(shrunk.job).violation, shrunk.report.violation)
  })

  it('keeps what the failure needs', async () => {
    const seed = await firstThatFails('ledger-lost')
    const job = { seed, planted: 'ledger-lost' }
    const failing = runJob(job)
    const shrunk = await shrink(pool, job, failing, { most_ms: 100_000 })
    assert.equal(shrunk.report.violation?.invariant, failing.violation?.invariant)
    assert.ok(shrunk.is_smallest)
    for (const name of shrunk.classes) {
      const { violation } = runJob({ ...shrunk.job, without: [...(shrunk.job.without ?? []), name] })
      assert.notEqual(violation?.invariant, failing.violation?.invariant, `it fails without ${name}, too`)
    }
    assert.deepEqual(runJob(shrunk.job).violation, shrunk.report.violation)
  })

  it('stops when its time is over, and says so', async () => {
    const failing = runJob(JOB)
    const shrunk = await shrink(pool, JOB, failing, { most_ms: 0 })
    assert.deepEqual([shrunk.is_smallest, shrunk.runs, shrunk.report], [false, 0, failing])
  })
})

async function firstThatFails(planted: string): Promise<number> {
  for (let seed = 0; seed < 60; seed++) if (runJob({ seed, planted }).violation !== null) return seed
  return assert.fail('not found')
}
