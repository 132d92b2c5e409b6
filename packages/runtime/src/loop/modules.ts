/** What a loop is given. */
import type { Millis } from '@belfry/protocol/primitives'
import type { Core } from '../core.ts'
import type { RuntimeError } from '../errors.ts'
import type { RestoredLog } from '../log/restore.ts'
import type { SnapshotRule } from '../log/writer.ts'
import type { Clock, Disk } from '../ports.ts'
import type { InputClass, Lane, LoopLimits } from './input-class.ts'
import type { Synced } from './synced.ts'

/** How the loop reads inputs, which it otherwise only passes on. */
export interface Inputs<Input> {
  classOf(input: Input): InputClass
  laneOf(input: Input): Lane
  /** Bytes of payload that it holds while it waits; 0 where they do not matter. Always the same for one input. */
  bytesOf(input: Input): number
  /** What the core is given when the time it named has come. */
  tick(at_ms: Millis): Input
}

/** Where effects go. Neither may throw; both may offer inputs: outcomes join the turn, others wait for the next. */
export interface Effects<AfterDurable, Immediate> {
  performDurable(effect: Synced<AfterDurable>): void
  performImmediate(effect: Immediate): void
}

export interface LoopObserver {
  /** Once, when the disk failed, the core broke or an effect threw. Nothing is performed after it; the process exits. */
  onFatal(error: RuntimeError): void
  /** Nothing waits and nothing is being written (for tests and for a clean stop). */
  onIdle?(): void
}

export interface LoopModules<State, Durable, Input, LogRecord, AfterDurable, Immediate> {
  readonly core: Core<State, Durable, Input, LogRecord, AfterDurable, Immediate>
  readonly log: RestoredLog<Durable>
  readonly disk: Disk
  readonly clock: Clock
  readonly inputs: Inputs<Input>
  readonly effects: Effects<AfterDurable, Immediate>
  readonly observer: LoopObserver
}

export interface LoopOptions {
  readonly limits?: LoopLimits
  readonly snapshot_rule?: SnapshotRule
}
