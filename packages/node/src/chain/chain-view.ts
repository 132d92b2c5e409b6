import type { BlockRef, SpendTx } from '@belfry/protocol'
import type { BlockHash, Height } from '@belfry/protocol/primitives'
import { type BlockBytes, spendsOfBlock } from './blocks.ts'
import type { Delivery } from './delivery.ts'
import { ChainError } from './errors.ts'
import { RecentBlocks } from './recent-blocks.ts'
import { describeSpend, type Spend, type TransactionLayout } from './transactions.ts'
import type { Watched, WatchSet } from './watch-set.ts'

export interface ChainViewModules {
  readonly watchSet: WatchSet
  readonly delivery: Delivery
}

/**
 * What was told of the chain, and how it changes: by one block on, or one back. Every block told as connected has the
 * one told before as its parent; every block told as disconnected is the last one.
 */
export class ChainView {
  private readonly recent: RecentBlocks
  private readonly watchSet: WatchSet
  private readonly delivery: Delivery
  /** Whether spends may be told as confirmed in blocks that are not told themselves: the last run ended in between. */
  private mayBeAhead = true
  private readonly begun = Promise.withResolvers<BlockRef>()

  constructor(from: { position: BlockRef | null; recent: readonly BlockRef[] }, modules: ChainViewModules) {
    this.recent = new RecentBlocks(from.position, from.recent)
    this.watchSet = modules.watchSet
    this.delivery = modules.delivery
  }

  /** Null until there is a position. */
  get tip(): BlockRef | null {
    return this.recent.tip
  }

  /** The block before the tip, if it is known here. */
  get beforeTip(): BlockRef | null {
    return this.recent.beforeTip
  }

  /** The tip and an unbroken run of blocks before it, the oldest first. */
  remembered(): readonly BlockRef[] {
    return this.recent.all()
  }

  /** What was before the oldest block known here: to find back by it, should bitcoind ever lose its last blocks. */
  remember(before: readonly BlockRef[]): void {
    this.recent.extendBack(before)
  }

  /** Whether it is the tip, or before it as far as is known here: known to be, or lower than what is known. */
  mayLeadHere({ height, hash }: BlockRef): boolean {
    const { oldest } = this.recent
    return oldest !== null && height < oldest.height || this.recent.has(hash)
  }

  /** Whether it was told as disconnected of late. */
  wasGivenUp(hash: BlockHash): boolean {
    return this.recent.wasGivenUp(hash)
  }

  /** For whoever comes before there is a position. @throws ChainError stopped */
  firstTip(signal: AbortSignal): Promise<BlockRef> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => reject(new ChainError('stopped', 'the chain watcher was stopped'))
      signal.addEventListener('abort', onAbort, { once: true })
      void this.begun.promise.then((tip) => {
        signal.removeEventListener('abort', onAbort)
        resolve(tip)
      })
    })
  }

  /** Gives a view without a position its first one. Tells nothing. */
  async begin(position: BlockRef): Promise<void> {
    await this.delivery.turn(async () => {
      if (this.tip !== null) return
      this.recent.push(position)
      this.delivery.position = position
      this.begun.resolve(position)
    })
  }

  /**
   * Tells the spends of the block, and the block.
   * @returns false when it is not on the tip (any more)
   * @throws ChainError truncated, malformed, trailing-bytes, before anything is told
   */
  connect(block: BlockBytes): Promise<boolean> {
    return this.delivery.turn(async () => {
      const { tip } = this
      if (tip?.hash !== block.previous) return false
      const ref: BlockRef = { height: tip.height + 1 as Height, hash: block.hash }
      let spends = spendsOfBlock(block, this.watchSet)
      let serial = this.watchSet.lastSerial
      await this.unconfirmBeside(ref)
      await this.confirm(block, ref, spends)
      // What is watched because of these events may be spent in this very block. Each round needs a new outpoint.
      while (this.watchSet.lastSerial > serial) {
        const before = serial
        spends = spendsOfBlock(block, this.watchSet).filter(({ watched }) => watched.serial > before)
        serial = this.watchSet.lastSerial
        await this.confirm(block, ref, spends)
      }
      this.recent.push(ref)
      this.delivery.position = ref
      await this.delivery.deliver({ event: 'block-connected', block: ref, previous: block.previous })
      return true
    })
  }

  /** Tells that the tip and its spends are undone. @returns false when it is not the tip (any more) */
  disconnect(block: BlockRef, previousHash: BlockHash): Promise<boolean> {
    return this.delivery.turn(async () => {
      if (this.tip?.hash !== block.hash) return false
      const undone = this.watchSet.all().filter(({ confirmed }) => confirmed?.block.hash === block.hash)
      for (const watched of undone.toReversed()) await this.unconfirm(watched)
      const previous: BlockRef = { height: block.height - 1 as Height, hash: previousHash }
      this.recent.giveUpTip(previous)
      this.watchSet.doubtAll()
      this.delivery.position = previous
      await this.delivery.deliver({ event: 'block-disconnected', block, previous: previousHash })
      return true
    })
  }

  /** At bitcoind's tip: what is told as confirmed higher up is so no longer. */
  async settle(): Promise<void> {
    if (!this.mayBeAhead) return
    await this.delivery.turn(async () => {
      const { tip } = this
      if (tip === null) return
      for (const watched of this.watchSet.all()) {
        if (watched.confirmed !== null && watched.confirmed.block.height > tip.height) await this.unconfirm(watched)
      }
      this.mayBeAhead = false
    })
  }

  /** The last run may have told spends of another block of this height, and then not the block. */
  private async unconfirmBeside(block: BlockRef): Promise<void> {
    if (!this.mayBeAhead) return
    for (const watched of this.watchSet.all()) {
      const where = watched.confirmed?.block
      if (where?.height === block.height && where.hash !== block.hash) await this.unconfirm(watched)
    }
  }

  private async confirm(block: BlockBytes, ref: BlockRef, spends: readonly Spend<Watched>[]): Promise<void> {
    let layout: TransactionLayout | null = null
    let tx: SpendTx | null = null
    for (const { watched, layout: where } of spends) {
      if (!this.watchSet.holds(watched) || watched.confirmed?.block.hash === ref.hash) continue
      // One transaction may spend several.
      if (tx === null || layout !== where) tx = describeSpend(block.bytes, where, null)
      layout = where
      const { outpoint, mempool } = watched
      this.watchSet.setConfirmed(watched, { txid: tx.txid, block: ref })
      // So that nobody need conclude that the other one, told as seen, is gone.
      if (mempool !== null && mempool.txid !== tx.txid) {
        await this.delivery.deliver({ event: 'spend-replaced', outpoint, old_txid: mempool.txid, tx })
      }
      await this.delivery.deliver({ event: 'spend-confirmed', outpoint, tx, block: ref })
    }
  }

  private async unconfirm(watched: Watched): Promise<void> {
    const { confirmed, outpoint } = watched
    if (confirmed === null) return
    this.watchSet.setConfirmed(watched, null)
    this.watchSet.doubt(watched)
    const { txid, block } = confirmed
    await this.delivery.deliver({ event: 'spend-unconfirmed', outpoint, txid, block })
  }
}
