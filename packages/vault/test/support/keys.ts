import { createHash } from 'node:crypto'
import { pointFromScalar } from 'tiny-secp256k1'
import { toHex } from '@belfry/protocol/primitives'
import { parsePublicKey, type PublicKey, type SignDigest, signLowR } from '../../src/index.ts'

/** Keys of the tests, derived from labels. */
export interface TestKey {
  readonly pub: PublicKey
  readonly secret: Uint8Array
}

export function testKey(label: string): TestKey {
  const secret = new Uint8Array(createHash('sha256').update(`belfry-test/${label}`).digest())
  const point = pointFromScalar(secret, true)
  if (point === null) throw new Error('not a scalar')
  return { pub: parsePublicKey(toHex(point)), secret }
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
