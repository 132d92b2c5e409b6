import { Transaction } from 'bitcoinjs-lib'
import { invariant, type Sats, type Txid } from '@belfry/protocol/primitives'
import { addOutpoint, p2wpkh, signInput, type SignFeeCoin } from './coin.ts'
import type { PublicKey } from '../scripts/keys.ts'
import type { SplitPlan } from './plan-split.ts'

export interface SplitTerms {
  readonly plan: SplitPlan
  /** One for each output. */
  readonly keys: readonly PublicKey[]
  readonly sign: SignFeeCoin
}

export interface Split {
  readonly txid: Txid
  readonly raw: Uint8Array
  readonly fee: Sats
  readonly vsize: number
}

/** Waits for a calm block: nothing pre-signed depends on it, and it can be replaced. */
const VERSION = 2

/** @throws VaultError `signature-invalid` */
export function buildSplit({ plan, keys, sign }: SplitTerms): Split {
  invariant(keys.length >= plan.outputs.length, 'each output of a split has a key')
  const transaction = new Transaction()
  transaction.version = VERSION
  for (const { outpoint } of plan.inputs) addOutpoint(transaction, outpoint)
  plan.outputs.forEach((value, vout) => {
    const key = keys[vout]
    if (key !== undefined) transaction.addOutput(p2wpkh(key), value)
  })
  plan.inputs.forEach((coin, input) => signInput(transaction, input, coin, sign))
  return {
    txid: transaction.getId() as Txid,
    raw: transaction.toBuffer(),
    fee: plan.fee,
    vsize: transaction.virtualSize(),
  }
}
