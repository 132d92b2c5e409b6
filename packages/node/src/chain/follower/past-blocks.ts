import type { BlockRef } from '@belfry/protocol'
import type { Height, Outpoint } from '@belfry/protocol/primitives'
import type { Rider } from '@belfry/runtime'
import type { Delivery, FoundFacts } from '../events/delivery.ts'
import type { MempoolReading } from '../mempool/reading.ts'
import { type BlockBytes, type BlockScanner, describeSpend } from '../serial/index.ts'
import { concernedBy, findInBlock, type FoundTransaction, type WatchedCoins } from '../watched/index.ts'
import type { ChainView } from './chain-view.ts'

/** What a block is searched for; the rest was watched when the block came. */
export interface Wanted {
  /** @param script its number in the table of scripts */
  readonly isScript: (script: number) => boolean
  /** Of a coin of which nothing was told. */
  readonly isCoin: (outpoint: Outpoint) => boolean
}

export interface PastBlocksModules {
  readonly view: ChainView
  readonly coins: WatchedCoins
  readonly scanner: BlockScanner
  readonly reading: MempoolReading
  readonly delivery: Delivery
  /** Asks for a round of questions. */
  readonly wake: () => void
}

/**
 * Searches blocks up to the tip for what was not watched when they were told. What is found is told of wallets alone, as if it
 * had just been confirmed, and watched from then on: so blocks are to be searched from the lowest up, to the tip.
 */
export class PastBlocks {
  private readonly modules: PastBlocksModules
  private hasLearnt = false

  constructor(modules: PastBlocksModules) {
    this.modules = modules
  }

  /**
   * Whether there is anything to be found. Tells nothing.
   * @throws ChainError truncated, malformed, trailing-bytes
   */
  concern({ bytes }: BlockBytes, wanted: Wanted): boolean {
    return findInBlock(this.modules.scanner, bytes).some((one) => this.isConcerned(one, wanted))
  }

  /**
   * Tells what of the block was not told.
   * @param ref whoever calls has found it to be in bitcoind's chain just now
   * @param rows asked for when all is told, and stored with that or not at all
   * @returns false when the block is not in the chain (any more) as it was told here: nothing is told or stored then
   * @throws ChainError truncated, malformed, trailing-bytes, before anything is told; stopped
   */
  search(block: BlockBytes, ref: BlockRef, wanted: Wanted, rows: (tip: Height) => readonly Rider[]): Promise<boolean> {
    const { view, coins, delivery } = this.modules
    return delivery.turn(async () => {
      const { tip } = view
      if (tip === null || !view.mayHold(ref)) return false
      let additions: number
      do {
        additions = coins.additions
        await this.tell(block, ref, wanted)
        // What was found is watched now, and may be spent in this very block.
      } while (coins.additions > additions)
      delivery.ride(rows(tip.height))
      delivery.searched(tip)
      return true
    })
  }

  /** Stores rows in turn with what is told. @throws ChainError stopped */
  note(rows: (tip: Height | null) => readonly Rider[]): Promise<void> {
    const { view, delivery } = this.modules
    return delivery.turn(async () => delivery.ride(rows(view.tip?.height ?? null)))
  }

  /** After the last search: what is watched since the first may be in the mempool. */
  end(): void {
    if (!this.hasLearnt) return
    this.hasLearnt = false
    this.modules.reading.forgetAll()
    this.modules.wake()
  }

  private isConcerned({ spends, payments }: FoundTransaction, wanted: Wanted): boolean {
    return payments.some(({ script }) => wanted.isScript(script)) || spends.some((outpoint) => this.isWantedSpend(outpoint, wanted))
  }

  /** Of most coins on a list nothing was told, and nothing is to be: their list says nothing of the past. */
  private isWantedSpend(outpoint: Outpoint, { isCoin }: Wanted): boolean {
    return this.modules.coins.get(outpoint) !== null || isCoin(outpoint)
  }

  /** A payment may have a wallet look for more scripts, which the same block may pay. */
  private find({ bytes }: BlockBytes, wanted: Wanted): FoundTransaction[] {
    const { scanner, delivery } = this.modules
    for (;;) {
      const found = findInBlock(scanner, bytes).filter((one) => this.isConcerned(one, wanted))
      const payments = found.flatMap((one) => one.payments.filter(({ script }) => wanted.isScript(script)))
      if (!delivery.extend([{ payments }])) return found
      this.hasLearnt = true
    }
  }

  private async tell(block: BlockBytes, ref: BlockRef, wanted: Wanted): Promise<void> {
    const { coins, delivery } = this.modules
    const isWanted: FoundFacts['isWanted'] = ({ script }) => wanted.isScript(script)
    for (const one of this.find(block, wanted)) {
      const { payments, position } = one
      const tx = describeSpend(block.bytes, one.layout, null)
      const narrowed = {
        ...one,
        spends: one.spends.filter((outpoint) => this.isWantedSpend(outpoint, wanted)),
        payments: payments.filter(isWanted),
      }
      for (const watched of concernedBy(narrowed, block.bytes, tx.txid, coins)) {
        const { outpoint, mempool, confirmed, owners } = watched
        const isKnown = confirmed?.block.hash === ref.hash
        // One chain spends a coin once: what was told of another block is about to be undone. And of a coin that the core
        // guards, it is the follower that knows.
        if (!coins.holds(watched) || !isKnown && (confirmed !== null || owners.has('core'))) continue
        if (!isKnown) coins.setConfirmed(watched, { txid: tx.txid, block: ref })
        if (mempool !== null && mempool.txid !== tx.txid) {
          await delivery.spend({ event: 'spend-replaced', outpoint, old_txid: mempool.txid, tx }, { watched, payments, position })
        }
        delivery.found({ event: 'spend-confirmed', outpoint, tx, block: ref }, { watched, payments, position, isKnown, isWanted })
        this.hasLearnt = true
      }
    }
  }
}
