/** What came of one seed. */
import type { Alert, Violation } from '../invariants/index.ts'
import type { SimEpoch } from './epoch.ts'

export interface Report {
  readonly seed: number
  /** Everything that happened in the world. */
  readonly events: number
  /** Of these, inputs to a core. */
  readonly steps: number
  /** The same for two runs of one seed. */
  readonly digest: string
  readonly coverage: ReadonlyMap<string, number>
  /** Alerts that had to be told in it. */
  readonly due: ReadonlySet<Alert>
  readonly violation: Violation | null
  readonly ending: string
}

/** In all epochs together. */
export function seenIn(epochs: readonly SimEpoch[]): Pick<Report, 'steps' | 'digest' | 'coverage' | 'due'> {
  const coverage = new Map<string, number>()
  for (const { statistics } of epochs) {
    for (const [pair, times] of statistics.coverage) coverage.set(pair, (coverage.get(pair) ?? 0) + times)
  }
  return {
    steps: epochs.reduce((sum, { statistics }) => sum + statistics.steps, 0),
    digest: epochs.map(({ statistics }) => statistics.digest).join('-'),
    coverage,
    due: new Set(epochs.flatMap(({ judge }) => [...judge.due])),
  }
}
