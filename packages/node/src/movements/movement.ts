/**
 * What is told of wallets: the second of the two unions of chain events, beside the core's. Each fact once, in chain order,
 * each with its evidence.
 */
import { blockRef, MAX_TX_BYTES } from '@belfry/protocol'
import { type Infer, s } from '@belfry/protocol/primitives'
import { MAX_SCRIPT_BYTES } from '../chain/index.ts'

/** Watches that have one script in common. More are not named. */
export const MAX_WATCHES_NAMED = 16

const paid = {
  script: s.blob(MAX_SCRIPT_BYTES),
  value: s.sats,
  /** The watches that it belongs to, and the place of the script in each. */
  watches: s.list(s.struct({ watch: s.text(16), branch: s.uint(1_000), index: s.uint(0x7fff_ffff) }), MAX_WATCHES_NAMED),
}

export const payment = s.struct({
  /** The output that pays it. */
  outpoint: s.outpoint,
  ...paid,
})
export type Payment = Infer<typeof payment>

const coin = s.struct(paid)
export type Coin = Infer<typeof coin>

const spent = {
  outpoint: s.outpoint,
  /** As its payment was told; null for a coin that is watched by its outpoint. */
  coin: s.nullable(coin),
}

/** As it is on the wire. */
const evidence = { txid: s.txid, raw: s.blob(MAX_TX_BYTES) }
/** And where in the chain. */
const confirmation = { block: blockRef, position: s.uint(1_000_000) }

export const movement = s.variant('event', {
  /** In my mempool. */
  'payment-seen': s.struct({ payment, ...evidence }),
  /** Another transaction took the place of the one that paid it. What that one pays is told besides. */
  'payment-replaced': s.struct({ payment, ...evidence }),
  /** Its transaction left the mempool, and no block took it. */
  'payment-evicted': s.struct({ payment }),
  'payment-confirmed': s.struct({ payment, ...evidence, ...confirmation }),
  /** Its block was disconnected. If bitcoind takes the transaction back into the mempool, a payment-seen follows. */
  'payment-unconfirmed': s.struct({ payment, block: blockRef }),
  /** Of a coin that is watched, or that was paid to a watched script; with the meaning of the core's events. */
  'spend-seen': s.struct({ ...spent, ...evidence }),
  'spend-replaced': s.struct({ ...spent, old_txid: s.txid, ...evidence }),
  'spend-evicted': s.struct({ ...spent, txid: s.txid }),
  'spend-confirmed': s.struct({ ...spent, ...evidence, ...confirmation }),
  'spend-unconfirmed': s.struct({ ...spent, txid: s.txid, block: blockRef }),
})
export type Movement = Infer<typeof movement>

export const toldMovement = s.struct({
  /** Counts from 1, without a gap. */
  seq: s.uint(Number.MAX_SAFE_INTEGER, 1),
  /** When it was told here. */
  at_ms: s.millis,
  movement,
})
export type ToldMovement = Infer<typeof toldMovement>
