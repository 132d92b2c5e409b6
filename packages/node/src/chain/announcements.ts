import { ChainError, type ChainErrorCode } from './errors.ts'
import type { Follower } from './follower/follower.ts'
import type { Mempool } from './mempool/mempool.ts'
import type { ChainLog, SyncLoop } from './sync-loop.ts'
import type { GapReason, SequenceNotice, ZmqHandlers } from './sources/index.ts'

export interface AnnouncementModules {
  readonly follower: Follower
  readonly mempool: Mempool
  readonly syncLoop: SyncLoop
  readonly log: ChainLog | null
}

/** A block may bring a theft: the answer to it comes before questions that can wait. */
const LOOK_AFTER_BLOCK_MS = 100

/** What becomes of what bitcoind publishes: told at once where that is certain, else a round of questions. */
export function createAnnouncementHandlers(modules: AnnouncementModules): ZmqHandlers {
  const { follower, mempool, syncLoop, log } = modules

  /**
   * What was missed is found and told before the next message is taken. Not at the first one of a connection: the round that
   * is under way then may lead through thousands of blocks, and what it tells is later than whatever was missed.
   */
  function onGap(reason: GapReason | ChainErrorCode): Promise<void> | undefined {
    log?.info({ reason }, 'zmq-gap')
    mempool.onGap()
    if (reason !== 'first') return syncLoop.ringAndWait()
    syncLoop.ring()
    return undefined
  }

  /** Bytes that cannot be read are asked for over RPC: ZMQ promises nothing. */
  function onUnreadable(error: unknown): Promise<void> | undefined {
    if (!(error instanceof ChainError) || error.code === 'stopped') throw error
    return onGap(error.code)
  }

  return {
    onGap: ({ reason }) => onGap(reason),

    async onBlock(bytes) {
      try {
        // Also when it was the next one: it may be an old announcement, and health goes by blocks.
        syncLoop.ring(await follower.offer(bytes) ? LOOK_AFTER_BLOCK_MS : 0)
      } catch (error) {
        await onUnreadable(error)
      }
    },

    onTransaction(bytes) {
      try {
        return mempool.onTransaction(bytes)
      } catch (error) {
        return onUnreadable(error)
      }
    },

    onSequence(notice: SequenceNotice) {
      switch (notice.kind) {
        case 'accepted':
          return mempool.onAccepted(notice.txid)
        case 'removed':
          mempool.onRemoved(notice.txid)
          return undefined
        case 'disconnected':
          syncLoop.ring()
          return undefined
        case 'connected':
          // The block itself is announced, too, unless another follows at once.
          return undefined
      }
    },
  }
}
