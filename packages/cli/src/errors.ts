/** How a failure is told and how the process ends: one table for the errors of every package. */
import { CodedError, SchemaError } from '@belfry/client/errors'
import { CommanderError } from 'commander'

export const EXIT = { done: 0, failed: 1, usage: 2, refused: 3, unreachable: 4, interrupted: 130 } as const
export type Ending = keyof typeof EXIT
export type ExitCode = (typeof EXIT)[Ending]

export type CliErrorCode =
  /** The command line asks for something impossible. */
  | 'usage'
  | 'interrupted'
  | 'node-too-old'
  /** Files of different networks or federations were given together. */
  | 'files-disagree'
  /** A key that the command needs is in none of the files given. */
  | 'wrong-keys'
  | 'no-psbts'
  /** A file that no option replaces. */
  | 'file-exists'
  | 'token-missing'
  /** A running node's answer to a question about it. */
  | 'api-refused'
  | 'api-malformed'
  | 'no-such-incident'
  | 'mempool-refuses'
  | 'not-all-receipts'
  | 'not-active'
  | 'already-active'
  /** Some members took an enrolment back, and too few. */
  | 'not-withdrawn'
  | 'enrolment-ended'
  | 'no-dead-man'
  /** Nobody said yes to what cannot be taken back. */
  | 'not-confirmed'
  | 'too-few-signatures'
  /** A drill did not pass. */
  | 'drill-failed'
  | 'drill-not-over'
  /** No member has forgotten a vault yet. */
  | 'not-destroyed'
  /** No generation of the vault is waiting. */
  | 'nothing-to-cancel'
  /** The coin is where it should be. */
  | 'nothing-to-recover'
  /** Another transaction took the coin. */
  | 'coin-lost'
  /** What was given as evidence convicts nobody. */
  | 'evidence-invalid'
  | 'unreachable'
  | 'output-not-written'
  | 'start-failed'
  | 'stalled'

/** What keeps a command from being done, apart from what the packages below throw themselves. */
export class CliError extends CodedError<CliErrorCode> {}

/** A command line that cannot be meant. */
export function usageError(message: string, remedy: string): CliError {
  return new CliError('usage', message, remedy)
}

/**
 * Every code that is no refusal. A code in no row is one: something given was wrong, and nothing was changed. Codes of the
 * same name mean the same in every package.
 */
const ENDINGS: { readonly [E in Exclude<Ending, 'done' | 'refused'>]: readonly string[] } = {
  usage: ['usage'],
  unreachable: ['unreachable', 'timeout', 'closed', 'warming-up', 'busy', 'bitcoind-unreachable'],
  interrupted: ['interrupted', 'aborted'],
  failed: [
    // Of this command
    'node-too-old',
    'api-malformed',
    'not-all-receipts',
    'not-active',
    'coin-lost',
    'drill-failed',
    'drill-not-over',
    'not-destroyed',
    'evidence-invalid',
    'not-withdrawn',
    'too-few-took-it',
    'too-few-receipts',
    'bundle-broken',
    // Of this machine
    'memory-not-lockable',
    'locked-memory-limit',
    'secret-wiped',
    'key-derivation-failed',
    'file-not-written',
    'output-not-written',
    'listen-failed',
    'failed',
    'stopped',
    'http-error',
    'rpc-error',
    'malformed-answer',
    'response-too-large',
    'malformed',
    'broken',
    'store-full',
    'store-damaged',
    'store-too-large',
    'store-unavailable',
    'store-closed',
    'log-unwritable',
    'start-failed',
    'no-program',
    'fetch-failed',
    'stalled',
    'purse-empty',
    // Of ours
    'internal',
  ],
}

/** A failure, ready to be printed. */
export interface Failure {
  readonly code: string
  readonly message: string
  readonly remedy: string
  /** For whoever debugs Belfry itself. */
  readonly details: readonly string[]
  readonly exit: ExitCode
}

export function endingOf(code: string): Exclude<Ending, 'done'> {
  for (const ending of ['usage', 'unreachable', 'interrupted', 'failed'] as const) {
    if (ENDINGS[ending].includes(code)) return ending
  }
  return 'refused'
}

/** @param debug BELFRY_DEBUG: adds the stack */
export function failureOf(error: unknown, debug: boolean): Failure {
  const told = tell(error)
  const details = debug && error instanceof Error ? stackOf(error) : []
  return { ...told, details, exit: EXIT[endingOf(told.code)] }
}

type Told = Pick<Failure, 'code' | 'message' | 'remedy'>

function tell(error: unknown): Told {
  if (error instanceof CodedError)
    return { code: String(error.code), message: sentence(error.message), remedy: error.remedy }
  if (error instanceof CommanderError && error.code === 'commander.help') {
    return {
      code: 'usage',
      message: 'A command is missing.',
      remedy: 'Take one of those listed; each has a --help of its own.',
    }
  }
  if (error instanceof CommanderError) {
    const message = sentence(error.message.replace(/^error: /, ''))
    return { code: 'usage', message, remedy: 'Add --help to see what the command takes, with an example.' }
  }
  if (error instanceof SchemaError) {
    return {
      code: 'malformed-value',
      message: sentence(error.message),
      remedy: 'Correct the value, or get the file again from whoever made it.',
    }
  }
  if (error instanceof Error && error.name === 'AbortError') {
    return {
      code: 'interrupted',
      message: 'Interrupted.',
      remedy: 'Run the command again; what it had written is complete.',
    }
  }
  const message = error instanceof Error ? error.message : String(error)
  return {
    code: 'internal',
    message: sentence(`Belfry did not expect this: ${message}`),
    remedy: 'Run it again with BELFRY_DEBUG=1 in the environment and report what it prints.',
  }
}

/** The packages write some messages as parts of a line; a person reads them as sentences. */
function sentence(text: string): string {
  // A message may quote what others wrote: no control character of theirs reaches a terminal.
  const line = text.trim().replaceAll(/\s+/g, ' ').replaceAll(/\p{C}/gu, '?')
  // A word, not a path or a name.
  const first = /^[a-z]+[ ,]/.test(line) ? line.slice(0, 1).toUpperCase() + line.slice(1) : line
  return /[.!?:)]$/.test(first) ? first : `${first}.`
}

function stackOf(error: Error): string[] {
  const own = (error.stack ?? error.message).split('\n')
  return error.cause instanceof Error ? [...own, 'caused by:', ...stackOf(error.cause)] : own
}
