import { type Report, simulate } from '../run/index.ts'
import type { Options } from './options.ts'

/** Many seeds together. */
export interface Campaign {
  readonly seeds: number
  readonly failed: readonly Report[]
  readonly events: number
  readonly steps: number
  /** How often each pair of input and incident status was met. */
  readonly coverage: ReadonlyMap<string, number>
}

export function runSeeds(
  { seeds, from, members, planted }: Pick<Options, 'seeds' | 'from' | 'members' | 'planted'>,
  onReport: (report: Report, done: number) => void,
): Campaign {
  const failed: Report[] = []
  const coverage = new Map<string, number>()
  let events = 0
  let steps = 0
  for (let done = 0; done < seeds; done++) {
    const report = simulate({ seed: from + done, members, planted })
    events += report.events
    steps += report.steps
    for (const [pair, count] of report.coverage) coverage.set(pair, (coverage.get(pair) ?? 0) + count)
    if (report.violation) failed.push(report)
    onReport(report, done + 1)
  }
  return { seeds, failed, events, steps, coverage }
}
