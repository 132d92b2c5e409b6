import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { type Bitcoind, BitcoindError, type CallOptions } from '@belfry/bitcoind'
import type { BlockRef } from '@belfry/protocol'
import type { Height } from '@belfry/protocol/primitives'
import {
  BlockSources, type Chain, ChainError, createRestSource, createRpcSource, fetchAhead, type FetchOutcome, hashesFrom,
  type SourcedBlock, type Wanted, type WatchSet,
} from '../chain/index.ts'
import type { Logger } from '../logging/index.ts'
import { progressOf, type ScanPlan, type WatchBook } from '../wallets/index.ts'

export interface RescanOptions {
  /** Between two tries where bitcoind does not answer, or follows another chain than was told here. Default 5,000. */
  readonly retry_ms?: number
}

export interface RescanModules {
  readonly bitcoind: Bitcoind
  /** Has been started. */
  readonly chain: Pick<Chain, 'watch' | 'past'>
  readonly watches: WatchBook
  /** What the chain watcher searches by. */
  readonly watchSet: WatchSet
  readonly logger: Logger
  readonly signal: AbortSignal
}

const DEFAULT_RETRY_MS = 5_000
const CALL_TIMEOUT_MS = 30_000
/** Half of what bitcoind is asked at once: the follower is not to wait for this. */
const FETCHES_AT_ONCE = 2
const MAX_BLOCKS_AHEAD = 4
/** How far a search has come is written after so many blocks, or so long; what is found, at once. */
const BLOCKS_AT_ONCE = 100
const NOTE_MS = 1_000
const LOG_MS = 10_000

/** Searches old blocks for what was put on the list of what is watched with a birth height, beside all other work. */
export class Rescan {
  private readonly modules: RescanModules
  private readonly retry_ms: number
  private readonly sources: BlockSources
  private readonly call: CallOptions
  /** Blocks. */
  private searched = 0
  private noted_ms = 0
  private logged_ms = performance.now()
  /** What was logged last, so that each trouble is logged once. */
  private lastTrouble = ''

  constructor({ retry_ms = DEFAULT_RETRY_MS }: RescanOptions, modules: RescanModules) {
    this.modules = modules
    this.retry_ms = retry_ms
    this.sources = new BlockSources([createRestSource(modules.bitcoind), createRpcSource(modules.bitcoind)])
    this.call = { signal: modules.signal, timeout_ms: CALL_TIMEOUT_MS }
  }

  /** Until all is searched, or the signal is aborted. @throws what storing throws, or a bug of ours */
  async run(): Promise<void> {
    try {
      await this.searchAll()
    } catch (error) {
      if (!this.modules.signal.aborted && !isStop(error)) throw error
    }
  }

  private async searchAll(): Promise<void> {
    const { chain, watches, logger, signal } = this.modules
    const { height } = await unlessAborted(chain.watch([]), signal)
    await chain.past().note(() => watches.beginScans(height))
    let plan = watches.nextScan()
    if (plan === null) return
    logger.info('rescan-begun', { from: plan.from, to: height })
    for (; plan !== null; plan = watches.nextScan()) {
      if (!await this.attempt(plan)) await sleep(this.retry_ms, undefined, { signal })
    }
    chain.past().end()
    logger.info('rescan-ended', { blocks: this.searched })
  }

  /** @returns false where it is to be tried again, but not at once */
  private async attempt(plan: ScanPlan): Promise<boolean> {
    try {
      const isDone = await this.passPruned(plan) || await this.search(plan)
      if (isDone) this.lastTrouble = ''
      return isDone
    } catch (error) {
      if (!(error instanceof BitcoindError || error instanceof ChainError) || isStop(error)) throw error
      const { code, message, remedy } = error
      if (!this.modules.signal.aborted && code !== this.lastTrouble) {
        this.modules.logger.warn('rescan-waits', { code, reason: message, remedy })
      }
      this.lastTrouble = code
      return false
    }
  }

  /** @returns whether there was anything to pass over */
  private async passPruned(plan: ScanPlan): Promise<boolean> {
    const { bitcoind, chain, watches, logger } = this.modules
    const { pruneHeight } = await bitcoind.getBlockchainInfo(this.call)
    if (pruneHeight === null || pruneHeight <= plan.from) return false
    const through = Math.min(pruneHeight - 1, plan.to) as Height
    await chain.past().note((tip) => watches.notAvailable(plan, through, tip ?? through))
    logger.error('rescan-blocks-pruned', { from: plan.from, to: through, watches: plan.watches })
    return true
  }

  /** @returns false where bitcoind's chain is another, for now, than was told here */
  private async search(plan: ScanPlan): Promise<boolean> {
    const wanted = this.wantedBy(plan)
    const ahead = { ...this.call, atOnce: FETCHES_AT_ONCE, maxBlocks: MAX_BLOCKS_AHEAD }
    let { from } = plan
    let before: SourcedBlock | null = null
    let height = from
    this.noted_ms = performance.now()
    for await (const { outcome } of fetchAhead(hashesFrom(this.modules.bitcoind, plan, this.call), this.sources, ahead)) {
      const block = blockIn(outcome)
      // Each joins on to the one before, so that it is enough to know of the last that it is in the chain.
      if (before !== null && block.previous !== before.hash) return false
      const rest = { ...plan, from }
      if (this.concern(block, wanted) || this.isDue(height, rest)) {
        if (!await this.searchIn(block, { height, hash: block.hash }, wanted, rest)) return false
        from = height + 1 as Height
        this.noted_ms = performance.now()
      }
      this.logProgress(plan)
      before = block
      height = height + 1 as Height
      await nextTurn()
    }
    return height > plan.to
  }

  private isDue(height: Height, { from, to }: ScanPlan): boolean {
    return height === to || height - from + 1 >= BLOCKS_AT_ONCE || performance.now() - this.noted_ms >= NOTE_MS
  }

  private concern(block: SourcedBlock, wanted: Wanted): boolean {
    try {
      return this.modules.chain.past().concern(block, wanted)
    } catch (error) {
      if (error instanceof ChainError && !isStop(error)) this.sources.reject(block)
      throw error
    }
  }

  /** Up to this block the plan is carried out then, in one batch with all that was found. */
  private async searchIn(block: SourcedBlock, ref: BlockRef, wanted: Wanted, plan: ScanPlan): Promise<boolean> {
    const { bitcoind, chain, watches } = this.modules
    if (await bitcoind.getBlockHash(ref.height, this.call) !== ref.hash) return false
    const isThere = await chain.past().search(block, ref, wanted, (tip) => watches.scanned(plan, ref.height, tip))
    if (isThere) this.searched += ref.height - plan.from + 1
    return isThere
  }

  private wantedBy({ watches: ids }: ScanPlan): Wanted {
    const { watches, watchSet } = this.modules
    const wanted = new Set(ids)
    const coins = new Set(ids.map((id) => watches.get(id)?.scripts.outpoint))
    return {
      isScript: (script) => watches.placesOf(watchSet.scripts.scriptOf(script)).some(({ watch }) => wanted.has(watch)),
      isCoin: (outpoint) => coins.has(outpoint),
    }
  }

  private logProgress({ watches: [id] }: ScanPlan): void {
    const now = performance.now()
    const entry = id === undefined ? null : this.modules.watches.get(id)
    if (entry === null || now - this.logged_ms < LOG_MS) return
    this.logged_ms = now
    const { height, of_height, percent } = progressOf(entry.watch)
    this.modules.logger.info('rescan-progress', { height, of_height, percent })
  }
}

/** @throws BitcoindError, ChainError where it cannot be had now */
function blockIn(outcome: FetchOutcome): SourcedBlock {
  switch (outcome.kind) {
    case 'block':
      return outcome.block
    case 'not-there':
      throw new ChainError('block-missing', 'bitcoind does not have a block that is to be searched')
    case 'not-now':
      throw outcome.error
  }
}

/** A bitcoind that never comes to a chain of ours must not hold up a stop. @throws the signal's reason */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason)
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}

function isStop(error: unknown): boolean {
  return error instanceof ChainError && error.code === 'stopped'
}
