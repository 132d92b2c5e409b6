import { BitcoindError } from '@belfry/bitcoind'
import { Alarm } from './alarm.ts'
import type { ChainCounters } from './counters.ts'
import { ChainError } from './errors.ts'
import type { ChainView } from './follower/chain-view.ts'
import type { Follower } from './follower/follower.ts'
import type { HealthWatch } from './health.ts'
import type { Mempool } from './mempool/mempool.ts'
import type { WatchedCoins } from './watched/index.ts'
import type { ZmqSubscriber } from './sources/index.ts'

/** A pino logger will do. */
export interface ChainLog {
  info(fields: object, event: string): void
  warn(fields: object, event: string): void
  error(fields: object, event: string): void
}

export interface Timing {
  /** bitcoind is asked for its tip this often, although ZMQ tells it. */
  readonly poll_ms: number
  /** Health is asked for at each block, and this often. */
  readonly health_ms: number
  /**
   * All watched outpoints are looked up in the mempool this often, although ZMQ tells of it; each poll while ZMQ is
   * silent.
   */
  readonly mempool_ms: number
  /** For each question to bitcoind. */
  readonly call_timeout_ms: number
}

export const DEFAULT_TIMING: Timing = { poll_ms: 2_000, health_ms: 30_000, mempool_ms: 60_000, call_timeout_ms: 10_000 }

export interface SyncLoopModules {
  readonly follower: Follower
  readonly mempool: Mempool
  readonly health: HealthWatch
  readonly view: ChainView
  readonly coins: WatchedCoins
  readonly counters: ChainCounters
  /** Null without ZMQ. */
  readonly zmq: Pick<ZmqSubscriber, 'isLive' | 'reopen'> | null
  readonly log: ChainLog | null
  readonly signal: AbortSignal
}

/**
 * When blocks come faster than they are followed, or the mempool changes under every look, there is a pause after so
 * many tries.
 */
const MAX_TRIES = 5
/** A question that failed for being slow or one of many is put again before bitcoind is called unreachable. */
const FAILURES_WITH_PATIENCE = 2

/** Asks bitcoind, in rounds: at each ring, and each `poll_ms`. What ZMQ told already costs next to nothing. */
export class SyncLoop {
  private readonly timing: Timing
  private readonly modules: SyncLoopModules
  private readonly alarm = new Alarm()
  private later: NodeJS.Timeout | null = null
  private healthDue_ms = 0
  private mempoolDue_ms = 0
  private failures = 0
  /** Whoever waits for a round that has not begun: the messages of one socket, so that they are few. */
  private readonly waiting: (() => void)[] = []
  /** What was logged last, so that each trouble is logged once. */
  private lastTrouble = ''
  /** The block that health was asked for at. */
  private healthTip: string | undefined
  /** The round before ended at bitcoind's tip. */
  private wasAtTip = false
  /** A block had to be fetched that ZMQ should have brought: how many messages there were, and when. */
  private suspicion: { readonly messages: number; readonly at_ms: number } | null = null

  constructor(timing: Timing, modules: SyncLoopModules) {
    this.timing = timing
    this.modules = modules
  }

  /** Asks for a round: at once, or when the time is over, whichever is asked for sooner. */
  ring(after_ms = 0): void {
    if (after_ms === 0) this.alarm.ring()
    else this.later ??= setTimeout(() => {
      this.later = null
      this.alarm.ring()
    }, after_ms)
  }

  /** Asks for a round at once, and waits until it has ended, well or not; or until the loop has. */
  async ringAndWait(): Promise<void> {
    if (this.modules.signal.aborted) return
    const ended = Promise.withResolvers<void>()
    this.waiting.push(ended.resolve)
    this.ring()
    await ended.promise
  }

  /** Until the signal is aborted. @throws what the sink throws, or a bug of ours */
  async run(): Promise<void> {
    const { signal } = this.modules
    try {
      while (!signal.aborted) {
        // Those who come during a round wait for the next: what they heard of may have come too late for this one.
        const waiting = this.waiting.splice(0)
        try {
          await this.round()
        } finally {
          for (const end of waiting) end()
        }
        await this.alarm.wait(this.timing.poll_ms, signal)
      }
    } finally {
      for (const end of this.waiting.splice(0)) end()
      if (this.later !== null) clearTimeout(this.later)
    }
  }

  private async round(): Promise<void> {
    const { health, log, counters } = this.modules
    const wasAtTip = this.wasAtTip
    this.wasAtTip = false
    try {
      this.lookAtZmq()
      await this.refreshHealthWhenDue()
      if (health.state === 'wrong-chain' && !await health.isRightChain()) return
      const fetchedBefore = counters.blocks_by_fetch
      this.wasAtTip = await this.synchronise()
      this.failures = 0
      if (wasAtTip && counters.blocks_by_fetch > fetchedBefore) this.suspectZmq()
      if (this.wasAtTip && this.lastTrouble !== '') {
        this.lastTrouble = ''
        log?.info({ tip: this.modules.view.tip }, 'chain-followed-again')
      }
    } catch (error) {
      await this.onTrouble(error)
    }
  }

  /** @returns whether the last block told is bitcoind's best */
  private async synchronise(): Promise<boolean> {
    const { follower, mempool, health, signal } = this.modules
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      let progress = await follower.catchUp()
      while (progress === 'more' && !signal.aborted) {
        await this.refreshHealthWhenDue()
        progress = await follower.catchUp()
      }
      await health.setObstacle(progress === 'bitcoind-behind' ? 'syncing' : null)
      if (progress !== 'at-tip') return false
      await this.refreshHealthWhenDue()
      if (await mempool.pass() !== 'again') return true
    }
    return true
  }

  private async refreshHealthWhenDue(): Promise<void> {
    const { health, view } = this.modules
    const now = performance.now()
    const tip = view.tip?.hash
    const isDue = now >= this.healthDue_ms || health.state === 'unreachable' || health.state === 'wrong-chain'
    if (!isDue && tip === this.healthTip) return
    await health.refresh()
    this.healthTip = tip
    this.healthDue_ms = now + this.timing.health_ms
  }

  private lookAtZmq(): void {
    const { zmq, counters, coins, mempool, log } = this.modules
    const now = performance.now()
    if (this.suspicion !== null && now - this.suspicion.at_ms >= this.timing.poll_ms) {
      if (zmq !== null && counters.zmq_messages === this.suspicion.messages) {
        counters.zmq_silences += 1
        log?.warn({}, 'zmq-silent')
        zmq.reopen()
      }
      this.suspicion = null
    }
    const isDeaf = zmq === null || !zmq.isLive
    if (now < this.mempoolDue_ms && !isDeaf) return
    if (isDeaf) mempool.onGap()
    else coins.doubtAll()
    this.mempoolDue_ms = now + this.timing.mempool_ms
  }

  private suspectZmq(): void {
    this.suspicion ??= { messages: this.modules.counters.zmq_messages, at_ms: performance.now() }
  }

  /** @throws what is neither bitcoind's trouble nor a stop */
  private async onTrouble(error: unknown): Promise<void> {
    const { health, counters, mempool, log, signal } = this.modules
    if (signal.aborted) return
    if (!(error instanceof BitcoindError || error instanceof ChainError)) throw error
    counters.failures += 1
    this.failures += 1
    if (error.code !== this.lastTrouble) {
      this.lastTrouble = error.code
      log?.warn({ code: error.code, reason: error.message, remedy: error.remedy }, 'chain-not-followed')
    }
    if (error instanceof ChainError) {
      await this.tellObstacle(error)
      return
    }
    const mayPass = error.code === 'busy' || error.code === 'timeout'
    if (mayPass && this.failures < FAILURES_WITH_PATIENCE) return
    // It may have been restarted with another mempool.
    mempool.onGap()
    await health.fail()
  }

  private async tellObstacle(error: ChainError): Promise<void> {
    try {
      await this.modules.health.setObstacle(error.code === 'no-common-block' ? 'wrong-chain' : 'syncing')
    } catch (failure) {
      // The next round asks again.
      if (!(failure instanceof BitcoindError)) throw failure
    }
  }
}
