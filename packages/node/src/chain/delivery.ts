import type { BlockRef, ChainEvent } from '@belfry/protocol'
import type { ChainCounters } from './counters.ts'
import { ChainError } from './errors.ts'

/**
 * Takes one event. The position is where to start from again once this event is stored: the last block whose
 * `block-connected` was delivered. Null only for `chain-health` before bitcoind was first reached.
 * @returns a promise to make the chain wait; nothing more is delivered until it is settled
 */
export type ChainSink = (event: ChainEvent, position: BlockRef | null) => void | Promise<void>

/** Hands events to the sink one by one, and lets one change of the view happen at a time. */
export class Delivery {
  /** What the next event is delivered with. */
  position: BlockRef | null
  private readonly sink: ChainSink
  private readonly signal: AbortSignal
  private readonly counters: ChainCounters
  private lastTurn: Promise<void> = Promise.resolve()

  constructor(
    position: BlockRef | null,
    modules: { sink: ChainSink; signal: AbortSignal; counters: ChainCounters },
  ) {
    this.position = position
    this.sink = modules.sink
    this.signal = modules.signal
    this.counters = modules.counters
  }

  /**
   * Runs a change of the view when those before it are done. Whoever waits here are the few loops of the chain, so that
   * the queue is bounded by their number. Not to be called within a turn.
   * @throws ChainError stopped
   */
  async turn<T>(change: () => Promise<T>): Promise<T> {
    const before = this.lastTurn
    const { promise, resolve } = Promise.withResolvers<void>()
    this.lastTurn = promise
    await before
    try {
      this.throwIfStopped()
      return await change()
    } finally {
      resolve()
    }
  }

  /** Only within a turn. @throws ChainError stopped, or what the sink throws */
  async deliver(event: ChainEvent): Promise<void> {
    this.throwIfStopped()
    this.counters.events[event.event] += 1
    const waiting = this.sink(event, this.position)
    if (waiting !== undefined) await this.unlessStopped(waiting)
  }

  /** A sink that waits for ever must not hold up a stop. */
  private async unlessStopped(waiting: Promise<void>): Promise<void> {
    const { promise: stopped, resolve: stop } = Promise.withResolvers<void>()
    const onAbort = (): void => stop()
    this.signal.addEventListener('abort', onAbort, { once: true })
    try {
      await Promise.race([waiting, stopped])
    } finally {
      this.signal.removeEventListener('abort', onAbort)
    }
    this.throwIfStopped()
  }

  private throwIfStopped(): void {
    if (this.signal.aborted) throw new ChainError('stopped', 'the chain watcher was stopped')
  }
}
