/** Keys and signatures of a simulated world. The core takes them as ports and cannot tell the fake ones from the real. */
import { createPrivateKey, createPublicKey, hash, sign, verify } from 'node:crypto'
import type { CryptoPorts, Hasher, Verifier } from '@belfry/protocol'
import { concat, equalBytes, fromHex, toHex } from '@belfry/protocol/primitives'
import type { Random } from '../world/index.ts'
import { fastHash } from './fast-hash.ts'

export interface KeyPair {
  /** 32 bytes in hex. */
  readonly public: string
  readonly sign: (bytes: Uint8Array) => Uint8Array
}

export interface CryptoSuite {
  readonly sha256: Hasher['sha256']
  readonly verifyNode: Verifier['verifyNode']
  readonly verifyOwner: Verifier['verifyOwner']
  readonly newKey: (random: Random) => KeyPair
}

export function portsOf(suite: CryptoSuite, key: KeyPair): CryptoPorts {
  const { sha256, verifyNode, verifyOwner } = suite
  return { sha256, verifyNode, verifyOwner, sign: key.sign }
}

function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(hash('sha256', bytes, 'buffer'))
}

/** The hash is a fast one, not SHA-256. A signature is a hash with the secret, which the verifier looks up by the public key: unforgeable in this world. */
export function fakeSuite(): CryptoSuite {
  const secrets = new Map<string, Uint8Array>()
  const signature = (secret: Uint8Array, bytes: Uint8Array): Uint8Array => {
    const half = fastHash(concat(secret, bytes))
    return concat(half, half)
  }
  const verifies = (publicKey: string, bytes: Uint8Array, given: Uint8Array): boolean => {
    const secret = secrets.get(publicKey)
    return secret !== undefined && equalBytes(signature(secret, bytes), given)
  }
  return {
    // Of its own, for what is remembered of one hash function must not outlive this world.
    sha256: (bytes) => fastHash(bytes),
    verifyNode: verifies,
    verifyOwner: verifies,
    newKey(random) {
      const secret = random.bytes(32)
      const publicKey = toHex(fastHash(secret))
      secrets.set(publicKey, secret)
      return { public: publicKey, sign: (bytes) => signature(secret, bytes) }
    },
  }
}

/** RFC 8410 encodings of an Ed25519 key, up to its 32 bytes. */
const PKCS8_PREFIX = fromHex('302e020100300506032b657004220420')
const SPKI_PREFIX = fromHex('302a300506032b6570032100')

/** Real Ed25519, for owners' keys too: the core treats both as opaque. Every key object is made once. */
export function realSuite(): CryptoSuite {
  const publicKeys = new Map<string, ReturnType<typeof createPublicKey>>()
  const verifies = (publicKey: string, bytes: Uint8Array, signature: Uint8Array): boolean => {
    const key = publicKeys.get(publicKey)
    return key !== undefined && verify(null, bytes, key, signature)
  }
  return {
    sha256,
    verifyNode: verifies,
    verifyOwner: verifies,
    newKey(random) {
      const der = Buffer.from(concat(PKCS8_PREFIX, random.bytes(32)))
      const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
      const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
      const publicKey = toHex(spki.subarray(SPKI_PREFIX.length))
      publicKeys.set(publicKey, createPublicKey(privateKey))
      return { public: publicKey, sign: (bytes) => new Uint8Array(sign(null, bytes, privateKey)) }
    },
  }
}
