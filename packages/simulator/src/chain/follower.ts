/** What a node's chain follower tells of its bitcoind: each fact once, in chain order, from where the core left off. */
import type { BlockRef, ChainEvent, SpendTx, WatchedOutpoint } from '@belfry/protocol'
import { type Outpoint, type Txid, parseTxid } from '@belfry/protocol/primitives'
import type { SimBitcoind } from './bitcoind.ts'
import { type Block, childTowards, isAncestor } from './blocks.ts'

interface Told {
  mempool: Txid | null
  confirmed: { readonly txid: Txid; readonly block: BlockRef } | null
}

export class SimFollower {
  readonly #bitcoind: SimBitcoind
  readonly #told = new Map<Outpoint, Told>()
  #tip: Block | null

  /** `at`: the block of the core's position, null at the very first start. */
  constructor(from: { at: Block | null; watched: readonly WatchedOutpoint[] }, modules: { bitcoind: SimBitcoind }) {
    this.#bitcoind = modules.bitcoind
    this.#tip = from.at
    for (const { outpoint, mempool_txid, confirmed } of from.watched) {
      this.#told.set(outpoint, {
        mempool: mempool_txid === null ? null : parseTxid(mempool_txid),
        confirmed: confirmed && { txid: parseTxid(confirmed.txid), block: confirmed.block },
      })
    }
  }

  watch(outpoints: readonly Outpoint[]): void {
    for (const outpoint of outpoints) {
      if (!this.#told.has(outpoint)) this.#told.set(outpoint, { mempool: null, confirmed: null })
    }
  }

  /** The next thing to tell, which is told by this; null when all is told. */
  next(): ChainEvent | null {
    if (!this.#bitcoind.is_up) return null
    const { tip } = this.#bitcoind
    // The first time: just before the best block, so that this one is told.
    this.#tip ??= tip.previous ?? tip
    const here = this.#tip
    if (here.ref.hash === tip.ref.hash) return this.#unconfirmAbove(here) ?? this.#mempoolNews()
    if (isAncestor(here.ref, tip)) return this.#connect(here, tip)
    // Behind what was told: bitcoind comes there again.
    return isAncestor(tip.ref, here) ? null : this.#undo(here)
  }

  #undo(here: Block): ChainEvent | null {
    for (const [outpoint, told] of [...this.#told].toReversed()) {
      if (told.confirmed?.block.hash === here.ref.hash) return unconfirm(outpoint, told, told.confirmed)
    }
    if (here.previous === null) return null
    this.#tip = here.previous
    return { event: 'block-disconnected', block: here.ref, previous: here.previous.ref.hash }
  }

  #connect(here: Block, tip: Block): ChainEvent | null {
    const block = childTowards(here.ref, tip)
    if (block === null) return null
    for (const [outpoint, told] of this.#told) {
      const where = told.confirmed?.block
      // The last life may have told spends of another block of this height, and then not the block.
      const isBeside = where?.height === block.ref.height && where.hash !== block.ref.hash
      if (isBeside && told.confirmed !== null) return unconfirm(outpoint, told, told.confirmed)
    }
    for (const { spends, spend } of block.txs) {
      const told = this.#told.get(spends)
      if (told === undefined || told.confirmed?.block.hash === block.ref.hash) continue
      if (told.mempool !== null && told.mempool !== spend.txid) return seen(spends, told, spend)
      told.mempool = null
      told.confirmed = { txid: spend.txid, block: block.ref }
      // A block does not say what its inputs were worth.
      return { event: 'spend-confirmed', outpoint: spends, tx: { ...spend, fee: null }, block: block.ref }
    }
    this.#tip = block
    return { event: 'block-connected', block: block.ref, previous: here.ref.hash }
  }

  #unconfirmAbove(here: Block): ChainEvent | null {
    for (const [outpoint, told] of this.#told) {
      const { confirmed } = told
      if (confirmed !== null && confirmed.block.height > here.ref.height) return unconfirm(outpoint, told, confirmed)
    }
    return null
  }

  #mempoolNews(): ChainEvent | null {
    for (const [outpoint, told] of this.#told) {
      if (told.confirmed !== null) continue
      const spender = this.#bitcoind.mempoolSpender(outpoint)
      if (spender !== null && spender.txid !== told.mempool) return seen(outpoint, told, spender.spend)
      if (spender === null && told.mempool !== null) {
        const txid = told.mempool
        told.mempool = null
        return { event: 'spend-evicted', outpoint, txid }
      }
    }
    return null
  }
}

function seen(outpoint: Outpoint, told: Told, tx: SpendTx): ChainEvent {
  const before = told.mempool
  told.mempool = tx.txid
  if (before === null) return { event: 'spend-seen', outpoint, tx }
  return { event: 'spend-replaced', outpoint, old_txid: before, tx }
}

function unconfirm(outpoint: Outpoint, told: Told, { txid, block }: { txid: Txid; block: BlockRef }): ChainEvent {
  told.confirmed = null
  return { event: 'spend-unconfirmed', outpoint, txid, block }
}
