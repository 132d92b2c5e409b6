import { Transaction } from 'bitcoinjs-lib'
import { equalBytes, type Feerate, type Outpoint, outpointOf, type Sats, sats, type Txid } from '@belfry/protocol/primitives'
import { VaultError } from '../errors.ts'
import { ANCHOR_SCRIPT } from '../scripts/anchor.ts'
import { type DecodedTransaction, decodeTransaction } from '../transaction/decode.ts'
import { dustThreshold, feeFor, packageFeerate } from '../transaction/fees.ts'
import { addOutpoint, type FeeCoin, signInput, type SignFeeCoin } from './coin.ts'
import { childVsize, MAX_CHILD_VSIZE } from './sizes.ts'

/** BIP-431: a version-3 parent may have a version-3 child only. */
const TRUC_VERSION = 3
/** bitcoind's least relay feerate for the child itself. */
const MIN_CHILD_FEERATE = 1_000 as Feerate

export interface ChildTerms {
  /** P. Its own parent must be confirmed: version 3 allows two generations in the mempool (BIP-431). */
  readonly parent: Uint8Array
  /** What P pays by itself; 0 where that is not known. */
  readonly parent_fee: Sats
  /** Confirmed. */
  readonly coin: FeeCoin
  /** Output script that the rest of the coin goes back to. */
  readonly change: Uint8Array
  /** What both pay together, at least. */
  readonly feerate: Feerate
  /** Likewise, in satoshis. */
  readonly min_fee: Sats
  readonly sign: SignFeeCoin
}

export interface PaidByChild {
  readonly txid: Txid
  readonly raw: Uint8Array
  /** Of the child alone. */
  readonly fee: Sats
  readonly vsize: number
  readonly change: Sats
  /** Of both together. */
  readonly package_fee: Sats
  readonly package_vsize: number
  readonly package_feerate: Feerate
}

/** Where P can be spent by its child. @throws VaultError `fee-parent-unfit` */
export function anchorOf(parent: DecodedTransaction): { readonly outpoint: Outpoint; readonly value: Sats } {
  const found = parent.outputs.flatMap(({ script, value }, vout) =>
    equalBytes(script, ANCHOR_SCRIPT) ? [{ outpoint: outpointOf(parent.txid, vout), value }] : [],
  )
  const [anchor] = found
  if (anchor !== undefined && found.length === 1 && parent.version === TRUC_VERSION) return anchor
  throw new VaultError(
    'fee-parent-unfit',
    'no child can pay for this transaction: it is not of version 3 with one anchor',
    'Give the clawback that the set calls anchored.',
  )
}

/**
 * The child of P: spends its anchor and one coin, and pays the rest back.
 * @throws VaultError `fee-parent-unfit`, `fee-coin-too-small`; `transaction-malformed`, `transaction-too-large`,
 * `signature-invalid`
 */
export function payByChild(terms: ChildTerms): PaidByChild {
  const { parent_fee, coin, change: change_script, feerate, min_fee, sign } = terms
  const parent = decodeTransaction(terms.parent)
  const anchor = anchorOf(parent)
  const size = childVsize(change_script.length)
  if (size > MAX_CHILD_VSIZE) throw new RangeError(`a child has at most ${MAX_CHILD_VSIZE} vB`)
  const together = atLeast(feeFor(parent.vsize + size, feerate), min_fee) - parent_fee
  const fee = atLeast(together, feeFor(size, MIN_CHILD_FEERATE))
  const change = coin.value + anchor.value - fee
  if (change < dustThreshold(change_script)) throw tooSmall(coin.value, fee)

  const transaction = new Transaction()
  transaction.version = TRUC_VERSION
  addOutpoint(transaction, anchor.outpoint)
  addOutpoint(transaction, coin.outpoint)
  transaction.addOutput(change_script, change)
  signInput(transaction, 1, coin, sign)
  const vsize = transaction.virtualSize()
  const both = { fee: sats(parent_fee + fee), vsize: parent.vsize + vsize }
  return {
    txid: transaction.getId() as Txid,
    raw: transaction.toBuffer(),
    fee,
    vsize,
    change: sats(change),
    package_fee: both.fee,
    package_vsize: both.vsize,
    package_feerate: packageFeerate([both]),
  }
}

function atLeast(fee: bigint, least: Sats): Sats {
  return fee > least ? sats(fee) : least
}

function tooSmall(coin: Sats, fee: Sats): VaultError {
  return new VaultError(
    'fee-coin-too-small',
    `a coin of ${coin} sat cannot pay ${fee} sat and leave change`,
    'Take a larger coin, or fund the fee wallet.',
  )
}
