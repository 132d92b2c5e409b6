import type { Bitcoind, CallOptions } from '@belfry/bitcoind'
import type { BlockRef } from '@belfry/protocol'
import type { Height, Outpoint } from '@belfry/protocol/primitives'
import type { ChainCounters } from '../counters.ts'
import type { ChainLog } from '../sync-loop.ts'
import { isCoinbase, type WatchedCoins } from '../watched/index.ts'

/** What nobody saw, since this process began. */
export interface Unseen {
  readonly from: Height
  readonly to: Height
  /** Watched coins that are spent now, and of whose spending nothing was seen. */
  readonly spent: readonly Outpoint[]
}

export interface UnseenBlocksModules {
  readonly bitcoind: Bitcoind
  readonly coins: WatchedCoins
  readonly counters: ChainCounters
  readonly call: CallOptions
  readonly log: ChainLog | null
}

/** Each in the log by name; above it their number says enough. */
const MAX_SPENT_NAMED = 1_000
const QUESTIONS_AT_ONCE = 4
/** Of coins on lists, of which nothing was told: some seconds of questions. What is not asked for is counted, and said. */
const MAX_LISTED_ASKED = 20_000

/**
 * Blocks that bitcoind pruned before they were read. What was spent in them cannot be told, for nobody has the transaction;
 * which coins are gone can, and is said loudly.
 */
export class UnseenBlocks {
  private readonly modules: UnseenBlocksModules
  private first: Height | null = null
  private last: Height | null = null
  private spent: readonly Outpoint[] = []
  private hasLooked = true

  constructor(modules: UnseenBlocksModules) {
    this.modules = modules
  }

  /** Null where all blocks were seen. */
  get all(): Unseen | null {
    return this.first === null || this.last === null ? null : { from: this.first, to: this.last, spent: this.spent }
  }

  add({ height }: BlockRef): void {
    this.modules.counters.blocks_unseen += 1
    if (this.first === null) this.modules.log?.error({ from: height }, 'blocks-unseen')
    this.first ??= height
    this.last = height
    this.hasLooked = false
  }

  /** At bitcoind's tip: which of the coins are neither in the chain's set of coins nor told as spent. */
  async lookForSpent(): Promise<void> {
    if (this.hasLooked) return
    const { coins, bitcoind, call, log } = this.modules
    const known = coins.all().filter((one) => one.confirmed === null && !isCoinbase(one)).map(({ outpoint }) => outpoint)
    const listed = coins.withoutState(MAX_LISTED_ASKED)
    const asked = [...known, ...listed]
    const spent: Outpoint[] = []
    for (let i = 0; i < asked.length; i += QUESTIONS_AT_ONCE) {
      await Promise.all(asked.slice(i, i + QUESTIONS_AT_ONCE).map(async (outpoint) => {
        if (await bitcoind.getTxOut(outpoint, false, call) === null) spent.push(outpoint)
      }))
    }
    this.spent = spent.slice(0, MAX_SPENT_NAMED)
    this.hasLooked = true
    const not_asked = coins.unspoken - listed.length
    log?.error({ from: this.first, to: this.last, spent_or_never_there: spent.length, not_asked, outpoints: this.spent }, 'blocks-unseen')
  }
}
