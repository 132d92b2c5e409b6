/**
 * What the shell tells the core about the chain: a closed union, inputs and outputs decoded, for the core parses no
 * transactions. Events come in chain order, each fact once; the core is idempotent all the same.
 */
import { type Hash32, type Infer, type Outpoint, s } from '../primitives/index.ts'

/** A transaction may spend several watched outpoints; more than this many of its inputs are never needed. */
export const MAX_SPEND_INPUTS = 1_000
/** 400,000 weight units is the largest transaction that bitcoind relays; a witness byte is one unit. */
export const MAX_TX_BYTES = 400_000

/** The spender of a watched outpoint. */
export const spendTx = s.struct({
  txid: s.txid,
  /** Hash with witness; equals txid where there is none. */
  wtxid: s.txid,
  /** Virtual bytes (BIP-141). */
  vsize: s.uint(1_000_000, 1),
  /** Satoshis; null where an input's value is not known to this node. */
  fee: s.nullable(s.sats),
  /** Double SHA-256 of its serialised outputs (`hashOutputs` of BIP-143), by which a clawback is known whatever coins join it. */
  outputs_hash: s.hex<Hash32>(32),
  /** Serialised with witness. */
  raw: s.blob(MAX_TX_BYTES),
})
export type SpendTx = Infer<typeof spendTx>

export const blockRef = s.struct({ height: s.height, hash: s.blockHash })
export type BlockRef = Infer<typeof blockRef>

/** How bitcoind answers now. */
export const chainState = s.oneOf('ok', 'syncing', 'unreachable', 'wrong-chain')
export type ChainState = Infer<typeof chainState>

export const chainEvent = s.variant('event', {
  /** In my mempool. */
  'spend-seen': s.struct({ outpoint: s.outpoint, tx: spendTx }),
  /** A mempool spend gave way to another one of the same outpoint. */
  'spend-replaced': s.struct({ outpoint: s.outpoint, old_txid: s.txid, tx: spendTx }),
  /** A mempool spend left the mempool and no block took it. */
  'spend-evicted': s.struct({ outpoint: s.outpoint, txid: s.txid }),
  'spend-confirmed': s.struct({ outpoint: s.outpoint, tx: spendTx, block: blockRef }),
  /** Its block was disconnected. If bitcoind takes it back into the mempool, a spend-seen follows. */
  'spend-unconfirmed': s.struct({ outpoint: s.outpoint, txid: s.txid, block: blockRef }),
  /** After the spend-confirmed events of its transactions. */
  'block-connected': s.struct({ block: blockRef, previous: s.blockHash }),
  /** After the spend-unconfirmed events of its transactions. */
  'block-disconnected': s.struct({ block: blockRef, previous: s.blockHash }),
  'chain-health': s.struct({
    state: chainState,
    /** bitcoind's estimate for confirmation within few blocks; null where it has none. */
    estimate: s.nullable(s.feerate),
    /** Below this my mempool takes nothing now. */
    mempool_floor: s.feerate,
    /** e.g. `/Satoshi:29.0.0/`. */
    implementation: s.text(128),
  }),
})
export type ChainEvent = Infer<typeof chainEvent>

/** What the follower must know of one watched outpoint, to tell at start what changed while it was down. */
export interface WatchedOutpoint {
  readonly outpoint: Outpoint
  /** The spender that the core believes to be in the mempool. */
  readonly mempool_txid: string | null
  /** The spender that the core believes to be confirmed, and where. */
  readonly confirmed: { readonly txid: string; readonly block: BlockRef } | null
}
