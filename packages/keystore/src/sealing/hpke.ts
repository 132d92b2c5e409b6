import { expand, extract } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import sodium from 'sodium-native'
import { concat, utf8 } from '@belfry/protocol/primitives'
import { ZeroedAtEnd, type SecretBytes } from '../memory/index.ts'

/**
 * RFC 9180, base mode, one message: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305.
 *
 * Ours and not `@hpke/core` because that library can use a private key only from ordinary memory (WebCrypto), returns
 * what it opened there, and takes twice as long. It is the oracle of the tests, beside the vectors of the RFC.
 *
 * The private key stays in locked memory. What is derived for one message passes through ordinary memory and is zeroed.
 */

export const KEY_BYTES = 32
export const TAG_BYTES = 16
const NONCE_BYTES = 12

const VERSION = utf8('HPKE-v1')
/** "KEM" ‖ 0x0020. */
const KEM_SUITE = concat(utf8('KEM'), Uint8Array.of(0x00, 0x20))
/** "HPKE" ‖ KEM 0x0020 ‖ KDF 0x0001 ‖ AEAD 0x0003. */
const SUITE = concat(utf8('HPKE'), Uint8Array.of(0x00, 0x20, 0x00, 0x01, 0x00, 0x03))
const BASE_MODE = Uint8Array.of(0x00)
const EMPTY = new Uint8Array(0)
const PSK_ID_HASH = labeledExtract(SUITE, EMPTY, 'psk_id_hash', EMPTY)

/** The key and nonce of one message; who asked for them zeroes the key. */
export interface MessageKey {
  readonly key: Uint8Array
  readonly nonce: Uint8Array
}

/** The public key of an X25519 private key. */
export function x25519PublicKey(privateKey: SecretBytes): Uint8Array {
  const publicKey = new Uint8Array(KEY_BYTES)
  privateKey.use((key) => sodium.crypto_scalarmult_base(publicKey, key))
  return publicKey
}

/**
 * Encap and Decap, which differ only in whose private key meets whose public key.
 * @param peer the public key to meet
 * @param context enc ‖ pkR
 * @returns 32 bytes for the caller to zero
 * @throws Error where the peer's key is of low order, so that the shared point would be zero
 */
export function sharedSecret(privateKey: SecretBytes, peer: Uint8Array, context: Uint8Array): Uint8Array {
  using zeroed = new ZeroedAtEnd()
  const point = zeroed.add(new Uint8Array(KEY_BYTES))
  privateKey.use((key) => sodium.crypto_scalarmult(point, key, peer))
  const pseudorandom = zeroed.add(labeledExtract(KEM_SUITE, EMPTY, 'eae_prk', point))
  return labeledExpand(KEM_SUITE, pseudorandom, 'shared_secret', context, KEY_BYTES)
}

/** KeySchedule of the base mode: the nonce of the first message is the base nonce itself. */
export function messageKey(shared: Uint8Array, info: Uint8Array): MessageKey {
  using zeroed = new ZeroedAtEnd()
  const context = concat(BASE_MODE, PSK_ID_HASH, labeledExtract(SUITE, EMPTY, 'info_hash', info))
  const secret = zeroed.add(labeledExtract(SUITE, shared, 'secret', EMPTY))
  return {
    key: labeledExpand(SUITE, secret, 'key', context, KEY_BYTES),
    nonce: labeledExpand(SUITE, secret, 'base_nonce', context, NONCE_BYTES),
  }
}

function labeledExtract(suite: Uint8Array, salt: Uint8Array, label: string, material: Uint8Array): Uint8Array {
  using zeroed = new ZeroedAtEnd()
  return extract(sha256, zeroed.add(concat(VERSION, suite, utf8(label), material)), salt)
}

function labeledExpand(
  suite: Uint8Array, pseudorandom: Uint8Array, label: string, info: Uint8Array, length: number,
): Uint8Array {
  const labeled = concat(Uint8Array.of(0x00, length), VERSION, suite, utf8(label), info)
  return expand(sha256, pseudorandom, labeled, length)
}
