import type { Bitcoind, CallOptions } from '@belfry/bitcoind'
import type { BlockRef } from '@belfry/protocol'
import type { Outpoint } from '@belfry/protocol/primitives'
import { createAnnouncementHandlers } from './announcements.ts'
import type { ChainInit, ChainStart } from './chain.ts'
import type { ChainCounters } from './counters.ts'
import { ChainError } from './errors.ts'
import { type ChainSink, Delivery, type MovementSink } from './events/delivery.ts'
import { ChainView } from './follower/chain-view.ts'
import { Follower } from './follower/follower.ts'
import { HeaderLog } from './follower/header-log.ts'
import { PastBlocks } from './follower/past-blocks.ts'
import { type Unseen, UnseenBlocks } from './follower/unseen-blocks.ts'
import { HealthWatch } from './health.ts'
import { Mempool } from './mempool/mempool.ts'
import { MempoolReading } from './mempool/reading.ts'
import { BlockScanner } from './serial/index.ts'
import { createTxidHasher } from './hashing/index.ts'
import { AnnouncedBlocks, BlockSources, createRestSource, createRpcSource, ZmqSubscriber } from './sources/index.ts'
import { type ChainLog, SyncLoop, type Timing } from './sync-loop.ts'
import { MAX_STATES, WatchedCoins } from './watched/index.ts'
import { WatchSet } from './watch-set/index.ts'

export interface WatcherOptions extends Omit<ChainInit, 'timing'> {
  readonly timing: Timing
  readonly from: ChainStart
}

export interface WatcherModules {
  readonly bitcoind: Bitcoind
  readonly log?: ChainLog
  readonly sink: ChainSink
  readonly counters: ChainCounters
  readonly signal: AbortSignal
}

/** All parts of a running chain watcher. */
export interface Watcher {
  /** Until the signal is aborted. @param onEnd called when the first of its loops ends */
  run(onEnd: () => void): Promise<void>
  watch(outpoints: readonly Outpoint[]): Promise<BlockRef>
  unwatch(outpoints: readonly Outpoint[]): void
  readonly past: PastBlocks
  unseen(): Unseen | null
}

/** Where nobody watches anything but vaults. */
const NO_MOVEMENTS: MovementSink = {
  extend: () => [], tell: () => [], known: () => [], found: () => [], gone: () => [], connected: () => [],
}

/** @throws ChainError too-many-watched */
export function assembleWatcher(options: WatcherOptions, modules: WatcherModules): Watcher {
  const { timing, from, genesis } = options
  const { bitcoind, sink, counters, signal, log = null } = modules
  const call: CallOptions = { signal, timeout_ms: timing.call_timeout_ms }

  const watchSet = options.watchSet ?? new WatchSet()
  const coins = new WatchedCoins(watchSet, MAX_STATES, (outpoint) => {
    counters.movements_without_room += 1
    if (counters.movements_without_room === 1) log?.error({ outpoint }, 'wallets-without-room')
  })
  // First: what is stored here may be older than what the core knows, which does not mind being told again.
  const movements = options.movements?.({ coins, watchSet }) ?? NO_MOVEMENTS
  coins.add(from.watched, 'core')
  const headers = new HeaderLog()
  const gap = headers.load(from.headers ?? [], from.position)
  if (gap !== null) log?.error(gap, 'header-log-gap')
  const delivery = new Delivery(from.position, { sink, movements, signal, counters })
  const scanner = new BlockScanner(watchSet, options.hasher ?? createTxidHasher())
  const recent = [...from.recent, ...headers.all().map(({ height, hash }) => ({ height, hash }))]
  const view = new ChainView({ position: from.position, recent }, { coins, scanner, headers, delivery })
  const health = new HealthWatch({ bitcoind, delivery, call, genesis })
  const isRightChain = (): Promise<boolean> => health.isRightChain()
  const unseen = new UnseenBlocks({ bitcoind, coins, counters, call, log })
  const announced = new AnnouncedBlocks()
  const sources = new BlockSources([announced, createRestSource(bitcoind), createRpcSource(bitcoind)])
  const follower = new Follower({ bitcoind, view, announced, sources, unseen, counters, call, isRightChain })
  const wake = (after_ms: number): void => syncLoop.ring(after_ms)
  const reading = new MempoolReading({ bitcoind, watchSet, coins, scanner, call })
  const mempool = new Mempool({ bitcoind, coins, scanner, reading, view, delivery, counters, call, wake })
  const zmq = options.zmq === null ? null : new ZmqSubscriber(options.zmq, { counters, signal })
  const syncLoop = new SyncLoop(timing, { follower, mempool, health, view, coins, counters, zmq, log, signal })
  const past = new PastBlocks({ view, coins, scanner, reading, delivery, wake: () => wake(0) })
  const handlers = createAnnouncementHandlers({ follower, mempool, syncLoop, log })

  return {
    async run(onEnd) {
      const loops = [syncLoop.run(), ...zmq === null ? [] : [zmq.run(handlers)]]
      const ends = await Promise.allSettled(loops.map((loop) => loop.finally(onEnd)))
      for (const end of ends) if (end.status === 'rejected' && !isStop(end.reason)) throw end.reason
    },

    async watch(outpoints) {
      const added = outpoints.map((outpoint) => ({ outpoint, mempool_txid: null, confirmed: null }))
      coins.add(added, 'core')
      syncLoop.ring()
      return view.tip ?? view.firstTip(signal)
    },

    unwatch(outpoints) {
      for (const outpoint of outpoints) coins.remove(outpoint, 'core')
    },

    past,
    unseen: () => unseen.all,
  }
}

function isStop(error: unknown): boolean {
  return error instanceof ChainError && error.code === 'stopped'
}
