/** How an owner's or operator's program hashes and verifies; signing comes with an unlocked key. */
import { type NodeKeys, sha256, verifyEd25519, verifySchnorr } from '@belfry/keystore'
import type { CryptoPorts, Hasher, Verifier } from '@belfry/protocol'

export const verifier: Hasher & Verifier = { sha256, verifyNode: verifyEd25519, verifyOwner: verifySchnorr }

/** Signs with these keys until they are wiped. */
export function portsOf(keys: NodeKeys): CryptoPorts {
  return { ...verifier, sign: (bytes) => keys.sign(bytes) }
}
