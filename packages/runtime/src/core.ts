import type { Millis, Schema } from '@belfry/protocol/primitives'

/**
 * What the loop needs of a state machine. `@belfry/protocol` has the real one; it never imports this, for arrows point
 * from runtime to protocol: it fits by its shape.
 *
 * Deterministic and synchronous: no clock, no randomness, no I/O. Throws only where an invariant of its own is broken.
 */
export interface Core<State, Durable, Input, LogRecord, AfterDurable, Immediate> {
  /** Changes the durable part of the state only by applying the records that it returns. */
  step(state: State, input: Input): Output<LogRecord, AfterDurable, Immediate>
  /** A state with this durable part (null: a fresh one), which it may keep and change, and an empty volatile part. */
  restore(durable: Durable | null): State
  apply(durable: Durable, record: LogRecord): void
  durableOf(state: State): Durable
  readonly record: Schema<LogRecord>
  readonly snapshot: Schema<Durable>
}

/** What one step asks for. In the way of etcd/raft's Ready: each field says when it may be acted upon. */
export interface Output<LogRecord, AfterDurable, Immediate> {
  /** Already applied to the state; to be on disk before any of `afterDurable` runs. In order. */
  readonly records: readonly LogRecord[]
  /** Only once `records`, and those of every step before, are on disk. In order. */
  readonly afterDurable: readonly AfterDurable[]
  /** May run at once, before anything is on disk. In order. */
  readonly immediate: readonly Immediate[]
  /** When to be called with a tick at the latest; replaces what earlier steps said. Null: no need. */
  readonly wake_at_ms: Millis | null
}
