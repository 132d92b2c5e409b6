/** `pnpm simulate`: runs seeds and says which of them broke an invariant. */
import { type Campaign, range, runCampaign } from './cli/campaign.ts'
import { loadCorpus } from './cli/corpus.ts'
import { type Options, UsageError, readOptions } from './cli/options.ts'
import { describeRows, plantedRows } from './cli/planted-table.ts'
import { type Job, Pool } from './cli/pool.ts'
import { Progress } from './cli/progress.ts'
import { describeCampaign, describeCoverage, describeShrunk, describeViolation, jsonOf } from './cli/report.ts'
import { runJob } from './cli/run-job.ts'
import { shrink } from './cli/shrink.ts'
import { USAGE } from './cli/usage.ts'
import { PLANTED } from './planted/index.ts'

const FAILED = 1
const WRONG_USAGE = 2
/** A run is some tenth of a second, and a seed has some fifty things that may be taken away. */
const MOST_SHRINKING_MS = 60_000

async function main(argv: readonly string[]): Promise<number> {
  let options: Options
  try {
    options = readOptions(argv)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    process.stderr.write(`${error.message}\n\n${USAGE}`)
    return WRONG_USAGE
  }
  if (options.help) {
    process.stdout.write(USAGE)
    return 0
  }
  if (options.trace) return trace(options)
  const { corpus, seeds, planted_table } = options
  const most = planted_table ? PLANTED.length : seeds + (corpus ? loadCorpus().length : 0)
  const pool = new Pool(Math.max(1, Math.min(options.jobs, most)))
  try {
    return await (planted_table ? plantedTable(pool) : campaign(pool, options))
  } finally {
    await pool.end()
  }
}

function jobOf({ members, planted, without, muted, calm_from_ms }: Options): Omit<Job, 'seed'> {
  return { members, planted: planted?.name, without, muted, calm_from_ms }
}

function trace(options: Options): number {
  const job = { ...jobOf(options), seed: options.from }
  const report = runJob(job, (line) => process.stdout.write(`${line}\n`))
  process.stderr.write(describeViolation(report, job))
  return report.violation ? FAILED : 0
}

async function plantedTable(pool: Pool): Promise<number> {
  const progress = new Progress()
  let done = 0
  const rows = await plantedRows(pool, PLANTED, ({ name }) => progress.show(`${++done} of ${PLANTED.length} bugs: ${name}`))
  progress.end()
  process.stdout.write(describeRows(rows))
  return rows.every(({ is_caught }) => is_caught) ? 0 : FAILED
}

async function campaign(pool: Pool, options: Options): Promise<number> {
  const { seeds, json, coverage } = options
  const job = jobOf(options)
  const progress = new Progress()
  const started_ns = process.hrtime.bigint()
  const found = await runCampaign(pool, {
    job,
    seeds: seedsOf(options),
    onReport: (report, done) => {
      if (report.violation) progress.say(describeViolation(report, { ...job, seed: report.seed }))
      progress.show(options.seconds === undefined ? `${done} of ${seeds} seeds` : `${done} seeds`)
    },
  })
  progress.end()
  const core_s = (Number(process.hrtime.bigint() - started_ns) / 1e9) * pool.size
  if (options.shrink) await shrinkFirst(pool, found, job, progress)
  if (coverage) process.stdout.write(describeCoverage(found))
  process.stdout.write(json ? jsonOf(found, core_s) : describeCampaign(found, core_s))
  return found.failed.length > 0 ? FAILED : 0
}

function* seedsOf({ corpus, from, seeds, seconds }: Options): Iterable<number> {
  const until = performance.now() + (seconds ?? Number.POSITIVE_INFINITY) * 1_000
  if (corpus) for (const { seed } of loadCorpus()) yield seed
  for (const seed of range(from, seeds)) {
    if (performance.now() >= until) return
    yield seed
  }
}

/** One is enough to begin with: the others mostly fail for the same reason. */
async function shrinkFirst(pool: Pool, { failed: [first] }: Campaign, common: Omit<Job, 'seed'>, progress: Progress): Promise<void> {
  // A run that differs from its replay is no smaller for having fewer faults: there it is the difference that one looks for.
  if (first === undefined || first.violation?.invariant === 'replay') return
  const shrunk = await shrink(pool, { ...common, seed: first.seed }, first, {
    most_ms: MOST_SHRINKING_MS,
    onProgress: ({ classes, strategies, runs }) =>
      progress.show(`making seed ${first.seed} smaller: ${classes.length} faults and ${strategies.length} strategies left after ${runs} runs`),
  })
  progress.say(describeShrunk(shrunk))
  progress.end()
}

process.exitCode = await main(process.argv.slice(2))
