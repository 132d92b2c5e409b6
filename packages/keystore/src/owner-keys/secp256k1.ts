import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import * as secp from '@noble/secp256k1'
import { fromHex } from '@belfry/protocol/primitives'
import type { SecretBytes } from '../memory/index.ts'

// The synchronous functions of noble take their hashes from this object of the library's; all its users set the same.
secp.hashes.sha256 = sha256
secp.hashes.hmacSha256 = (key, message) => hmac(sha256, key, message)

export const PRIVATE_KEY_BYTES = 32
const X_ONLY_HEX = 64
const SIGNATURE_BYTES = 64
const HASH_BYTES = 32

/** Half of all nonces give a low R, so this fails once in 2^65 signatures; the last signature is good all the same. */
const MAX_GRINDS = 64

/** Whether the bytes are a scalar of the curve, 1..n-1. */
export function isPrivateKey(key: SecretBytes): boolean {
  return key.use((bytes) => secp.utils.isValidSecretKey(bytes))
}

/** 33 bytes. */
export function compressedPublicKey(key: SecretBytes): Uint8Array {
  return key.use((bytes) => secp.getPublicKey(bytes, true))
}

/** BIP-340 with fresh auxiliary randomness. @returns 64 bytes */
export function schnorrSignature(key: SecretBytes, hash32: Uint8Array): Uint8Array {
  return key.use((bytes) => secp.schnorr.sign(hash32, bytes))
}

/**
 * ECDSA with RFC 6979 nonces, low S and low R, ground as Bitcoin Core does (a counter as extra entropy), so that a
 * signature in a witness never has more than 71 bytes with its sighash byte.
 * @returns r ‖ s, 64 bytes
 */
export function ecdsaSignature(key: SecretBytes, hash32: Uint8Array): Uint8Array {
  return key.use((bytes) => {
    let signature = sign(hash32, bytes, false)
    for (let count = 1; !hasLowR(signature) && count <= MAX_GRINDS; count++) {
      signature = sign(hash32, bytes, grindEntropy(count))
    }
    return signature
  })
}

function sign(hash32: Uint8Array, key: Uint8Array, extraEntropy: Uint8Array | false): Uint8Array {
  return secp.sign(hash32, key, { prehash: false, lowS: true, format: 'compact', extraEntropy })
}

function hasLowR(signature: Uint8Array): boolean {
  return (signature[0] ?? 0) < 0x80
}

function grindEntropy(count: number): Uint8Array {
  const entropy = new Uint8Array(32)
  new DataView(entropy.buffer).setUint32(0, count, true)
  return entropy
}

/**
 * BIP-340 verification.
 * @param publicKeyHex x-only, lower-case hex
 * @returns false for anything malformed
 */
export function verifySchnorr(publicKeyHex: string, hash32: Uint8Array, signature: Uint8Array): boolean {
  if (publicKeyHex.length !== X_ONLY_HEX || hash32.length !== HASH_BYTES || signature.length !== SIGNATURE_BYTES) {
    return false
  }
  try {
    return secp.schnorr.verify(signature, hash32, fromHex(publicKeyHex))
  } catch {
    return false
  }
}
