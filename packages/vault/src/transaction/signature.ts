import { script, Transaction } from 'bitcoinjs-lib'
import * as ecc from 'tiny-secp256k1'
import { fromHex } from '@belfry/protocol/primitives'
import type { PublicKey } from '../scripts/keys.ts'
import { VaultError } from '../errors.ts'

/** What a signature commits to: all inputs and outputs, or its own input and all outputs, so that others may join. */
export const SIGHASH = {
  all: Transaction.SIGHASH_ALL,
  all_anyone_can_pay: Transaction.SIGHASH_ALL | Transaction.SIGHASH_ANYONECANPAY,
} as const
export type SighashType = (typeof SIGHASH)[keyof typeof SIGHASH]

/**
 * Signs a 32-byte digest with the private key of `key`, ECDSA: 64 bytes, r then s, low S.
 * Keys stay with the caller: nothing here holds or returns one.
 */
export type SignDigest = (key: PublicKey, digest: Uint8Array) => Uint8Array

/** @throws VaultError `signature-invalid` where the signer gave back something else than a signature of this digest */
export function signatureFrom(
  sign: SignDigest,
  key: PublicKey,
  digest: Uint8Array,
  type: SighashType = SIGHASH.all,
): Uint8Array {
  const signature = sign(key, digest)
  if (signature.length !== 64 || !isSignatureOf(signature, key, digest)) {
    throw new VaultError(
      'signature-invalid',
      `the signature for key ${key} does not fit`,
      'Check that the key file belongs to this plan.',
    )
  }
  return script.signature.encode(signature, type)
}

/** What is wrong with a signature as it stands in a witness; undefined where nothing is. */
export type SignatureFault = 'encoding' | 'sighash-type' | 'digest'

/** Strict DER (BIP-66), of this sighash type, low S, and of this digest by this key. */
export function signatureFault(
  bytes: Uint8Array,
  key: PublicKey,
  digest: Uint8Array,
  type: SighashType = SIGHASH.all,
): SignatureFault | undefined {
  const decoded = decodeDer(bytes)
  if (decoded === undefined) return 'encoding'
  if (decoded.hashType !== type) return 'sighash-type'
  return isSignatureOf(decoded.signature, key, digest) ? undefined : 'digest'
}

function decodeDer(bytes: Uint8Array): { signature: Uint8Array; hashType: number } | undefined {
  try {
    return script.signature.decode(bytes)
  } catch {
    return undefined
  }
}

function isSignatureOf(signature: Uint8Array, key: PublicKey, digest: Uint8Array): boolean {
  try {
    return ecc.verify(digest, fromHex(key), signature, true)
  } catch {
    return false
  }
}
