import type { Bitcoind } from '@belfry/bitcoind'
import type { BlockRef, WatchedOutpoint } from '@belfry/protocol'
import { type BlockHash, invariant, type Outpoint } from '@belfry/protocol/primitives'
import { type ChainCounters, createCounters } from './counters.ts'
import { ChainError } from './errors.ts'
import type { TxidHasher } from './hashing/index.ts'
import type { ChainSink, MovementSink } from './events/delivery.ts'
import type { HeaderRow } from './follower/header-log.ts'
import type { PastBlocks } from './follower/past-blocks.ts'
import type { Unseen } from './follower/unseen-blocks.ts'
import { type ChainLog, DEFAULT_TIMING, type Timing } from './sync-loop.ts'
import { assembleWatcher, type Watcher } from './watcher.ts'
import type { WatchSet } from './watch-set/index.ts'
import type { WatchedCoins } from './watched/index.ts'
import type { ZmqAddresses } from './sources/index.ts'

export interface ChainInit {
  /** Of the network that this node is for: another bitcoind is told as `wrong-chain`, and not followed. */
  readonly genesis: BlockHash
  /** Null: bitcoind is only asked, each `poll_ms`. */
  readonly zmq: ZmqAddresses | null
  readonly timing?: Partial<Timing>
  /** Default: one of its own, which nobody has warmed up. */
  readonly hasher?: TxidHasher
  /** What wallets watch, as it was loaded; the watcher adds to it. Default: nothing. */
  readonly watchSet?: WatchSet
  /** Makes who is told what concerns wallets. Default: nobody. */
  readonly movements?: (modules: { readonly coins: WatchedCoins; readonly watchSet: WatchSet }) => MovementSink
}

export interface ChainComponents {
  /** Stays the caller's, who closes it after `stop`. */
  readonly bitcoind: Bitcoind
  readonly log?: ChainLog
}

export interface ChainStart {
  /** Of the last event that was stored; null at the very first start. */
  readonly position: BlockRef | null
  /** Blocks before it, for when bitcoind has lost them: in any order, and of use as far as there is no hole. */
  readonly recent: readonly BlockRef[]
  readonly watched: readonly WatchedOutpoint[]
  /** The rows of the header log, in the order of their keys. Default: none. */
  readonly headers?: readonly HeaderRow[]
}

/** Belfry's view of bitcoind's chain and mempool, as events. */
export interface Chain {
  /**
   * Tells everything that happened after the position, then what happens. Without a position the first block told is
   * bitcoind's best one, once it has the chain. What the watched outpoints say to be known is not told again; what is
   * so no longer is told. Once only.
   * @throws ChainError too-many-watched
   */
  start(from: ChainStart, sink: ChainSink): void
  /**
   * Watches more outpoints. A spend that is in the mempool already is told soon after as `spend-seen`; one in a block
   * up to the answer is not told. Those watched already stay as they are. The sink may call this, also during a block:
   * then that block is searched for them, too.
   * @returns the block after which every spend in a block is told: at once, but at the very first start only when
   * bitcoind has the chain
   * @throws ChainError too-many-watched (none is added), stopped
   */
  watch(outpoints: readonly Outpoint[]): Promise<BlockRef>
  /** Nothing is told of them any more. */
  unwatch(outpoints: readonly Outpoint[]): void
  /** For blocks that were told before all was watched that is now. @throws ChainError stopped */
  past(): PastBlocks
  /** Nothing is told any more when this returns. Not to be awaited by the sink. */
  stop(): Promise<void>
  counters(): Readonly<ChainCounters>
  /** Blocks that nobody here could read, since the start; null where all were read. */
  unseen(): Unseen | null
  /**
   * Settles when the watcher has ended: with the error, when the sink threw or a bug of ours showed. Then nothing is
   * told any more.
   */
  readonly finished: Promise<void>
}

/** Sends nothing before `start`. */
export function createChain(init: ChainInit, components: ChainComponents): Chain {
  const counters = createCounters()
  const abort = new AbortController()
  const finished = Promise.withResolvers<void>()
  let watcher: Watcher | null = null

  function running(): Watcher {
    if (watcher === null || abort.signal.aborted) throw new ChainError('stopped', 'the chain watcher does not run')
    return watcher
  }

  return {
    finished: finished.promise,
    counters: () => counters,
    unseen: () => watcher?.unseen() ?? null,

    start(from, sink) {
      invariant(watcher === null && !abort.signal.aborted, 'a chain is started once')
      const timing = { ...DEFAULT_TIMING, ...init.timing }
      watcher = assembleWatcher({ ...init, timing, from }, { ...components, sink, counters, signal: abort.signal })
      // When one of its loops fails, the others have no use.
      watcher.run(() => abort.abort()).then(finished.resolve, finished.reject)
    },

    async watch(outpoints) {
      return running().watch(outpoints)
    },

    unwatch(outpoints) {
      watcher?.unwatch(outpoints)
    },

    past: () => running().past,

    async stop() {
      abort.abort()
      if (watcher === null) finished.resolve()
      // Whoever cares for an error has it from `finished`.
      await finished.promise.catch(() => undefined)
    },
  }
}
