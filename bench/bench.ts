/** What a benchmark is. */
import type { Row } from './output/row.ts'

export interface BenchContext {
  /** Samples in each row; null: as many as the bench holds right. */
  readonly samples: number | null
  /** Of a simulation: how many, and from which seed on; null: as the bench holds right. */
  readonly incidents: number | null
  readonly seed: number | null
  /** A folder with real blocks (`*.raw`); null: synthetic ones. */
  readonly blocks: string | null
  /** One line for whoever waits. */
  readonly progress: (line: string) => void
  readonly signal: AbortSignal
}

export interface BenchResult {
  readonly rows: readonly Row[]
  /** For people, in place of a line for each row. */
  readonly lines?: readonly string[]
  /** Sentences: what a check of correctness found wrong. Empty where everything holds. */
  readonly wrong: readonly string[]
  /** Version of the bitcoind that took part; null where none did. */
  readonly bitcoind: string | null
}

export interface Bench {
  readonly name: string
  /** One line of `--help`. */
  readonly summary: string
  readonly run: (context: BenchContext) => Promise<BenchResult>
}
