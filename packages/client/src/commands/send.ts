/** Handing an order to every member, and what each says to it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type OwnerAnswer, type SignedCommand, decodeFrame, encodeFrame } from '@belfry/protocol'
import { type Height, type MemberIndex, SchemaError, toHex } from '@belfry/protocol/primitives'
import type { FederationLink } from '../connect/federation-link.ts'
import { type NoAnswer, noAnswer, unreadable } from '../connect/survey.ts'
import { ClientError } from '../errors.ts'
import { readStatement } from '../incident/statement.ts'
import { wordsOf } from '../printable.ts'
import { hashOfCommand, readCommand } from './command.ts'

export type CommandResult =
  /** `held`: until its anchor is deep enough in that member's chain. `known`: it had it before. */
  | { readonly member: MemberIndex; readonly result: 'taken'; readonly state: 'accepted' | 'held' | 'known'; readonly height: Height }
  /** Its signed statement that it has forgotten the vault. */
  | { readonly member: MemberIndex; readonly result: 'destroyed'; readonly height: Height; readonly frame: Uint8Array }
  | (NoAnswer & { readonly retryable: boolean })

export interface SendOptions {
  /** As each member answers, and again when its answer changes. */
  readonly onResult?: (result: CommandResult) => void
  /** So many that took it need no more rounds, for they pass it on. Default: all. */
  readonly enough?: number
  /** How often to ask those again whose answer may change. Default 0. */
  readonly retries?: number
  readonly retry_ms?: number
  readonly signal?: AbortSignal
}

const RETRY_MS = 2_000

/**
 * Safe to repeat with the same bytes: a member obeys a command once.
 * @returns in the order of the members
 * @throws NetworkError aborted or an AbortError
 */
export async function sendCommand(link: FederationLink, signed: SignedCommand, options: SendOptions = {}): Promise<CommandResult[]> {
  const { onResult, retries = 0, retry_ms = RETRY_MS, signal } = options
  const members = link.federation.members.map(({ index }) => index)
  const { enough = members.length } = options
  const results = new Map<MemberIndex, CommandResult>()
  for (let left = retries; ; left--) {
    const open = members.filter((member) => mayChange(results.get(member)))
    await Promise.all(
      open.map(async (member) => {
        const result = await give(link, member, signed, signal)
        if (wordOf(result) !== wordOf(results.get(member))) onResult?.(result)
        results.set(member, result)
      }),
    )
    const told = members.flatMap((member) => results.get(member) ?? [])
    const isEnough = told.filter((result) => !mayChange(result) && hasTaken(result)).length >= enough
    if (isEnough || left <= 0 || !told.some(mayChange)) return told
    await sleep(retry_ms, undefined, signal ? { signal } : {})
  }
}

function mayChange(result: CommandResult | undefined): boolean {
  if (result === undefined) return true
  if (result.result === 'taken') return result.state === 'held'
  return result.result !== 'destroyed' && result.retryable
}

function hasTaken({ result }: CommandResult): boolean {
  return result === 'taken' || result === 'destroyed'
}

function wordOf(result: CommandResult | undefined): string {
  if (result === undefined) return ''
  if (result.result === 'taken') return result.state
  return result.result === 'destroyed' ? result.result : result.code
}

async function give(link: FederationLink, member: MemberIndex, signed: SignedCommand, signal?: AbortSignal): Promise<CommandResult> {
  try {
    return resultOf(link, member, signed, await link.command(member, signed, signal))
  } catch (error) {
    return { ...noAnswer(member, error), retryable: !(error instanceof SchemaError) }
  }
}

function resultOf(link: FederationLink, member: MemberIndex, signed: SignedCommand, answer: OwnerAnswer): CommandResult {
  switch (answer.answer) {
    case 'command':
      if (answer.command_hash !== hashOfCommand(signed)) break
      return { member, result: 'taken', state: answer.state, height: answer.height }
    case 'receipt': {
      const said = readStatement(link.federation, toHex(answer.frame))
      if (said?.valid !== true || said.from !== member || said.said.kind !== 'receipt') break
      const { receipt } = said.said
      // It may have forgotten the vault at an earlier order of the same kind.
      if (receipt.statement !== 'destroyed' || receipt.vault_id !== readCommand(signed).vault_id) break
      return { member, result: 'destroyed', height: receipt.height, frame: encodeFrame(decodeFrame(answer.frame)) }
    }
    case 'refused':
      return { member, result: 'refused', retryable: answer.retryable, ...wordsOf(answer) }
    case 'state':
    case 'vaults':
    case 'drills':
  }
  return { ...unreadable(member), retryable: false }
}

/**
 * b+1 members, of whom one is honest and passes it on to all others.
 * @throws ClientError unreachable, refused (by everybody: nothing changed), too-few-took-it
 */
export function requireTaken({ federation }: FederationLink, results: readonly CommandResult[]): void {
  const without = results.flatMap((one) => (one.result === 'taken' || one.result === 'destroyed' ? [] : [one]))
  const took = results.length - without.length
  const needed = federation.b + 1
  if (took >= needed) return
  const reasons = without.map(({ member, message }) => `member ${member}: ${message}`).join('; ')
  const [first] = without
  if (took === 0 && first !== undefined) {
    const refused = without.find(({ result }) => result === 'refused')
    throw refused === undefined
      ? new ClientError('unreachable', `no member could be reached (${reasons})`, first.remedy)
      : new ClientError('refused', `no member took the command (${reasons})`, refused.remedy)
  }
  throw new ClientError(
    'too-few-took-it',
    `${took} of ${results.length} members took the command; ${needed} are needed to be sure that an honest one passes it on (${reasons})`,
    'Send it again when the others answer.',
  )
}
