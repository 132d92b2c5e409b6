import { crypto, script, Transaction } from 'bitcoinjs-lib'
import * as ecc from 'tiny-secp256k1'
import { concat, fromHex, type Outpoint, type Sats, sats, splitOutpoint } from '@belfry/protocol/primitives'
import { VaultError } from '../errors.ts'
import type { PublicKey } from '../scripts/keys.ts'

/** A P2WPKH coin of the fee wallet. That it is confirmed is for the caller to know: nothing here can. */
export interface FeeCoin {
  readonly outpoint: Outpoint
  readonly value: Sats
  readonly key: PublicKey
}

/** Signs a digest with the key of this coin: r ‖ s, 64 bytes, low S. */
export type SignFeeCoin = (coin: FeeCoin, digest: Uint8Array) => Uint8Array

/** Smaller ones cost more to spend than they are worth in the feerates that a bump is for. */
export const MIN_FEE_COIN: Sats = sats(2_000)

/** Replaceable, no relative lock. */
export const REPLACEABLE = 0xffff_fffd

/** OP_0 and the hash of the key (BIP-141). */
export function p2wpkh(key: PublicKey): Uint8Array {
  return concat(Uint8Array.of(0x00, 0x14), crypto.hash160(fromHex(key)))
}

export function addOutpoint(transaction: Transaction, outpoint: Outpoint): void {
  const { txid, vout } = splitOutpoint(outpoint)
  transaction.addInput(fromHex(txid).toReversed(), vout, REPLACEABLE)
}

/**
 * Signs the coin's input with SIGHASH_ALL (BIP-143).
 * @throws VaultError `signature-invalid` where the signer gave back something else
 */
export function signInput(transaction: Transaction, input: number, coin: FeeCoin, sign: SignFeeCoin): void {
  const digest = transaction.hashForWitnessV0(input, scriptCode(coin.key), coin.value, Transaction.SIGHASH_ALL)
  const signature = sign(coin, digest)
  if (signature.length !== 64 || !ecc.verify(digest, fromHex(coin.key), signature, true)) {
    throw new VaultError(
      'signature-invalid',
      'the signature of a fee coin does not fit its key',
      'Report it; the fee key and its coins belong together.',
    )
  }
  transaction.setWitness(input, [script.signature.encode(signature, Transaction.SIGHASH_ALL), fromHex(coin.key)])
}

/** That of P2PKH, by which P2WPKH is signed (BIP-143). */
function scriptCode(key: PublicKey): Uint8Array {
  return concat(Uint8Array.of(0x76, 0xa9, 0x14), crypto.hash160(fromHex(key)), Uint8Array.of(0x88, 0xac))
}
