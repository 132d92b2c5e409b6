/** Sending a bundle to every member, collecting their receipts, and publishing these so that the manifest activates. */
import { setTimeout as sleep } from 'node:timers/promises'
import { NetworkError } from '@belfry/network'
import {
  MESSAGE_VERSION,
  type ManifestState,
  type OwnerAnswer,
  decodeBody,
  decodeFrame,
  decodeHeader,
  decodeManifest,
  encodeFrame,
  verifyFrame,
} from '@belfry/protocol'
import { type ManifestHash, type MemberIndex, SchemaError, type VaultId } from '@belfry/protocol/primitives'
import type { FederationLink } from '../connect/federation-link.ts'
import { verifier } from '../crypto.ts'
import { ClientError } from '../errors.ts'
import { wordsOf } from '../printable.ts'
import { hashOfBundle } from './bundle-file.ts'
import type { EnrolmentBundle } from './bundle.ts'
import { withoutWrong } from './signatures.ts'

/** How one member answered. */
export type MemberResult = Receipt | NoReceipt

export interface Receipt {
  readonly member: MemberIndex
  readonly result: 'receipt'
  readonly frame: Uint8Array
}

export interface NoReceipt {
  readonly member: MemberIndex
  readonly result: 'refused' | 'unreachable' | 'false-receipt'
  readonly code: string
  readonly message: string
  readonly remedy: string
  readonly retryable: boolean
}

export interface Enrolled {
  readonly manifest_hash: ManifestHash
  readonly results: readonly MemberResult[]
  /** Valid receipts, in the order of the members. */
  readonly receipts: readonly Receipt[]
  /** Whether receipts suffice to recover even with b liars among them. */
  readonly protected: boolean
  /** What each member said of the manifest once it was given the bundle; null where it did not answer. */
  readonly states: readonly { readonly member: MemberIndex; readonly state: ManifestState | null }[]
  /** Members that said that the manifest is active with them. */
  readonly active: readonly MemberIndex[]
}

export interface EnrolOptions {
  /** As each member answers, and again when its answer changes. */
  readonly onResult?: (result: MemberResult) => void
  /** All receipts, before they are published: to be kept for a later run. */
  readonly onReceipts?: (receipts: readonly Receipt[]) => Promise<void>
  /** Receipts of an earlier run: they stay true while their member is away. */
  readonly receipts?: readonly Uint8Array[]
  /** How often to ask a member again whose answer may change. Default 0. */
  readonly retries?: number
  /** Between two requests to one member. Default RETRY_MS. */
  readonly retry_ms?: number
  readonly signal?: AbortSignal
}

/** A block or a restart takes longer. */
export const RETRY_MS = 5_000

/**
 * Safe to repeat with the same bundle: a member that holds it answers with the receipt it signed before.
 * @throws NetworkError aborted or an AbortError, where the signal fired; nothing for what members answer
 */
export async function enrol(
  link: FederationLink,
  bundle: EnrolmentBundle,
  options: EnrolOptions = {},
): Promise<Enrolled> {
  const manifest_hash = hashOfBundle(bundle)
  const { manifest } = withoutWrong(bundle)
  const { vault_id, generation } = decodeManifest(bundle.manifest.bytes)
  const wanted = { manifest_hash, vault_id, generation }
  const held = (options.receipts ?? []).flatMap((bytes) => receiptIn(link, wanted, bytes) ?? [])
  const results = await Promise.all(
    link.federation.members.map(({ index }, at) =>
      askUntilSettled(options, () => {
        const shares = bundle.shares[at] ?? []
        const request = { request: 'manifest' as const, manifest, envelopes: bundle.envelopes, shares }
        return ask(link, index, wanted, held, () => link.enrol(index, request, options.signal))
      }),
    ),
  )
  const receipts = results.filter((one) => one.result === 'receipt')
  await options.onReceipts?.(receipts)
  const isProtected = receipts.length >= link.federation.thresholds.clawback.protected
  const states = isProtected ? await publish(link, manifest_hash, receipts, options) : []
  const active = states.flatMap(({ member, state }) => (state === 'active' ? [member] : []))
  return { manifest_hash, results, receipts, protected: isProtected, states, active }
}

async function askUntilSettled(options: EnrolOptions, request: () => Promise<MemberResult>): Promise<MemberResult> {
  let told: string | null = null
  return repeated(options, async () => {
    const result = await request()
    const answer = result.result === 'receipt' ? 'receipt' : result.code
    if (answer !== told) options.onResult?.(result)
    told = answer
    return { value: result, again: result.result !== 'receipt' && result.retryable }
  })
}

/** Gives every member the bundle of receipts. */
async function publish(
  link: FederationLink,
  manifest_hash: ManifestHash,
  receipts: readonly Receipt[],
  options: EnrolOptions,
): Promise<Enrolled['states']> {
  const request = { request: 'bundle' as const, manifest_hash, receipts: receipts.map(({ frame }) => frame) }
  return Promise.all(
    link.federation.members.map(async ({ index: member }) => ({
      member,
      state: await repeated(options, async () => {
        try {
          const answer = await link.enrol(member, request, options.signal)
          if (answer.answer === 'state') return { value: answer.state, again: false }
          return { value: null, again: answer.answer === 'refused' && answer.retryable }
        } catch (error) {
          if (error instanceof SchemaError) return { value: null, again: false }
          if (!(error instanceof NetworkError) || error.code === 'aborted') throw error
          return { value: null, again: true }
        }
      }),
    })),
  )
}

/** Asks again while that may help, at most as often as the caller wants. */
async function repeated<T>(
  { retries = 0, retry_ms = RETRY_MS, signal }: EnrolOptions,
  attempt: () => Promise<{ readonly value: T; readonly again: boolean }>,
): Promise<T> {
  for (let left = retries; ; left--) {
    const { value, again } = await attempt()
    if (!again || left <= 0) return value
    await sleep(retry_ms, undefined, signal ? { signal } : {})
  }
}

async function ask(
  link: FederationLink,
  member: MemberIndex,
  wanted: Wanted,
  held: readonly Receipt[],
  request: () => Promise<OwnerAnswer>,
): Promise<MemberResult> {
  const signed = held.find((one) => one.member === member) ?? null
  try {
    const answer = await request()
    if (answer.answer === 'refused') {
      const { retryable } = answer
      return (retryable ? signed : null) ?? { member, result: 'refused', retryable, ...wordsOf(answer) }
    }
    const receipt = answer.answer === 'receipt' ? receiptIn(link, wanted, answer.frame) : null
    return receipt?.member === member ? receipt : falseReceipt(member)
  } catch (error) {
    if (error instanceof SchemaError) return falseReceipt(member)
    if (!(error instanceof NetworkError) || error.code === 'aborted') throw error
    return signed ?? unreachable(member, error)
  }
}

function unreachable(member: MemberIndex, { code, message, remedy }: NetworkError): NoReceipt {
  return { member, result: code === 'refused' ? 'refused' : 'unreachable', code, message, remedy, retryable: true }
}

function falseReceipt(member: MemberIndex): NoReceipt {
  return {
    member,
    result: 'false-receipt',
    code: 'false-receipt',
    message: 'the answer is no valid receipt of this member for this manifest',
    remedy: 'Ask its operator; do not count this member.',
    retryable: false,
  }
}

/** What a receipt must say: all that members ask of it themselves, or one that they refuse would be counted here. */
interface Wanted {
  readonly manifest_hash: ManifestHash
  readonly vault_id: VaultId
  readonly generation: number
}

/** A member's own signed statement that it holds this very manifest; null for anything else. */
function receiptIn({ federation }: FederationLink, wanted: Wanted, bytes: Uint8Array): Receipt | null {
  try {
    const frame = decodeFrame(bytes)
    const head = decodeHeader(frame.signed)
    const member = federation.members.find(({ index }) => index === head.from)
    const isOfHere =
      head.version === MESSAGE_VERSION &&
      head.lock_prefix === federation.lock_prefix &&
      head.epoch === federation.epoch &&
      head.peer_id === member?.peer_id
    // An attachment is not signed for: carried along, it could make the bundle too large for every other member.
    if (!member || !isOfHere || head.kind !== 'receipt' || frame.attachment !== null) return null
    const body = decodeBody('receipt', head.body)
    if (body.statement !== 'holds' || body.manifest_hash !== wanted.manifest_hash) return null
    if (body.vault_id !== wanted.vault_id || body.generation !== wanted.generation) return null
    if (!verifyFrame(verifier, federation.lock_hash, member.node_key, frame)) return null
    return { member: member.index, result: 'receipt', frame: encodeFrame(frame) }
  } catch (error) {
    if (error instanceof SchemaError) return null
    throw error
  }
}

/**
 * Where too few members hold the vault, says who is missing and why.
 * @throws ClientError unreachable, refused (by everybody: nothing changed), too-few-receipts
 */
export function requireProtected(enrolled: Enrolled, needed: number): void {
  if (enrolled.protected) return
  const missing = enrolled.results.filter((one) => one.result !== 'receipt')
  const reasons = missing.map(({ member, message }) => `member ${member}: ${message}`).join('; ')
  const [first] = missing
  const held = enrolled.receipts.length
  if (held === 0 && first !== undefined) {
    const refused = missing.find(({ result }) => result !== 'unreachable')
    throw refused === undefined
      ? new ClientError('unreachable', `no member could be reached (${reasons})`, first.remedy)
      : new ClientError('refused', `no member took the vault into custody (${reasons})`, refused.remedy)
  }
  throw new ClientError(
    'too-few-receipts',
    `${held} ${held === 1 ? 'member holds' : 'members hold'} the vault, ${needed} are needed before it is protected (${reasons})`,
    'Run the same command again when these members answer: it goes on with the same bytes.',
  )
}
