/**
 * How every message between members is framed. `signed` is kept and forwarded as received. An attachment travels beside
 * the signature and is bound by a hash inside the body, so that certificates and evidence can carry the signed part
 * alone: large transactions stay out of the one, sealed shares out of the other (docs/decisions/0002).
 */
import { type Hasher, type Signer, type Verifier, taggedHash } from '../crypto/index.ts'
import {
  type Infer,
  type LockHash,
  type MessageHash,
  fromCbor,
  fromHex,
  modelOf,
  s,
  toCbor,
  toHex,
} from '../primitives/index.ts'

export const MESSAGE_VERSION = 1
/** The largest body is a certificate of 64 votes. */
export const MAX_BODY_BYTES = 48 * 1024
/** Header fields and CBOR overhead around the body. */
export const MAX_SIGNED_BYTES = MAX_BODY_BYTES + 512
/** A raw transaction (chain/events.ts) is the largest attachment. */
export const MAX_ATTACHMENT_BYTES = 400_000
export const MAX_FRAME_BYTES = MAX_SIGNED_BYTES + MAX_ATTACHMENT_BYTES + 256

export const header = s.struct({
  version: s.uint(0xffff),
  /** First 8 bytes of the lock hash: tells federations apart before any signature is checked. */
  lock_prefix: s.hex(8),
  epoch: s.uint(0xffff_ffff),
  kind: s.text(32, 1),
  from: s.memberIndex,
  peer_id: s.text(64, 1),
  /** Durable, rises at each start of the sender. */
  boot: s.uint(0xffff_ffff),
  /** Rises with each message of one boot. */
  seq: s.uint(Number.MAX_SAFE_INTEGER),
  sent_at: s.millis,
  body: s.blob(MAX_BODY_BYTES),
})
export type Header = Infer<typeof header>

export const frame = s.struct({
  signed: s.blob(MAX_SIGNED_BYTES),
  /** Ed25519 by the sender's node key over `signingDigest`. */
  signature: s.blob(64, 64),
  attachment: s.nullable(s.blob(MAX_ATTACHMENT_BYTES)),
})
export type Frame = Infer<typeof frame>

/** What is signed of a message: the 32 bytes of the lock hash, then the signed part with its version, kind and body. */
export function signingDigest(hasher: Hasher, lock_hash: LockHash, signed: Uint8Array): Uint8Array {
  return taggedHash(hasher, 'message', fromHex(lock_hash), signed)
}

export function signFrame(
  ports: Hasher & Signer,
  lock_hash: LockHash,
  head: Header,
  attachment: Uint8Array | null = null,
): Frame {
  const signed = encodeHeader(head)
  return { signed, signature: ports.sign(signingDigest(ports, lock_hash, signed)), attachment }
}

export function encodeHeader(head: Header): Uint8Array {
  return toCbor(header, head)
}

export function verifyFrame(
  ports: Hasher & Verifier,
  lock_hash: LockHash,
  node_key: string,
  { signed, signature }: Pick<Frame, 'signed' | 'signature'>,
): boolean {
  return ports.verifyNode(node_key, signingDigest(ports, lock_hash, signed), signature)
}

/** Names the signed part, or other bytes, given in one part or several; the same whether the attachment came along or not. */
export function messageHash(hasher: Hasher, ...signed: readonly Uint8Array[]): MessageHash {
  return toHex(taggedHash(hasher, 'message_id', ...signed)) as MessageHash
}

export function encodeFrame(value: Frame): Uint8Array {
  return toCbor(frame, value)
}

/** @throws SchemaError */
export function decodeFrame(bytes: Uint8Array): Frame {
  return fromCbor(frame, bytes)
}

/** @throws SchemaError */
export function decodeHeader(signed: Uint8Array): Header {
  return fromCbor(header, signed)
}

/** Whether the header says that it is of another version, whose other fields may be anything. @throws SchemaError */
export function isOtherVersion(signed: Uint8Array): boolean {
  const model = modelOf(signed)
  const version: unknown = model instanceof Map ? model.get('version') : undefined
  return typeof version === 'number' && version !== MESSAGE_VERSION
}

export function withoutAttachment(value: Frame): Frame {
  return value.attachment === null ? value : { ...value, attachment: null }
}
