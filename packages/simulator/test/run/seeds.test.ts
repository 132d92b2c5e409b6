/** The protocol's invariants over 200 seeds. `pnpm simulate` runs as many as you like. */
import assert from 'node:assert/strict'
import { availableParallelism } from 'node:os'
import { type Campaign, runSeeds } from '../../src/cli/campaign.ts'
import { describeViolation } from '../../src/cli/report.ts'

const SEEDS = 200
const PER_TEST = 50

describe('every invariant holds', function () {
  this.timeout(300_000)
  const campaigns: Campaign[] = []

  for (let from = 0; from < SEEDS; from += PER_TEST) {
    it(`for the seeds ${from} to ${from + PER_TEST - 1}`, async () => {
      const options = { seeds: PER_TEST, from, members: undefined, planted: undefined, jobs: availableParallelism() }
      const campaign = await runSeeds(options)
      campaigns.push(campaign)
      assert.equal(campaign.seeds, PER_TEST)
      assert.deepEqual(campaign.failed.map((report) => describeViolation(report, options)), [])
    })
  }

  it('and they see what they are for: recoveries, losses that nobody could stop, and runs without a theft', () => {
    const endings = new Set<string>()
    const pairs = new Set<string>()
    for (const campaign of campaigns) {
      for (const ending of campaign.endings.keys()) endings.add(ending)
      for (const pair of campaign.coverage.keys()) pairs.add(pair)
    }
    const wanted = ['recovered', 'recovered and settled', 'emergency instead of U', 'cold-spend instead of U', 'quiet', 'vanishing']
    assert.deepEqual(wanted.filter((ending) => !endings.has(ending)), [])
    assert.ok(pairs.size >= 100, `only ${pairs.size} pairs of input and incident status`)
  })
})
