import { script, Transaction } from 'bitcoinjs-lib'
import { type Feerate, type Sats, sats, type Txid } from '@belfry/protocol/primitives'
import { VaultError } from '../errors.ts'
import { decodeTransaction } from '../transaction/decode.ts'
import { packageFeerate } from '../transaction/fees.ts'
import { addOutpoint, type FeeCoin, signInput, type SignFeeCoin } from './coin.ts'

export interface JoinTerms {
  /** A, complete but for its fee. */
  readonly raw: Uint8Array
  /** What A pays by itself; 0 where that is not known. */
  readonly own_fee: Sats
  /** Confirmed. Its whole value is fee. */
  readonly coin: FeeCoin
  readonly sign: SignFeeCoin
}

export interface JoinedCoin {
  readonly txid: Txid
  readonly raw: Uint8Array
  /** With what A pays by itself. */
  readonly fee: Sats
  /** Of these very bytes. */
  readonly vsize: number
  readonly feerate: Feerate
}

const ALL_ANYONE_CAN_PAY = Transaction.SIGHASH_ALL | Transaction.SIGHASH_ANYONECANPAY

/**
 * Adds a coin to A, as a second input without any change: A's signatures cover its own input and all outputs, so that an
 * output more would void them. The coin is signed with SIGHASH_ALL, so that nobody can take it along elsewhere.
 * @throws VaultError `fee-parent-unfit` where the bytes are no A; `transaction-malformed`, `transaction-too-large`,
 * `signature-invalid`
 */
export function joinCoin({ raw, own_fee, coin, sign }: JoinTerms): JoinedCoin {
  const { inputs } = decodeTransaction(raw)
  const transaction = Transaction.fromBuffer(raw)
  const [only] = transaction.ins
  if (only === undefined || inputs.length !== 1 || inputs[0]?.outpoint === coin.outpoint || only.script.length > 0) {
    throw unfit('it has other inputs than the one coin that it recovers')
  }
  checkSignatures(only.witness)
  addOutpoint(transaction, coin.outpoint)
  signInput(transaction, 1, coin, sign)
  const fee = sats(own_fee + coin.value)
  const vsize = transaction.virtualSize()
  const feerate = packageFeerate([{ fee, vsize }])
  return { txid: transaction.getId() as Txid, raw: transaction.toBuffer(), fee, vsize, feerate }
}

/** All that stands before the witness script is a signature of that type, or the empty item of a branch not taken. */
function checkSignatures(witness: readonly Uint8Array[]): void {
  const signatures = witness.slice(0, -1).filter((item) => item.length > 0)
  if (signatures.length === 0) throw unfit('it is not signed')
  if (!signatures.every((item) => hashTypeOf(item) === ALL_ANYONE_CAN_PAY)) {
    throw unfit('a signature does not let inputs be added (ALL|ANYONECANPAY)')
  }
}

function hashTypeOf(item: Uint8Array): number | undefined {
  try {
    return script.signature.decode(item).hashType
  } catch {
    return undefined
  }
}

function unfit(detail: string): VaultError {
  return new VaultError(
    'fee-parent-unfit',
    `no coin can be added to this transaction: ${detail}`,
    'Give the clawback that the set calls anyone-can-pay.',
  )
}
