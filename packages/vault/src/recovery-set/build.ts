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
import { scriptsOf, type VaultPlan, type VaultScripts } from '../plan/plan.ts'
import { ANCHOR_SCRIPT, ANCHOR_VALUE } from '../scripts/anchor.ts'
import type { Branch, WshScript } from '../scripts/wsh.ts'
import { feeFor } from '../transaction/fees.ts'
import { SIGHASH, type SighashType } from '../transaction/signature.ts'
import { type Place, placesOf, type TransactionId, variantClawedBack } from './places.ts'

/** Topologically restricted (BIP-431): U and K must agree while U is unconfirmed. */
const SET_VERSION = 3
/** Replaceable, no relative lock, and nLockTime would count. */
const SET_SEQUENCE = 0xffff_fffd
const SET_LOCKTIME = 0

interface Output {
  readonly value: Sats
  readonly script: Uint8Array
}

/** One transaction of the set before its signatures: one input, and one output unless it is anchored. */
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
    readonly sequence: number
  }
  /** The first output: where the coin goes. */
  readonly pays: Output
  /** The second output, which anybody may spend. */
  readonly anchor: Output | null
  /** Serialised without a witness. */
  readonly raw: Uint8Array
  readonly sighash_type: SighashType
  /** What each cold key signs: BIP-143, of `sighash_type`. */
  readonly sighash: Uint8Array
}

type Coin = Pick<UnsignedTransaction['spends'], 'outpoint' | 'value' | 'script' | 'witness_script'>

/** The whole set in the order of `placesOf`. The plan must be a checked one. */
export function buildRecoverySet(plan: VaultPlan): UnsignedTransaction[] {
  const scripts = scriptsOf(plan)
  const vsizes = vsizesOf(scripts, plan.cold.threshold)
  const deposit = coinOf(plan.deposit.outpoint, plan.deposit.value, scripts.deposit)
  const unvaulted: Coin[] = []

  return placesOf(plan).map(({ id, place, feerate }) => {
    const vsize = vsizes[place.purpose]
    const terms = { id, place, feerate, vsize, fee: feeFor(vsize, feerate) }
    const variant = variantClawedBack(place)
    const coin = variant === null ? deposit : unvaulted[variant]
    invariant(coin !== undefined, 'placesOf lists every unvault before what spends it')
    const built = assemble(
      terms,
      { ...coin, branch: variant === null ? 'multi' : 'cold', sequence: sequenceOf(place, plan) },
      destinationOf(place, scripts),
    )
    if (place.purpose === 'unvault')
      unvaulted[place.variant] = coinOf(outpointOf(built.txid, 0), built.pays.value, scripts.unvault)
    return built
  })
}

function coinOf(outpoint: Outpoint, value: Sats, { script, witness_script }: WshScript): Coin {
  return { outpoint, value, script, witness_script }
}

/** The dead man's transaction waits: its nSequence is a relative lock of that many blocks (BIP-68). */
function sequenceOf({ purpose }: Place, { dead_man }: VaultPlan): number {
  if (purpose !== 'dead-man') return SET_SEQUENCE
  invariant(dead_man !== null, 'a checked plan has dead-man rungs only with an heir')
  return dead_man.after
}

function destinationOf({ purpose }: Place, { unvault, deep_cold, staging }: VaultScripts): Uint8Array {
  if (purpose === 'unvault') return unvault.script
  if (purpose !== 'dead-man') return deep_cold.script
  invariant(staging !== null, 'a checked plan has dead-man rungs only with an heir')
  return staging.script
}

function assemble(
  terms: Pick<UnsignedTransaction, 'id' | 'place' | 'feerate' | 'vsize' | 'fee'>,
  spends: UnsignedTransaction['spends'],
  script: Uint8Array,
): UnsignedTransaction {
  const { purpose } = terms.place
  const anchor = purpose === 'anchored' ? { value: ANCHOR_VALUE, script: ANCHOR_SCRIPT } : null
  const pays = { value: sats(spends.value - terms.fee - (anchor?.value ?? 0n)), script }
  const { txid, vout } = splitOutpoint(spends.outpoint)
  const transaction = new Transaction()
  transaction.version = SET_VERSION
  transaction.locktime = SET_LOCKTIME
  transaction.addInput(fromHex(txid).toReversed(), vout, spends.sequence)
  for (const output of anchor === null ? [pays] : [pays, anchor]) transaction.addOutput(output.script, output.value)
  const sighash_type = purpose === 'anyone-can-pay' ? SIGHASH.all_anyone_can_pay : SIGHASH.all
  return {
    ...terms,
    txid: transaction.getId() as Txid,
    spends,
    pays,
    anchor,
    raw: transaction.toBuffer(),
    sighash_type,
    sighash: transaction.hashForWitnessV0(0, spends.witness_script, spends.value, sighash_type),
  }
}
