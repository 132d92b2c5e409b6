/** A member's signed statement, read and checked against the lock alone: whoever served it need not be believed. */
import {
  type Federation,
  type Receipt,
  type Vote,
  decodeBody,
  decodeFrame,
  decodeHeader,
  messageHash,
  verifyFrame,
} from '@belfry/protocol'
import { type MemberIndex, type MessageHash, type Millis, SchemaError, fromHex } from '@belfry/protocol/primitives'
import { verifier } from '../crypto.ts'

export interface Statement {
  readonly message_hash: MessageHash
  /** As its header says. */
  readonly from: MemberIndex
  readonly sent_at: Millis
  /** Signed by the node key that the lock gives this member, for this very federation. */
  readonly valid: boolean
  readonly said: ({ readonly kind: 'vote' } & Vote) | { readonly kind: 'receipt'; readonly receipt: Receipt }
}

/**
 * @param hex an encoded frame, as the HTTP API shows it
 * @returns null for what is neither a vote nor a receipt
 */
export function readStatement(federation: Federation, hex: string): Statement | null {
  try {
    const frame = decodeFrame(fromHex(hex))
    const { kind, from, sent_at, body } = decodeHeader(frame.signed)
    const member = federation.members.find(({ index }) => index === from)
    const valid = member !== undefined && verifyFrame(verifier, federation.lock_hash, member.node_key, frame)
    const header = { message_hash: messageHash(verifier, frame.signed), from, sent_at, valid }
    if (kind === 'vote') return { ...header, said: { kind, ...decodeBody('vote', body) } }
    if (kind === 'receipt') return { ...header, said: { kind, receipt: decodeBody('receipt', body) } }
    return null
  } catch (error) {
    if (error instanceof SchemaError || error instanceof RangeError) return null
    throw error
  }
}
