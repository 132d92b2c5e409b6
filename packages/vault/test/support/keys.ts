import { createHash } from 'node:crypto'
import * as ecc from 'tiny-secp256k1'
import { toHex } from '@belfry/protocol/primitives'
import type { PublicKey, SignDigest } from '../../src/index.ts'

/** Keys of the tests, derived from labels. */
export interface TestKey {
  readonly pub: PublicKey
  readonly secret: Uint8Array
}

export function testKey(label: string): TestKey {
  const secret = new Uint8Array(createHash('sha256').update(`belfry-test/${label}`).digest())
  const point = ecc.pointFromScalar(secret, true)
  if (point === null) throw new Error('not a scalar')
  return { pub: toHex(point) as PublicKey, secret }
}

export function testKeys(label: string, count: number): TestKey[] {
  return Array.from({ length: count }, (_, index) => testKey(`${label}${index + 1}`))
}

export function signerOf(keys: readonly TestKey[]): SignDigest {
  return (pub, digest) => {
    const key = keys.find((one) => one.pub === pub)
    if (key === undefined) throw new Error(`no secret for ${pub}`)
    return signLowR(key.secret, digest)
  }
}

/** As Bitcoin Core signs, and Belfry's owner keys: R is ground below 2^255, so that no signature has more than 71 bytes. */
export function signLowR(secret: Uint8Array, digest: Uint8Array): Uint8Array {
  let signature = ecc.sign(digest, secret)
  for (let counter = 1; (signature[0] ?? 0) >= 0x80; counter++) {
    const extra = new Uint8Array(32)
    new DataView(extra.buffer).setUint32(0, counter, true)
    signature = ecc.sign(digest, secret, extra)
  }
  return signature
}
