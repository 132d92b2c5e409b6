/** Checking a frame's signature once, however often it comes: alone, by Pull, inside certificates. */
import { SchemaError } from '../primitives/index.ts'
import type { Turn } from '../state/turn.ts'
import {
  type Frame,
  type Header,
  MESSAGE_VERSION,
  messageHash,
  signingDigest,
} from './frame.ts'
import type { BodyOf, MemberKind } from './kinds.ts'
import { SCHEMA_VERDICTS, type VerdictCode } from './verdict.ts'

export function isSignatureValid(turn: Turn, node_key: string, frame: Frame): boolean {
  const digest = signingDigest(turn.ports, turn.config.federation.lock_hash, frame.signed)
  // Over what is signed and the signature together: one valid signature vouches for no other.
  const id = messageHash(turn.ports, digest, frame.signature)
  if (turn.volatile.verified.has(id)) return true
  const valid = turn.ports.verifyNode(node_key, digest, frame.signature)
  if (valid) turn.volatile.verified.set(id, true)
  return valid
}

export interface InnerFrame<K extends MemberKind> {
  readonly head: Header
  readonly body: BodyOf<K>
  readonly frame: Frame
}

/**
 * A member's frame that came inside another message, held to all that it is held to where it comes alone: it may be
 * forwarded alone. `isWanted` is asked before the signature is looked at.
 * @returns the code of the first thing that is wrong with it
 */
export function openInner<K extends MemberKind>(
  turn: Turn,
  kind: K,
  bytes: Uint8Array,
  isWanted: (body: BodyOf<K>, head: Header) => boolean,
): InnerFrame<K> | VerdictCode {
  const { members, lock_prefix, epoch } = turn.config.federation
  try {
    const frame = turn.reading.frame(bytes)
    const head = turn.reading.header(frame.signed)
    if (head.version !== MESSAGE_VERSION) return 'unknown-version'
    const member = members.find(({ index }) => index === head.from)
    const isOfHere = head.lock_prefix === lock_prefix && head.epoch === epoch && member?.peer_id === head.peer_id
    if (!member || !isOfHere || head.kind !== kind || frame.attachment !== null) return 'bad-inner-frame'
    const body = turn.reading.body(kind, head.body)
    if (!isWanted(body, head)) return 'unwanted-inner-frame'
    return isSignatureValid(turn, member.node_key, frame) ? { head, body, frame } : 'bad-inner-signature'
  } catch (error) {
    // A later version's is ignored here as it is where it comes alone.
    if (error instanceof SchemaError) return SCHEMA_VERDICTS[error.code]
    throw error
  }
}
