import type { BlockRef, ChainEvent } from '@belfry/protocol'
import type { Rider } from '@belfry/runtime'
import type { ChainCounters } from '../counters.ts'
import { ChainError } from '../errors.ts'
import type { FoundPayment, FoundTransaction, Watched } from '../watched/index.ts'
import type { SpendBy, SpendConfirmed, SpendEvent } from './spend-event.ts'

/** Takes what the chain tells. Nothing more is told until the promise, if there is one, is settled. */
export interface ChainSink {
  /**
   * One event of the core's union. The position is where to start from again once this event is stored: the last block whose
   * `block-connected` was delivered. Null only for `chain-health` before bitcoind was first reached.
   * @param riders the watcher's own rows, which are to be stored with the event or not at all
   */
  readonly event: (event: ChainEvent, position: BlockRef | null, riders: readonly Rider[]) => void | Promise<void>
  /** The watcher's own rows alone. */
  readonly rows: (riders: readonly Rider[]) => void | Promise<void>
}

/** Where is told what concerns wallets. Adds to the watched what it comes to know by it. */
export interface MovementSink {
  /**
   * Scripts are paid, whatever is told of it later: looks for as many more as a wallet's gap limit asks for.
   * @returns rows to be stored; none where nothing was added, which must come in the end
   */
  readonly extend: (payments: readonly FoundPayment[]) => readonly Rider[]
  /** @returns rows to be stored with what is told */
  readonly tell: (event: SpendEvent, about: MovementFacts) => readonly Rider[]
  /**
   * Found in a block that was searched anew: tells what was not told of it.
   * @returns rows to be stored with that
   */
  readonly found: (event: SpendConfirmed, about: FoundFacts) => readonly Rider[]
  /**
   * The spend was told before, and its payments perhaps not: the script may be watched since then.
   * @returns rows to be stored with what is told; none where all was told
   */
  readonly known: (event: SpendBy, about: MovementFacts) => readonly Rider[]
  /** Nothing spends the coin any more: a payment that is followed by it alone is forgotten. */
  readonly gone: (watched: Watched) => readonly Rider[]
  /** After all events of the block; also after those of earlier blocks that were searched anew. */
  readonly connected: (block: BlockRef) => readonly Rider[]
}

export interface MovementFacts {
  readonly watched: Watched
  /** Of the transaction that spends the coin now. */
  readonly payments: readonly FoundPayment[]
  /** The transaction's number in its block; null in the mempool, or where it is left. */
  readonly position: number | null
}

export interface FoundFacts extends MovementFacts {
  /** The spend itself is known, in this very block: of the payments, some may not be. */
  readonly isKnown: boolean
  /** Whether the block is searched for this one of the payments. */
  readonly isWanted: (payment: FoundPayment) => boolean
}

export interface DeliveryModules {
  readonly sink: ChainSink
  readonly movements: MovementSink
  readonly counters: ChainCounters
  readonly signal: AbortSignal
}

/** Hands events to the sinks one by one, and lets one change of the view happen at a time. */
export class Delivery {
  /** What the next event is delivered with. */
  position: BlockRef | null
  private readonly sink: ChainSink
  private readonly movements: MovementSink
  private readonly signal: AbortSignal
  private readonly counters: ChainCounters
  private lastTurn: Promise<void> = Promise.resolve()
  /** Rows of the turn under way. */
  private riders: Rider[] = []

  constructor(position: BlockRef | null, { sink, movements, signal, counters }: DeliveryModules) {
    this.position = position
    this.sink = sink
    this.movements = movements
    this.signal = signal
    this.counters = counters
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
      const changed = await change()
      await this.storeRows()
      return changed
    } finally {
      resolve()
    }
  }

  /** Only within a turn; likewise below. @throws ChainError stopped, or what the sink throws */
  async spend(event: SpendEvent, about: MovementFacts): Promise<void> {
    const { owners } = about.watched
    if (owners.size > 1 || !owners.has('core')) this.ride(this.movements.tell(event, about))
    // With the core's record or not at all: one may not know of the coin what the other does not.
    if (owners.has('core')) await this.tellCore(event, this.takeRiders())
  }

  /** Only within a turn. */
  known(event: SpendBy, about: MovementFacts): void {
    if (about.watched.owners.has('payment')) this.ride(this.movements.known(event, about))
  }

  /** What a search finds below the tip is no news to the core, which watches from the tip on. */
  found(event: SpendConfirmed, about: FoundFacts): void {
    this.ride(this.movements.found(event, about))
  }

  /** After all that was found in the blocks up to the tip. */
  searched(tip: BlockRef): void {
    this.ride(this.movements.connected(tip))
  }

  async health(event: Extract<ChainEvent, { event: 'chain-health' }>): Promise<void> {
    await this.tellCore(event, [])
  }

  /** With all rows of this turn, so that they are stored with the new position or not at all. */
  async block(event: Extract<ChainEvent, { event: `block-${string}` }>, riders: readonly Rider[]): Promise<void> {
    this.ride(riders)
    if (event.event === 'block-connected') this.ride(this.movements.connected(event.block))
    await this.tellCore(event, this.takeRiders())
  }

  /** Whether more scripts are watched now. */
  extend(found: readonly Pick<FoundTransaction, 'payments'>[]): boolean {
    const riders = found.flatMap(({ payments }) => this.movements.extend(payments))
    this.ride(riders)
    return riders.length > 0
  }

  gone(watched: Watched): void {
    if (watched.owners.has('payment')) this.ride(this.movements.gone(watched))
  }

  ride(riders: readonly Rider[]): void {
    for (const rider of riders) this.riders.push(rider)
  }

  private async storeRows(): Promise<void> {
    if (this.riders.length === 0) return
    await this.unlessStopped(this.sink.rows(this.takeRiders()))
  }

  private takeRiders(): readonly Rider[] {
    const riders = this.riders
    this.riders = []
    return riders
  }

  private async tellCore(event: ChainEvent, riders: readonly Rider[]): Promise<void> {
    this.throwIfStopped()
    this.counters.events[event.event] += 1
    await this.unlessStopped(this.sink.event(event, this.position, riders))
  }

  /** A sink that waits for ever must not hold up a stop. */
  private async unlessStopped(waiting: void | Promise<void>): Promise<void> {
    if (waiting === undefined) return
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
