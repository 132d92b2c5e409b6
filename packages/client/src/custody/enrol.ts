/** Sending a bundle to every member, collecting their receipts, and publishing these so that the manifest activates. */
import { sha256, verifyEd25519 } from '@belfry/keystore'
import { NetworkError } from '@belfry/network'
import { type OwnerAnswer, decodeBody, decodeFrame, decodeHeader, manifestHash, verifyFrame } from '@belfry/protocol'
import { type ManifestHash, type MemberIndex, SchemaError } from '@belfry/protocol/primitives'
import { ClientError } from '../errors.ts'
import type { FederationLink } from '../connect/federation-link.ts'
import type { EnrolmentBundle } from './bundle.ts'

/** How one member answered. */
export type MemberResult =
  | { readonly member: MemberIndex; readonly result: 'receipt'; readonly frame: Uint8Array }
  | {
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
  /** Members whose valid receipts are held. */
  readonly receipts: readonly MemberIndex[]
  /** Whether receipts suffice to recover even with b liars among them. */
  readonly protected: boolean
  /** Members that said that the manifest is active with them. */
  readonly active: readonly MemberIndex[]
}

/**
 * Safe to repeat with the same bundle: a member that holds it answers with the receipt it signed before.
 * @param onResult as each member answers
 */
export async function enrol(
  link: FederationLink,
  bundle: EnrolmentBundle,
  onResult: (result: MemberResult) => void = () => {},
  signal?: AbortSignal,
): Promise<Enrolled> {
  const manifest_hash = manifestHash({ sha256 }, bundle.manifest.bytes)
  const results = await Promise.all(
    link.federation.members.map(async ({ index }, at) => {
      const shares = bundle.shares[at] ?? []
      const request = { request: 'manifest' as const, manifest: bundle.manifest, envelopes: bundle.envelopes, shares }
      const result = await ask(link, index, manifest_hash, () => link.enrol(index, request, signal))
      onResult(result)
      return result
    }),
  )
  const receipts = results.filter((one) => one.result === 'receipt')
  const isProtected = receipts.length >= link.federation.thresholds.clawback.protected
  const active = isProtected ? await publish(link, manifest_hash, receipts.map(({ frame }) => frame), signal) : []
  return { manifest_hash, results, receipts: receipts.map(({ member }) => member), protected: isProtected, active }
}

/** Gives every member the bundle of receipts. @returns those with which the manifest is active now */
async function publish(
  link: FederationLink,
  manifest_hash: ManifestHash,
  receipts: Uint8Array[],
  signal?: AbortSignal,
): Promise<MemberIndex[]> {
  const active = await Promise.all(
    link.federation.members.map(async ({ index }) => {
      try {
        const answer = await link.enrol(index, { request: 'bundle', manifest_hash, receipts }, signal)
        return answer.answer === 'state' && answer.state === 'active' ? [index] : []
      } catch (error) {
        if (error instanceof NetworkError || error instanceof SchemaError) return []
        throw error
      }
    }),
  )
  return active.flat()
}

async function ask(
  link: FederationLink,
  member: MemberIndex,
  manifest_hash: ManifestHash,
  request: () => Promise<OwnerAnswer>,
): Promise<MemberResult> {
  try {
    const answer = await request()
    if (answer.answer === 'refused') {
      const { code, message, remedy, retryable } = answer
      return { member, result: 'refused', code, message, remedy, retryable }
    }
    if (answer.answer === 'receipt' && isReceiptOf(link, member, manifest_hash, answer.frame)) {
      return { member, result: 'receipt', frame: answer.frame }
    }
    return falseReceipt(member)
  } catch (error) {
    if (error instanceof SchemaError) return falseReceipt(member)
    if (!(error instanceof NetworkError)) throw error
    const { code, message, remedy } = error
    return { member, result: 'unreachable', code, message, remedy, retryable: true }
  }
}

function falseReceipt(member: MemberIndex): MemberResult {
  return {
    member,
    result: 'false-receipt',
    code: 'false-receipt',
    message: 'the answer is no valid receipt of this member for this manifest',
    remedy: 'Ask its operator; do not count this member.',
    retryable: false,
  }
}

/** The member's own signed statement that it holds this very manifest. */
function isReceiptOf(link: FederationLink, member: MemberIndex, hash: ManifestHash, bytes: Uint8Array): boolean {
  const { federation } = link
  const frame = decodeFrame(bytes)
  const head = decodeHeader(frame.signed)
  if (head.kind !== 'receipt' || head.from !== member) return false
  const body = decodeBody('receipt', head.body)
  if (body.statement !== 'holds' || body.manifest_hash !== hash) return false
  const verifier = { sha256, verifyNode: verifyEd25519, verifyOwner: () => false }
  return verifyFrame(verifier, federation.lock_hash, federation.memberOf(member).node_key, frame)
}

/** @throws ClientError too-few-receipts, naming who is missing and why */
export function requireProtected(enrolled: Enrolled, needed: number): void {
  if (enrolled.protected) return
  const missing = enrolled.results
    .filter((one) => one.result !== 'receipt')
    .map((one) => `member ${one.member}: ${one.message}`)
  throw new ClientError(
    'too-few-receipts',
    `${enrolled.receipts.length} members hold the vault, ${needed} are needed before it is protected (${missing.join('; ')})`,
    'Run the same command again when these members answer: it goes on with the same bytes.',
  )
}
