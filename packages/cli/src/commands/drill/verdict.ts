/** Whether a drill passed, by what members say of it. */
import type { Federation, ToldDrill } from '@belfry/client'
import { CliError } from '../../errors.ts'
import { memberName } from '../../orders/results.ts'
import { sentenceList } from '../../output/index.ts'
import { reportLine } from './describe.ts'

/** More members say so than may lie, be it that it passed or that it did not. @throws CliError drill-failed, drill-not-over */
export function requirePassed(federation: Federation, told: ToldDrill | null, wait_s: number): asserts told is ToldDrill {
  const saying = (status: string): number => (told?.statuses ?? []).filter((one) => one.status === status).length
  if (saying('passed') > federation.b) return
  if (told !== null && saying('failed') + saying('abandoned') > federation.b) {
    const reports = told.reports.map((report) => reportLine(federation, report))
    throw new CliError(
      'drill-failed',
      `The drill did not pass (${reports.length === 0 ? 'no member reported' : reports.join('; ')}).`,
      told.drill.level === 1
        ? 'No member has a notification channel yet; this level passes once there are some.'
        : 'Ask the operators of these members; belfry drill history shows every signed report.',
    )
  }
  const missing = federation.members.filter(({ index }) => !told?.reports.some(({ member }) => member === index))
  const why = missing.length === 0 ? 'too few members say how it ended' : `no report of ${sentenceList(missing.map(({ index }) => memberName(federation, index)))}`
  throw new CliError(
    'drill-not-over',
    `The drill was not over within ${wait_s} s (${why}).`,
    'It goes on for a day: look again with belfry drill history.',
  )
}
