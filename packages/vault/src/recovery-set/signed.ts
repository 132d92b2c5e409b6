import type { Feerate, Hash32, Sats, Txid } from '@belfry/protocol/primitives'
import type { VaultPlan } from '../plan/plan.ts'
import type { Place, TransactionId } from './places.ts'

/** Signed bytes that claim to be one transaction of a set, before anybody has verified them. */
export interface PresignedTransaction {
  readonly id: string
  readonly raw: Uint8Array
}

/**
 * A verified, signed transaction. Its bytes are a secret until it is broadcast, so they are kept where neither
 * `JSON.stringify` nor an inspector that prints fields comes across them.
 */
export class SignedTransaction {
  readonly id: TransactionId
  readonly place: Place
  readonly feerate: Feerate
  readonly fee: Sats
  /** Of these very bytes. */
  readonly vsize: number
  readonly txid: Txid
  readonly wtxid: Txid
  /** Of its outputs: what stays of an anyone-can-pay clawback when a fee coin joins. See `outputsHashOf`. */
  readonly outputs_hash: Hash32
  readonly #raw: Uint8Array

  constructor(fields: Omit<SignedTransaction, 'raw'>, raw: Uint8Array) {
    this.id = fields.id
    this.place = fields.place
    this.feerate = fields.feerate
    this.fee = fields.fee
    this.vsize = fields.vsize
    this.txid = fields.txid
    this.wtxid = fields.wtxid
    this.outputs_hash = fields.outputs_hash
    this.#raw = raw
  }

  /** The serialised transaction, witness included. */
  get raw(): Uint8Array {
    return this.#raw
  }
}

/** What `acceptRecoverySet` verified against its plan: every transaction that the plan asks for, in its order. */
export interface SignedRecoverySet {
  readonly plan: VaultPlan
  readonly transactions: readonly SignedTransaction[]
}
