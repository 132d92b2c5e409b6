/** What was told of the spending of one watched outpoint, so that each fact is told once. */
import type { BlockRef } from '@belfry/protocol'
import type { Outpoint, Txid } from '@belfry/protocol/primitives'

/** For whom an outpoint is watched; it may be for several. */
export type Owner =
  /** The agreement core: a vault's coin. */
  | 'core'
  /** A person, who has it on their list. */
  | 'list'
  /** A person, to one of whose scripts it was paid. */
  | 'received'
  /** A payment to a watched script: what becomes of its transaction is what becomes of the coin that it spends first. */
  | 'payment'

export interface Watched {
  readonly id: number
  readonly outpoint: Outpoint
  readonly owners: ReadonlySet<Owner>
  readonly mempool: MempoolSpend | null
  readonly confirmed: ConfirmedSpend | null
  /** When `mempool` or `confirmed` was last set: a mark of the set's clock. */
  readonly changedAt: number
  /** The mark since when its spend in the mempool is to be asked for over RPC; null while it is not. */
  readonly doubtedSince: number | null
}

export interface ConfirmedSpend {
  readonly txid: Txid
  readonly block: BlockRef
}

export interface MempoolSpend {
  readonly txid: Txid
  /**
   * By ZMQ, whose later messages then really came later. What was learnt otherwise (over RPC, or from the core at
   * start) may be newer than messages still under way.
   */
  readonly from: 'zmq' | 'elsewhere'
}

/** What is known of a watched outpoint from before: of the core's list, or of the watcher's own rows. */
export interface KnownCoin {
  readonly outpoint: Outpoint
  readonly mempool_txid: string | null
  readonly confirmed: { readonly txid: string; readonly block: BlockRef } | null
}
