/** Stands for HPKE: the same sizes, opens for the recipient and the context alone, and shows nothing of what is inside. */
import type { Hasher } from '@belfry/protocol'
import { concat, equalBytes, fromHex } from '@belfry/protocol/primitives'

const NONCE_BYTES = 32
const TAG_BYTES = 16

export interface SealContext {
  /** The recipient's encryption key in hex. */
  readonly recipient: string
  readonly info: Uint8Array
}

export function seal(hasher: Hasher, context: SealContext, nonce: Uint8Array, plaintext: Uint8Array): Uint8Array {
  const key = keyOf(hasher, context, nonce)
  const masked = mask(hasher, key, plaintext)
  return concat(nonce, masked, tagOf(hasher, key, masked))
}

/** Null where it was sealed to somebody else, for another purpose, or was changed. */
export function open(hasher: Hasher, context: SealContext, sealed: Uint8Array): Uint8Array | null {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) return null
  const key = keyOf(hasher, context, sealed.subarray(0, NONCE_BYTES))
  const masked = sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES)
  if (!equalBytes(tagOf(hasher, key, masked), sealed.subarray(sealed.length - TAG_BYTES))) return null
  return mask(hasher, key, masked)
}

function keyOf(hasher: Hasher, { recipient, info }: SealContext, nonce: Uint8Array): Uint8Array {
  return hasher.sha256(concat(fromHex(recipient), nonce, info))
}

function mask(hasher: Hasher, key: Uint8Array, bytes: Uint8Array): Uint8Array {
  const pad = concat(hasher.sha256(concat(key, Uint8Array.of(1))), hasher.sha256(concat(key, Uint8Array.of(2))))
  return bytes.map((byte, at) => byte ^ (pad[at] ?? 0))
}

function tagOf(hasher: Hasher, key: Uint8Array, masked: Uint8Array): Uint8Array {
  return hasher.sha256(concat(key, masked)).subarray(0, TAG_BYTES)
}
