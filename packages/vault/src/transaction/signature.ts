import { script, Transaction } from 'bitcoinjs-lib'
import * as ecc from 'tiny-secp256k1'
import { fromHex } from '@belfry/protocol/primitives'
import type { PublicKey } from '../scripts/keys.ts'
import { VaultError } from '../errors.ts'

/**
 * Signs a 32-byte digest with the private key of `key`, ECDSA: 64 bytes, r then s, low S.
 * Keys stay with the caller: nothing here holds or returns one.
 */
export type SignDigest = (key: PublicKey, digest: Uint8Array) => Uint8Array

/** 256 tries fail with probability 2^-256. */
const MAX_GRIND = 256

/**
 * Signs as Bitcoin Core does: RFC 6979, then with a counter as extra entropy until R is below 2^255. So no signature
 * has more than 71 bytes, and the same transaction always gets the same bytes.
 * @param private_key 32 bytes; the caller wipes them
 */
export function signLowR(private_key: Uint8Array, digest: Uint8Array): Uint8Array {
  let signature = ecc.sign(digest, private_key)
  for (let counter = 1; !isLowR(signature) && counter < MAX_GRIND; counter++) {
    const extra = new Uint8Array(32)
    new DataView(extra.buffer).setUint32(0, counter, true)
    signature = ecc.sign(digest, private_key, extra)
  }
  return signature
}

function isLowR(signature: Uint8Array): boolean {
  return (signature[0] ?? 0) < 0x80
}

/** @throws VaultError `signature-invalid` where the signer gave back something else than a signature of this digest */
export function signatureFrom(sign: SignDigest, key: PublicKey, digest: Uint8Array): Uint8Array {
  const signature = sign(key, digest)
  if (signature.length !== 64 || !isSignatureOf(signature, key, digest)) {
    throw new VaultError(
      'signature-invalid',
      `the signature for key ${key} does not fit`,
      'Check that the key file belongs to this plan.',
    )
  }
  return script.signature.encode(signature, Transaction.SIGHASH_ALL)
}

/** What is wrong with a signature as it stands in a witness; undefined where nothing is. */
export type SignatureFault = 'encoding' | 'sighash-type' | 'digest'

/** Strict DER (BIP-66), SIGHASH_ALL, low S, and of this digest by this key. */
export function signatureFault(bytes: Uint8Array, key: PublicKey, digest: Uint8Array): SignatureFault | undefined {
  const decoded = decodeDer(bytes)
  if (decoded === undefined) return 'encoding'
  if (decoded.hashType !== Transaction.SIGHASH_ALL) return 'sighash-type'
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
