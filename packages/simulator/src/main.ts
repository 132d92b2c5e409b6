/** `pnpm simulate`: runs seeds and says which of them broke an invariant. */
import { parseArgs } from 'node:util'
import { type Campaign, runSeeds } from './cli/campaign.ts'
import { USAGE, UsageError, readOptions } from './cli/options.ts'
import { describeCampaign, describeViolation, jsonOf } from './cli/report.ts'
import { simulate } from './run/index.ts'

const FAILED = 1
const WRONG_USAGE = 2

function main(argv: readonly string[]): number {
  let options
  try {
    options = readOptions(argv, parseArgs)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    process.stderr.write(`${error.message}\n\n${USAGE}`)
    return WRONG_USAGE
  }
  if (options.help) {
    process.stdout.write(USAGE)
    return 0
  }
  const { members, planted } = options
  if (options.trace) {
    const report = simulate({ seed: options.from, members, planted, trace: (line) => process.stdout.write(`${line}\n`) })
    if (report.violation) process.stderr.write(describeViolation(report, options))
    return report.violation ? FAILED : 0
  }
  const isTerminal = process.stderr.isTTY
  const started_ns = process.hrtime.bigint()
  const campaign: Campaign = runSeeds(options, (report, done) => {
    if (isTerminal) process.stderr.write(`\r${done} of ${options.seeds} seeds`)
    if (report.violation) process.stderr.write(`${isTerminal ? '\n' : ''}${describeViolation(report, options)}`)
  })
  if (isTerminal) process.stderr.write('\n')
  const elapsed_s = Number(process.hrtime.bigint() - started_ns) / 1e9
  process.stdout.write(options.json ? jsonOf(campaign, elapsed_s) : describeCampaign(campaign, elapsed_s))
  return campaign.failed.length > 0 ? FAILED : 0
}

process.exitCode = main(process.argv.slice(2))
