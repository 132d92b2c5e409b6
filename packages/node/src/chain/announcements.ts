import { ChainError } from './errors.ts'
import type { Follower } from './follower.ts'
import type { Mempool } from './mempool.ts'
import type { ChainLog, SyncLoop } from './sync-loop.ts'
import type { WatchSet } from './watch-set.ts'
import type { SequenceNotice, ZmqHandlers } from './zmq.ts'

export interface AnnouncementModules {
  readonly follower: Follower
  readonly mempool: Mempool
  readonly watchSet: WatchSet
  readonly syncLoop: SyncLoop
  readonly log: ChainLog | null
}

/** A block may bring a theft: the answer to it comes before questions that can wait. */
const LOOK_AFTER_BLOCK_MS = 100

/** What becomes of what bitcoind publishes: told at once where that is certain, else a round of questions. */
export function createAnnouncementHandlers(modules: AnnouncementModules): ZmqHandlers {
  const { follower, mempool, watchSet, syncLoop, log } = modules

  function onGap(reason: string): void {
    log?.info({ reason }, 'zmq-gap')
    watchSet.doubtAll()
    syncLoop.ring()
  }

  /** Bytes that cannot be read are asked for over RPC: ZMQ promises nothing. */
  async function decoded<T>(work: Promise<T>): Promise<T | null> {
    try {
      return await work
    } catch (error) {
      if (!(error instanceof ChainError) || error.code === 'stopped') throw error
      onGap(error.code)
      return null
    }
  }

  return {
    onGap,

    async onBlock(bytes) {
      const isNext = await decoded(follower.offer(bytes)) ?? false
      // Also when it was the next one: it may be an old announcement, and health goes by blocks.
      syncLoop.ring(isNext ? LOOK_AFTER_BLOCK_MS : 0)
    },

    async onTransaction(bytes) {
      await decoded(mempool.onTransaction(bytes))
    },

    async onSequence(notice: SequenceNotice) {
      switch (notice.kind) {
        case 'accepted':
          return mempool.onAccepted(notice.txid)
        case 'removed':
          return mempool.onRemoved(notice.txid)
        case 'disconnected':
          return syncLoop.ring()
        case 'connected':
          // The block itself is announced, too, unless another follows at once.
          return undefined
      }
    },
  }
}
