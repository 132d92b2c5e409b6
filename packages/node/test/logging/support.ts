import { type LogLevel, type Logger, createLogger } from '../../src/logging/index.ts'

export type Line = Readonly<Record<string, unknown>>

export interface Recorded {
  readonly logger: Logger
  readonly lines: () => readonly Line[]
  readonly text: () => string
}

/** A real logger whose lines are kept. */
export function recorded(level: LogLevel = 'debug'): Recorded {
  const written: string[] = []
  const logger = createLogger({
    level,
    destination: {
      write: (line) => {
        written.push(line)
      },
    },
  })
  return {
    logger,
    lines: () => written.map((line) => JSON.parse(line) as Line),
    text: () => written.join(''),
  }
}
