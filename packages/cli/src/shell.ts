import type { Output } from './output/index.ts'

/** What every command is given of the world around it. */
export interface Shell {
  readonly output: Output
  /** Aborted by the first SIGINT or SIGTERM. A second one ends the process at once. */
  readonly signal: AbortSignal
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number
  /** A line from whoever sits at the terminal; null where nobody does. */
  readonly ask: (question: string) => Promise<string | null>
}
