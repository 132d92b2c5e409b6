/** What a member knows of the spending of one watched outpoint. */
import { type ChainEvent, type SpendTx, blockRef, spendTx } from '../chain/index.ts'
import { type Height, type Infer, s } from '../primitives/index.ts'

export const coin = s.struct({
  /** In my mempool. */
  mempool: s.nullable(spendTx),
  /** My tip when that spender came there; null where there is none. */
  since: s.nullable(s.height),
  /** Came with a vote, and my own bitcoind said that it would take it. */
  offered: s.nullable(spendTx),
  confirmed: s.nullable(s.struct({ tx: spendTx, block: blockRef })),
})
export type Coin = Infer<typeof coin>

export const UNSPENT: Coin = { mempool: null, since: null, offered: null, confirmed: null }

type SpendEvent = Extract<ChainEvent, { event: `spend-${string}` }>

/** The coin after an event at this tip of mine; the same object where the event tells nothing new. */
export function afterSpendEvent(before: Coin, event: SpendEvent, tip: Height): Coin {
  switch (event.event) {
    case 'spend-seen':
    case 'spend-replaced':
      return before.mempool?.txid === event.tx.txid ? before : { ...before, mempool: event.tx, since: tip, offered: null }
    case 'spend-evicted':
      return before.mempool?.txid === event.txid ? { ...before, mempool: null, since: null } : before
    case 'spend-confirmed':
      return before.confirmed?.tx.txid === event.tx.txid && before.confirmed.block.hash === event.block.hash
        ? before
        : { mempool: null, since: null, offered: null, confirmed: { tx: event.tx, block: event.block } }
    case 'spend-unconfirmed':
      return before.confirmed?.block.hash === event.block.hash ? { ...before, confirmed: null } : before
  }
}

/** The spender that stands in my own chain or mempool. */
export function spenderOf(value: Coin): SpendTx | null {
  return value.confirmed?.tx ?? value.mempool
}

/** Blocks on top of and including the one with the spend; 0 while it is unconfirmed. */
export function confirmations(value: Coin, tip_height: number): number {
  return value.confirmed === null ? 0 : Math.max(0, tip_height - value.confirmed.block.height + 1)
}
