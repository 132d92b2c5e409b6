/**
 * The protocol's invariants over many seeds: those of the corpus first, then 500, or as many as BELFRY_SIMULATE_SEEDS says.
 * `pnpm simulate` runs as many as you like.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { type Campaign, range, runCampaign } from '../../src/cli/campaign.ts'
import { loadCorpus } from '../../src/cli/corpus.ts'
import { Pool } from '../../src/cli/pool.ts'
import { ALERTS, type Alert } from '../../src/invariants/index.ts'
import { describeCampaign, describeViolation } from '../../src/cli/report.ts'

const DEFAULT_SEEDS = 500
const SEEDS = Number(process.env['BELFRY_SIMULATE_SEEDS'] ?? DEFAULT_SEEDS)
const PER_TEST = 100
/** One of so many, at least, asks for each alert. Of two that few worlds can show fewer are asked for: any change may make them less by luck. */
const SEEDS_PER_ALERT = 100
const SEEDS_PER_RARE_ALERT = 250
const RARE: ReadonlySet<Alert> = new Set(['duplicate-instance', 'successor-differs'])

function mustSee(): string[] {
  const text = readFileSync(new URL('../../coverage.txt', import.meta.url), 'utf8')
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
}

describe('every invariant holds', function () {
  this.timeout(600_000)
  const campaigns: Campaign[] = []
  let pool: Pool
  let busy_ms = 0

  before(() => {
    assert.ok(Number.isSafeInteger(SEEDS) && SEEDS >= DEFAULT_SEEDS, 'BELFRY_SIMULATE_SEEDS is a whole number, 500 at least')
    pool = new Pool(availableParallelism())
  })

  after(async () => {
    await pool.end()
    const seeds = campaigns.reduce((sum, campaign) => sum + campaign.seeds, 0)
    process.stdout.write(`    ${seeds} seeds in ${(busy_ms / 1_000).toFixed(1)} s\n`)
  })

  async function hold(seeds: readonly number[]): Promise<void> {
    const began = performance.now()
    const campaign = await runCampaign(pool, { job: {}, seeds })
    busy_ms += performance.now() - began
    campaigns.push(campaign)
    assert.equal(campaign.seeds, seeds.length)
    assert.deepEqual(campaign.failed.map((report) => describeViolation(report, { seed: report.seed })), [], describeCampaign(campaign, 1))
  }

  it('for the seeds that found something once', () => hold(loadCorpus().map(({ seed }) => seed)))

  for (let from = 0; from < SEEDS; from += PER_TEST) {
    const seeds = [...range(from, Math.min(PER_TEST, SEEDS - from))]
    it(`for the seeds ${from} to ${from + seeds.length - 1}`, () => hold(seeds))
  }

  it('and some of them ran twice, and were the same each time', () => {
    assert.ok(campaigns.reduce((sum, { replayed }) => sum + replayed, 0) >= 3)
  })

  it('and they see what they are for: recoveries, losses that nobody could stop, and runs without a theft', () => {
    const endings = new Set<string>()
    for (const campaign of campaigns) for (const ending of campaign.endings.keys()) endings.add(ending)
    const wanted = ['recovered', 'recovered and settled', 'emergency instead of U', 'cold-spend instead of U', 'quiet', 'vanishing']
    assert.deepEqual(wanted.filter((ending) => !endings.has(ending)), [])
  })

  it('and every alert of L2 and L3 was due in enough of them', () => {
    const seedsWith = (alert: Alert): number => campaigns.reduce((sum, { due }) => sum + (due.get(alert) ?? 0), 0)
    assert.deepEqual(ALERTS.filter((alert) => seedsWith(alert) < SEEDS / (RARE.has(alert) ? SEEDS_PER_RARE_ALERT : SEEDS_PER_ALERT)), [])
  })

  it('and every pair of input and state that coverage.txt names was met', () => {
    const met = new Set<string>()
    for (const { coverage } of campaigns) for (const pair of coverage.keys()) met.add(pair)
    assert.deepEqual(mustSee().filter((pair) => !met.has(pair)), [])
  })
})
