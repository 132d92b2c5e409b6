import type { Bitcoind, CallOptions } from '@belfry/bitcoind'
import type { BlockRef } from '@belfry/protocol'
import type { Outpoint } from '@belfry/protocol/primitives'
import { createAnnouncementHandlers } from './announcements.ts'
import type { ChainInit, ChainStart } from './chain.ts'
import { ChainView } from './chain-view.ts'
import type { ChainCounters } from './counters.ts'
import { type ChainSink, Delivery } from './delivery.ts'
import { ChainError } from './errors.ts'
import { Follower } from './follower.ts'
import { HealthWatch } from './health.ts'
import { Mempool } from './mempool.ts'
import { type ChainLog, SyncLoop, type Timing } from './sync-loop.ts'
import { WatchSet } from './watch-set.ts'
import { ZmqSubscriber } from './zmq.ts'

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
}

/** @throws ChainError too-many-watched */
export function assembleWatcher(options: WatcherOptions, modules: WatcherModules): Watcher {
  const { timing, from, genesis } = options
  const { bitcoind, sink, counters, signal, log = null } = modules
  const call: CallOptions = { signal, timeout_ms: timing.call_timeout_ms }

  const watchSet = new WatchSet()
  watchSet.add(from.watched)
  const delivery = new Delivery(from.position, { sink, signal, counters })
  const view = new ChainView(from, { watchSet, delivery })
  const health = new HealthWatch({ bitcoind, delivery, call, genesis })
  const isRightChain = (): Promise<boolean> => health.isRightChain()
  const follower = new Follower({ bitcoind, view, counters, call, isRightChain })
  const wake = (after_ms: number): void => syncLoop.ring(after_ms)
  const mempool = new Mempool({ bitcoind, watchSet, view, delivery, counters, call, wake })
  const zmq = options.zmq === null ? null : new ZmqSubscriber(options.zmq, { counters, signal })
  const syncLoop = new SyncLoop(timing, { follower, mempool, health, view, watchSet, counters, zmq, log, signal })
  const handlers = createAnnouncementHandlers({ follower, mempool, watchSet, syncLoop, log })

  return {
    async run(onEnd) {
      const loops = [syncLoop.run(), ...zmq === null ? [] : [zmq.run(handlers)]]
      const ends = await Promise.allSettled(loops.map((loop) => loop.finally(onEnd)))
      for (const end of ends) if (end.status === 'rejected' && !isStop(end.reason)) throw end.reason
    },

    async watch(outpoints) {
      const added = outpoints.map((outpoint) => ({ outpoint, mempool_txid: null, confirmed: null }))
      watchSet.add(added)
      syncLoop.ring()
      return view.tip ?? view.firstTip(signal)
    },

    unwatch(outpoints) {
      for (const outpoint of outpoints) watchSet.remove(outpoint)
    },
  }
}

function isStop(error: unknown): boolean {
  return error instanceof ChainError && error.code === 'stopped'
}
