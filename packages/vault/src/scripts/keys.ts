import { isPointCompressed } from 'tiny-secp256k1'
import { type Branded, fromHex } from '@belfry/protocol/primitives'
import { VaultError } from '../errors.ts'

/** A compressed secp256k1 public key, 33 bytes in lower-case hex. */
export type PublicKey = Branded<string, 'PublicKey'>

/** Any `threshold` of these keys, in this order: `multi`, not `sortedmulti`. */
export interface KeySet {
  readonly threshold: number
  readonly keys: readonly PublicKey[]
}

/** The least that P2WSH, every hardware wallet and a readable descriptor all bear. */
export const MAX_KEYS = 15

const COMPRESSED = /^0[23][0-9a-f]{64}$/

export function isPublicKey(text: string): boolean {
  return COMPRESSED.test(text) && isPointCompressed(fromHex(text))
}

/** @throws VaultError `threshold-out-of-range` or `key-repeated`; `whose` names the set, e.g. "cold" */
export function checkKeySet(set: KeySet, whose: string): void {
  const { threshold, keys } = set
  if (keys.length < 1 || keys.length > MAX_KEYS || threshold < 1 || threshold > keys.length) {
    throw new VaultError(
      'threshold-out-of-range',
      `${threshold} of ${keys.length} ${whose} keys is not possible`,
      `Give 1 to ${MAX_KEYS} keys and a threshold of at least 1 and at most their number.`,
    )
  }
  checkDistinct(keys, `${whose} keys`)
}

/** @throws VaultError `key-repeated` */
export function checkDistinct(keys: readonly PublicKey[], whose: string): void {
  const repeated = keys.find((key, index) => keys.indexOf(key) !== index)
  if (repeated === undefined) return
  throw new VaultError(
    'key-repeated',
    `${repeated} occurs twice among the ${whose}`,
    'Use a key of its own for each place: whoever steals one must not hold two.',
  )
}
