import { Transaction } from 'bitcoinjs-lib'
import {
  type Feerate,
  fromHex,
  invariant,
  type Outpoint,
  outpointOf,
  type Sats,
  sats,
  splitOutpoint,
  type Txid,
} from '@belfry/protocol/primitives'
import { vsizesOf } from '../plan/ladder.ts'
import { scriptsOf, type VaultPlan } from '../plan/plan.ts'
import type { Branch, WshScript } from '../scripts/wsh.ts'
import { feeFor } from '../transaction/fees.ts'
import { type Place, placesOf, type TransactionId } from './places.ts'

/** Topologically restricted (BIP-431): U and K must agree while U is unconfirmed. */
const SET_VERSION = 3
/** Replaceable, no relative lock, and nLockTime would count. */
const SET_SEQUENCE = 0xffff_fffd
const SET_LOCKTIME = 0

/** One transaction of the set before its signatures: one input, one output. */
export interface UnsignedTransaction {
  readonly id: TransactionId
  readonly place: Place
  /** Known before signing: every input is segwit. */
  readonly txid: Txid
  /** sat/kvB that the signed transaction pays at least. */
  readonly feerate: Feerate
  readonly fee: Sats
  /** Of the signed transaction at worst. */
  readonly vsize: number
  readonly spends: {
    readonly outpoint: Outpoint
    readonly value: Sats
    /** The output script. */
    readonly script: Uint8Array
    readonly witness_script: Uint8Array
    readonly branch: Branch
  }
  readonly pays: { readonly value: Sats; readonly script: Uint8Array }
  /** Serialised without a witness. */
  readonly raw: Uint8Array
  /** What each cold key signs: BIP-143, SIGHASH_ALL. */
  readonly sighash: Uint8Array
}

type Coin = Omit<UnsignedTransaction['spends'], 'branch'>

/** The whole set in the order of `placesOf`. The plan must be a checked one. */
export function buildRecoverySet(plan: VaultPlan): UnsignedTransaction[] {
  const { deposit, unvault, deep_cold } = scriptsOf(plan)
  const vsizes = vsizesOf({ deposit, unvault, deep_cold }, plan.cold.threshold)
  const depositCoin = coinOf(plan.deposit.outpoint, plan.deposit.value, deposit)
  const unvaulted: Coin[] = []

  return placesOf(plan).map(({ id, place, feerate }) => {
    const vsize = vsizes[place.purpose]
    const terms = { id, place, feerate, vsize, fee: feeFor(vsize, feerate) }
    if (place.purpose === 'clawback') {
      const coin = unvaulted[place.variant]
      invariant(coin !== undefined, 'placesOf lists every unvault before the clawbacks that spend it')
      return assemble(terms, { ...coin, branch: 'cold' }, deep_cold.script)
    }
    if (place.purpose === 'emergency') return assemble(terms, { ...depositCoin, branch: 'multi' }, deep_cold.script)
    const built = assemble(terms, { ...depositCoin, branch: 'multi' }, unvault.script)
    unvaulted[place.variant] = coinOf(outpointOf(built.txid, 0), built.pays.value, unvault)
    return built
  })
}

function coinOf(outpoint: Outpoint, value: Sats, { script, witness_script }: WshScript): Coin {
  return { outpoint, value, script, witness_script }
}

function assemble(
  terms: Pick<UnsignedTransaction, 'id' | 'place' | 'feerate' | 'vsize' | 'fee'>,
  spends: UnsignedTransaction['spends'],
  script: Uint8Array,
): UnsignedTransaction {
  const value = sats(spends.value - terms.fee)
  const { txid, vout } = splitOutpoint(spends.outpoint)
  const transaction = new Transaction()
  transaction.version = SET_VERSION
  transaction.locktime = SET_LOCKTIME
  transaction.addInput(fromHex(txid).toReversed(), vout, SET_SEQUENCE)
  transaction.addOutput(script, value)
  const sighash = transaction.hashForWitnessV0(0, spends.witness_script, spends.value, Transaction.SIGHASH_ALL)
  return {
    ...terms,
    txid: transaction.getId() as Txid,
    spends,
    pays: { value, script },
    raw: transaction.toBuffer(),
    sighash,
  }
}
