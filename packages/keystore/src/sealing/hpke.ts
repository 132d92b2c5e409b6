import { expand, extract } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import sodium from 'sodium-native'
import { concat, utf8 } from '@belfry/protocol/primitives'
import { SecretBytes } from '../memory/index.ts'

/**
 * RFC 9180, base mode, one message: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305.
 *
 * Ours and not `@hpke/core` for two reasons: that library can use a private key only from ordinary memory (WebCrypto),
 * and it returns what it opened there. It is also the oracle of the tests, beside the vectors of the RFC.
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

/** The key and nonce of one message. */
export interface MessageKey {
  readonly key: SecretBytes
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
 * @throws Error where the peer's key is of low order, so that the shared point would be zero
 */
export function sharedSecret(privateKey: SecretBytes, peer: Uint8Array, context: Uint8Array): SecretBytes {
  using dh = SecretBytes.allocate(KEY_BYTES, (point) => {
    privateKey.use((key) => sodium.crypto_scalarmult(point, key, peer))
  })
  return dh.use((point) => {
    const pseudorandom = labeledExtract(KEM_SUITE, EMPTY, 'eae_prk', point)
    try {
      return labeledExpand(KEM_SUITE, pseudorandom, 'shared_secret', context, KEY_BYTES)
    } finally {
      pseudorandom.fill(0)
    }
  })
}

/** KeySchedule of the base mode: the nonce of the first message is the base nonce itself. */
export function messageKey(shared: SecretBytes, info: Uint8Array): MessageKey {
  const context = concat(BASE_MODE, PSK_ID_HASH, labeledExtract(SUITE, EMPTY, 'info_hash', info))
  return shared.use((salt) => {
    const secret = labeledExtract(SUITE, salt, 'secret', EMPTY)
    try {
      const key = labeledExpand(SUITE, secret, 'key', context, KEY_BYTES)
      using nonce = labeledExpand(SUITE, secret, 'base_nonce', context, NONCE_BYTES)
      return { key, nonce: nonce.use((bytes) => bytes.slice()) }
    } finally {
      secret.fill(0)
    }
  })
}

function labeledExtract(suite: Uint8Array, salt: Uint8Array, label: string, material: Uint8Array): Uint8Array {
  const labeled = concat(VERSION, suite, utf8(label), material)
  try {
    return extract(sha256, labeled, salt)
  } finally {
    labeled.fill(0)
  }
}

function labeledExpand(
  suite: Uint8Array, pseudorandom: Uint8Array, label: string, info: Uint8Array, length: number,
): SecretBytes {
  const labeled = concat(Uint8Array.of(0x00, length), VERSION, suite, utf8(label), info)
  return SecretBytes.from(expand(sha256, pseudorandom, labeled, length), { wipeSource: true })
}
