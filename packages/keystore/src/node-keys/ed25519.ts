import sodium from 'sodium-native'
import { fromHex } from '@belfry/protocol/primitives'
import { SecretBytes } from '../memory/index.ts'

export const SEED_BYTES = 32
const PUBLIC_KEY_BYTES = 32
const SIGNATURE_BYTES = 64
/** libsodium's form: seed ‖ public key. */
const EXPANDED_BYTES = 64

export interface Ed25519Key {
  readonly publicKey: Uint8Array
  sign(message: Uint8Array): Uint8Array
  wipe(): void
}

/** Ed25519 (RFC 8032) with the key in locked memory only; the seed is copied. */
export function ed25519Key(seed: SecretBytes): Ed25519Key {
  const publicKey = new Uint8Array(PUBLIC_KEY_BYTES)
  const expanded = SecretBytes.allocate(EXPANDED_BYTES, (view) => {
    seed.use((bytes) => sodium.crypto_sign_seed_keypair(publicKey, view, bytes))
  })
  return {
    publicKey,
    sign(message) {
      const signature = new Uint8Array(SIGNATURE_BYTES)
      expanded.use((key) => sodium.crypto_sign_detached(signature, message, key))
      return signature
    },
    wipe: () => expanded.wipe(),
  }
}

/**
 * libsodium's strict verification: also false for a non-canonical S or point, and for keys of small order. Twice as
 * fast here as node:crypto, and it needs no cache of key objects.
 * @param publicKeyHex lower-case hex
 * @returns false for anything malformed
 */
export function verifyEd25519(publicKeyHex: string, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKeyHex.length !== 2 * PUBLIC_KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false
  const publicKey = parseKey(publicKeyHex)
  return publicKey !== undefined && sodium.crypto_sign_verify_detached(signature, message, publicKey)
}

function parseKey(hex: string): Uint8Array | undefined {
  try {
    return fromHex(hex)
  } catch {
    return undefined
  }
}
