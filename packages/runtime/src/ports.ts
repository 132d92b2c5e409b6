import type { Millis } from '@belfry/protocol/primitives'
import type { LogEntry, LogIndex } from './log/entry.ts'

/**
 * Called exactly once, never from inside the call that it answers (or a long queue would become a deep stack). An error
 * means that nobody knows what is on the disk.
 */
export type DiskDone = (error: Error | null) => void

/**
 * A row of somebody else (the chain watcher) that is to be on disk exactly when the records of its input are. Its key is of a
 * key space that the log does not use; a value of null deletes it.
 */
export interface Rider {
  readonly key: Uint8Array
  readonly value: Uint8Array | null
}

/**
 * Where the log is kept. At most one write is under way at a time: the loop waits for `done` before the next.
 *
 * After a crash the disk loads what some prefix of the writes left: at least all that were acknowledged, and a write whole
 * or not at all. A disk that can be left with part of a batch (a torn tail) cuts it off before it loads.
 * `test/disk-compliance.ts` holds every implementation to this.
 */
export interface Disk {
  /** Writes entries and riders in one synced batch; either may be none. Their bytes belong to the disk from now on. */
  append(entries: readonly LogEntry[], riders: readonly Rider[], done: DiskDone): void
  /** In one synced batch: replaces the snapshot and deletes every entry up to and including `index`. */
  snapshot(index: LogIndex, bytes: Uint8Array, done: DiskDone): void
}

export interface Clock {
  now(): Millis
  /**
   * Calls `wake` once at `at_ms`, or soon if that is past; never from inside this call. Replaces what was asked before;
   * null takes it back.
   */
  wakeAt(at_ms: Millis | null, wake: () => void): void
  /** Calls `run` once, after the present event is handled and before time passes (Node: setImmediate). Never inside. */
  soon(run: () => void): void
}
