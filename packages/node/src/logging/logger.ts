/** One JSON object a line: `time` (UTC), `level`, `event` (see events.ts), then the event's fields. */
import { type DestinationStream, pino, stdTimeFunctions } from 'pino'
import type { LogEvent } from './events.ts'
import { LOG_LEVELS, type LogLevel } from './levels.ts'
import { LineFile } from './line-file.ts'
import { type Printable, printable } from './printable.ts'

/** A plain object; of anything else only its type is written. */
export type LogFields = object

/** Never throws: a log that cannot be written must not end a watchtower. */
export interface Logger {
  log(level: LogLevel, event: LogEvent, fields?: LogFields): void
  debug(event: LogEvent, fields?: LogFields): void
  info(event: LogEvent, fields?: LogFields): void
  warn(event: LogEvent, fields?: LogFields): void
  error(event: LogEvent, fields?: LogFields): void
  /** The same log, with these fields in every line. */
  child(fields: LogFields): Logger
  /** Lines that could not be written since the start. */
  lost(): number
  /** Closes the file, where it is one. */
  close(): void
}

/** Where lines go: a file that is appended to, a file descriptor, or for tests whoever takes them. */
export type LogDestination = { readonly file: string } | { readonly fd: number } | DestinationStream

export interface LoggerOptions {
  readonly level: LogLevel
  readonly destination: LogDestination
}

/**
 * Lines are written at once, before the call returns, so that the last ones before a crash are there: some 8 µs a
 * line, and an incident has some hundreds.
 * @throws LogError where the file cannot be opened
 */
export function createLogger({ level, destination }: LoggerOptions): Logger {
  const sink = openSink(destination)
  const root = pino(
    {
      level,
      base: null,
      messageKey: 'message',
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    sink.stream,
  )
  return loggerOn({ least: LOG_LEVELS.indexOf(level), write: (at, line) => root[at](line), sink }, {})
}

interface Sink {
  readonly stream: DestinationStream
  lost(): number
  close(): void
}

function openSink(destination: LogDestination): Sink {
  if ('write' in destination) return guarded(destination)
  const file = 'fd' in destination ? LineFile.on(destination.fd) : LineFile.open(destination.file)
  return { stream: file, lost: () => file.lost, close: () => file.close() }
}

function guarded(stream: DestinationStream): Sink {
  let lost = 0
  return {
    stream: {
      write(line) {
        try {
          stream.write(line)
        } catch {
          lost++
        }
      },
    },
    lost: () => lost,
    close: () => {},
  }
}

interface Output {
  /** The place of the lowest level written: lines below cost nothing. */
  readonly least: number
  readonly write: (level: LogLevel, line: object) => void
  readonly sink: Sink
}

/** @param always printable already */
function loggerOn(output: Output, always: Line): Logger {
  const log = (level: LogLevel, event: LogEvent, fields: LogFields = {}): void => {
    if (LOG_LEVELS.indexOf(level) >= output.least) output.write(level, { event, ...always, ...lineOf(fields) })
  }
  return {
    log,
    debug: (event, fields) => log('debug', event, fields),
    info: (event, fields) => log('info', event, fields),
    warn: (event, fields) => log('warn', event, fields),
    error: (event, fields) => log('error', event, fields),
    child: (fields) => loggerOn(output, { ...always, ...lineOf(fields) }),
    lost: () => output.sink.lost(),
    close: () => output.sink.close(),
  }
}

/** Fields of ours by these names would make a second key of the same name in one line. */
const RESERVED: ReadonlySet<string> = new Set(['event', 'level', 'time'])

type Line = Readonly<Record<string, Printable>>

/** pino sees nothing but what printable() let through. */
function lineOf(fields: LogFields): Line {
  const printed = printable(fields)
  if (typeof printed !== 'object' || printed === null || Array.isArray(printed)) return { fields: printed }
  return Object.fromEntries(
    Object.entries(printed).map(([name, value]) => [RESERVED.has(name) ? `${name}_field` : name, value]),
  )
}
