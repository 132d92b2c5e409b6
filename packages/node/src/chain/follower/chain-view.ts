import type { BlockRef } from '@belfry/protocol'
import { type BlockHash, type Height, splitOutpoint } from '@belfry/protocol/primitives'
import type { Rider } from '@belfry/runtime'
import { ChainError } from '../errors.ts'
import type { Delivery } from '../events/delivery.ts'
import { type BlockBytes, type BlockScanner, describeSpend } from '../serial/index.ts'
import { concernedBy, findInBlock, type FoundTransaction, type Watched, type WatchedCoins } from '../watched/index.ts'
import type { HeaderLog } from './header-log.ts'
import { RecentBlocks } from './recent-blocks.ts'

export interface ChainViewModules {
  readonly coins: WatchedCoins
  readonly scanner: BlockScanner
  readonly headers: HeaderLog
  readonly delivery: Delivery
}

/**
 * What was told of the chain, and how it changes: by one block on, or one back. Every block told as connected has the
 * one told before as its parent; every block told as disconnected is the last one.
 */
export class ChainView {
  private readonly recent: RecentBlocks
  private readonly coins: WatchedCoins
  private readonly scanner: BlockScanner
  private readonly headers: HeaderLog
  private readonly delivery: Delivery
  /** Whether spends may be told as confirmed in blocks that are not told themselves: the last run ended in between. */
  private mayBeAhead = true
  private readonly begun = Promise.withResolvers<BlockRef>()
  /** Begun at bitcoind's tip, and nothing was told since. */
  private isFresh = false

  constructor(from: { position: BlockRef | null; recent: readonly BlockRef[] }, modules: ChainViewModules) {
    this.recent = new RecentBlocks(from.position, from.recent)
    this.coins = modules.coins
    this.scanner = modules.scanner
    this.headers = modules.headers
    this.delivery = modules.delivery
  }

  /** Null until there is a position. */
  get tip(): BlockRef | null {
    return this.recent.tip
  }

  /**
   * Whether a block was told, so that a later start goes on from there. Before that nothing of the mempool may be told: what
   * became of it while nobody watched would never be found.
   */
  get hasTold(): boolean {
    return this.tip !== null && !this.isFresh
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

  /** Whether it is the tip, or before it; also where it is too low for that to be known here. */
  mayHold({ height, hash }: BlockRef): boolean {
    const { oldest, tip } = this.recent
    if (oldest === null || tip === null || height > tip.height) return false
    return height < oldest.height || this.recent.at(height)?.hash === hash
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
      this.isFresh = true
      this.begun.resolve(position)
    })
  }

  /**
   * Tells the movements of the block, and the block.
   * @returns false when it is not on the tip (any more)
   * @throws ChainError truncated, malformed, trailing-bytes, before anything is told
   */
  connect(block: BlockBytes): Promise<boolean> {
    return this.delivery.turn(async () => {
      const { tip } = this
      if (tip?.hash !== block.previous) return false
      const ref: BlockRef = { height: tip.height + 1 as Height, hash: block.hash }
      let { additions } = this.coins
      const found = this.find(block)
      await this.unconfirmBeside(ref)
      await this.confirm(block, ref, found)
      // What is watched because of these events may be spent or paid in this very block. Each round needs something new.
      while (this.coins.additions > additions) {
        additions = this.coins.additions
        await this.confirm(block, ref, this.find(block))
      }
      await this.push(ref, block.previous, this.headers.connected(ref, block.bytes))
      return true
    })
  }

  /**
   * Goes on by a block whose transactions bitcoind has no more.
   * @param header of 80 bytes
   * @returns false when it is not on the tip (any more)
   */
  connectUnseen({ hash, previous, bytes: header }: BlockBytes): Promise<boolean> {
    return this.delivery.turn(async () => {
      const { tip } = this
      if (tip?.hash !== previous) return false
      const ref: BlockRef = { height: tip.height + 1 as Height, hash }
      await this.unconfirmBeside(ref)
      await this.push(ref, previous, this.headers.connected(ref, header))
      return true
    })
  }

  /** A payment to a wallet's script may have it look for more scripts, which the same block may pay. */
  private find({ bytes }: BlockBytes): FoundTransaction[] {
    for (;;) {
      const found = findInBlock(this.scanner, bytes)
      if (!this.delivery.extend(found)) return found
    }
  }

  private async push(ref: BlockRef, previous: BlockHash, riders: readonly Rider[]): Promise<void> {
    this.recent.push(ref)
    this.isFresh = false
    this.delivery.position = ref
    await this.delivery.block({ event: 'block-connected', block: ref, previous }, riders)
  }

  /** Tells that the tip and its movements are undone. @returns false when it is not the tip (any more) */
  disconnect(block: BlockRef, previousHash: BlockHash): Promise<boolean> {
    return this.delivery.turn(async () => {
      if (this.tip?.hash !== block.hash) return false
      await this.unconfirmAbove(block.height)
      await this.unconfirmWhere(({ hash }) => hash === block.hash)
      const previous: BlockRef = { height: block.height - 1 as Height, hash: previousHash }
      this.recent.giveUpTip(previous)
      this.coins.doubtAll()
      this.delivery.position = previous
      // Nobody was told of it.
      if (this.isFresh) return true
      const riders = this.headers.disconnected(block)
      await this.delivery.block({ event: 'block-disconnected', block, previous: previousHash }, riders)
      return true
    })
  }

  /** At bitcoind's tip: what is told as confirmed higher up is so no longer. */
  async settle(): Promise<void> {
    if (!this.mayBeAhead) return
    await this.delivery.turn(async () => {
      const { tip } = this
      if (tip === null) return
      await this.unconfirmAbove(tip.height)
      this.mayBeAhead = false
    })
  }

  /** The last run may have told spends of the next block, and then not the block: without this one it is not there, either. */
  private async unconfirmAbove(height: number): Promise<void> {
    if (this.mayBeAhead) await this.unconfirmWhere((block) => block.height > height)
  }

  /** The last run may have told spends of another block of this height, and then not the block. */
  private async unconfirmBeside(block: BlockRef): Promise<void> {
    if (this.mayBeAhead) await this.unconfirmWhere(({ height, hash }) => height === block.height && hash !== block.hash)
  }

  private async unconfirmWhere(isUndone: (block: BlockRef) => boolean): Promise<void> {
    const undone = this.coins.all().filter(({ confirmed }) => confirmed !== null && isUndone(confirmed.block))
    for (const watched of fromLast(undone)) await this.unconfirm(watched)
  }

  private async confirm(block: BlockBytes, ref: BlockRef, found: readonly FoundTransaction[]): Promise<void> {
    for (const one of found) {
      const { payments, position } = one
      const tx = describeSpend(block.bytes, one.layout, null)
      for (const watched of concernedBy(one, block.bytes, tx.txid, this.coins)) {
        if (!this.coins.holds(watched)) continue
        const { outpoint, mempool } = watched
        const about = { watched, payments, position }
        if (watched.confirmed?.block.hash === ref.hash) {
          this.delivery.known({ event: 'spend-confirmed', outpoint, tx, block: ref }, about)
          continue
        }
        this.coins.setConfirmed(watched, { txid: tx.txid, block: ref })
        // So that nobody need conclude that the other one, told as seen, is gone.
        if (mempool !== null && mempool.txid !== tx.txid) {
          await this.delivery.spend({ event: 'spend-replaced', outpoint, old_txid: mempool.txid, tx }, about)
        }
        await this.delivery.spend({ event: 'spend-confirmed', outpoint, tx, block: ref }, about)
      }
    }
  }

  private async unconfirm(watched: Watched): Promise<void> {
    const { confirmed, outpoint } = watched
    if (confirmed === null) return
    this.coins.setConfirmed(watched, null)
    this.coins.doubt(watched)
    const { txid, block } = confirmed
    const about = { watched, payments: [], position: null }
    await this.delivery.spend({ event: 'spend-unconfirmed', outpoint, txid, block }, about)
  }
}

/**
 * In the reverse of the order in which they were told. After a restart that is not known: but what spends an output of another
 * comes before it in any case.
 */
function fromLast(undone: readonly Watched[]): Watched[] {
  const spending = new Map<string, Watched[]>()
  for (const watched of undone) {
    const { txid } = splitOutpoint(watched.outpoint)
    const others = spending.get(txid)
    if (others === undefined) spending.set(txid, [watched])
    else others.push(watched)
  }
  const ordered = new Set<Watched>()
  const stack = undone.toSorted((a, b) => a.changedAt - b.changedAt)
  for (let watched = stack.at(-1); watched !== undefined; watched = stack.at(-1)) {
    const self = watched
    // A coinbase is its own: it stands for the coin that it would spend.
    const first = (spending.get(self.confirmed?.txid ?? '') ?? []).filter((one) => one !== self && !ordered.has(one))
    if (first.length > 0) {
      stack.push(...first)
      continue
    }
    ordered.add(self)
    stack.pop()
  }
  return [...ordered]
}
