/** `pnpm simulate`: runs seeds and says which of them broke an invariant. */
import { runSeeds } from './cli/campaign.ts'
import { type Options, USAGE, UsageError, readOptions } from './cli/options.ts'
import { describeCampaign, describeViolation, jsonOf } from './cli/report.ts'
import { simulate } from './run/index.ts'

const FAILED = 1
const WRONG_USAGE = 2

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
  return options.trace ? trace(options) : await run(options)
}

function trace(options: Options): number {
  const { from: seed, members, planted } = options
  const report = simulate({ seed, members, planted, trace: (line) => process.stdout.write(`${line}\n`) })
  process.stderr.write(describeViolation(report, options))
  return report.violation ? FAILED : 0
}

async function run(options: Options): Promise<number> {
  const { seeds, jobs, json } = options
  const isTerminal = process.stderr.isTTY
  const started_ns = process.hrtime.bigint()
  const campaign = await runSeeds(options, (report, done) => {
    if (report.violation) process.stderr.write(`${isTerminal ? '\n' : ''}${describeViolation(report, options)}`)
    if (isTerminal) process.stderr.write(`\r${done} of ${seeds} seeds`)
  })
  if (isTerminal) process.stderr.write('\n')
  const core_s = (Number(process.hrtime.bigint() - started_ns) / 1e9) * Math.min(jobs, seeds)
  process.stdout.write(json ? jsonOf(campaign, core_s) : describeCampaign(campaign, core_s))
  return campaign.failed.length > 0 ? FAILED : 0
}

process.exitCode = await main(process.argv.slice(2))
