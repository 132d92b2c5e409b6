import { Transaction } from 'bitcoinjs-lib'
import { type Feerate, fromHex, type Outpoint, type Sats, splitOutpoint, type Txid } from '@belfry/protocol/primitives'
import { VaultError } from '../errors.ts'
import type { PublicKey } from '../scripts/keys.ts'
import { type Branch, type WshScript, witnessStack } from '../scripts/wsh.ts'
import { dustThreshold, feeFor, MAX_SIGNATURE_BYTES, singleInputWeight, vsizeOfWeight } from '../transaction/fees.ts'
import { signatureFrom, type SignDigest } from '../transaction/signature.ts'

/** A signed transaction outside the recovery set. */
export interface Spend {
  readonly txid: Txid
  readonly raw: Uint8Array
  readonly fee: Sats
  /** Of these very bytes. */
  readonly vsize: number
}

export interface SpendTerms {
  readonly coin: { readonly outpoint: Outpoint; readonly value: Sats; readonly wsh: WshScript }
  readonly branch: Branch
  readonly keys: readonly PublicKey[]
  readonly sequence: number
  /** 2 where none is given. */
  readonly version?: 3
  /** Output script. */
  readonly to: Uint8Array
  readonly feerate: Feerate
  readonly sign: SignDigest
}

/** nSequence that signals replacement and carries no relative lock. */
export const REPLACEABLE = 0xffff_fffd

/** As ordinary wallets make it: what it spends is mined, so that nothing has to match another transaction's version. */
const VERSION = 2

/** One coin to one output. @throws VaultError `spend-impossible` where the fee leaves no output that nodes relay */
export function spendSigned({ coin, branch, keys, sequence, version, to, feerate, sign }: SpendTerms): Spend {
  const { witness_script } = coin.wsh
  const longest = keys.map(() => new Uint8Array(MAX_SIGNATURE_BYTES))
  const items = witnessStack(branch, longest, witness_script).map((item) => item.length)
  const fee = feeFor(vsizeOfWeight(singleInputWeight(to.length, items)), feerate)
  const left = coin.value - fee
  if (left < dustThreshold(to)) {
    throw new VaultError(
      'spend-impossible',
      `a fee of ${fee} sat leaves nothing of ${coin.value} sat`,
      'Choose a lower feerate.',
    )
  }
  const { txid, vout } = splitOutpoint(coin.outpoint)
  const transaction = new Transaction()
  transaction.version = version ?? VERSION
  transaction.addInput(fromHex(txid).toReversed(), vout, sequence)
  transaction.addOutput(to, left)
  const sighash = transaction.hashForWitnessV0(0, witness_script, coin.value, Transaction.SIGHASH_ALL)
  const signatures = keys.map((key) => signatureFrom(sign, key, sighash))
  transaction.setWitness(0, witnessStack(branch, signatures, witness_script))
  return { txid: transaction.getId() as Txid, raw: transaction.toBuffer(), fee, vsize: transaction.virtualSize() }
}
