import { type Schema, invariant, toCbor } from '@belfry/protocol/primitives'
import {
  HEADER_INDEX,
  type LogEntry,
  type LogIndex,
  type LogSnapshot,
  MAX_ENTRY_BYTES,
  MAX_SNAPSHOT_BYTES,
} from './entry.ts'
import { withPreamble } from './preamble.ts'
import type { RestoredLog } from './restore.ts'

/** When a snapshot replaces the records before it. */
export interface SnapshotRule {
  /** Bounds the time that a restart takes. */
  readonly every_records: number
  /** Bounds the disk. A snapshot larger than this waits until the records have grown to its own size, so that writing
   * snapshots never costs more than writing records. */
  readonly every_bytes: number
}

/** A restart applies some 50,000 records a second. */
export const SNAPSHOT_RULE: SnapshotRule = { every_records: 20_000, every_bytes: 8 * 1024 * 1024 }

const NO_BODY = new Uint8Array(0)

/** Turns records into entries and knows when a snapshot is due. It writes nothing itself. */
export class LogWriter<LogRecord, Durable> {
  readonly #record: Schema<LogRecord>
  readonly #snapshot: Schema<Durable>
  readonly #rule: SnapshotRule
  #next: number
  #batch: LogEntry[] = []
  #batch_bytes = 0
  #records_since: number
  #bytes_since: number
  #snapshot_bytes: number

  constructor(
    log: Omit<RestoredLog<Durable>, 'durable'>,
    schemas: { readonly record: Schema<LogRecord>; readonly snapshot: Schema<Durable> },
    rule: SnapshotRule = SNAPSHOT_RULE,
  ) {
    this.#record = schemas.record
    this.#snapshot = schemas.snapshot
    this.#rule = rule
    this.#next = log.next_index
    this.#records_since = log.records_since_snapshot
    this.#bytes_since = log.bytes_since_snapshot
    this.#snapshot_bytes = log.snapshot_bytes
  }

  /** The index of the last record added, 0 if there is none. */
  get last_index(): LogIndex {
    return Math.max(this.#next - 1, 0) as LogIndex
  }

  get batch_bytes(): number {
    return this.#batch_bytes
  }

  /** Encodes at once: a record may share parts with the state, which the next step changes. */
  add(record: LogRecord): void {
    if (this.#next === HEADER_INDEX) this.#push(withPreamble(NO_BODY))
    this.#push(toCbor(this.#record, record))
    this.#records_since++
  }

  #push(bytes: Uint8Array): void {
    invariant(bytes.length <= MAX_ENTRY_BYTES, `a record takes ${bytes.length} bytes, at most ${MAX_ENTRY_BYTES} may be`)
    this.#batch.push({ index: this.#next as LogIndex, bytes })
    this.#batch_bytes += bytes.length
    this.#bytes_since += bytes.length
    this.#next++
  }

  /** The entries added since the last call, to be written in one batch. */
  takeBatch(): readonly LogEntry[] {
    const batch = this.#batch
    this.#batch = []
    this.#batch_bytes = 0
    return batch
  }

  get snapshot_due(): boolean {
    return (
      this.#records_since >= this.#rule.every_records ||
      this.#bytes_since >= Math.max(this.#rule.every_bytes, this.#snapshot_bytes)
    )
  }

  /** Of the state after the last record; to be written while no batch is under way. */
  takeSnapshot(durable: Durable): LogSnapshot {
    invariant(this.#batch.length === 0, 'a snapshot is taken between batches')
    const bytes = withPreamble(toCbor(this.#snapshot, durable))
    invariant(bytes.length <= MAX_SNAPSHOT_BYTES, `the state takes ${bytes.length} bytes, at most ${MAX_SNAPSHOT_BYTES} may be`)
    this.#records_since = 0
    this.#bytes_since = 0
    this.#snapshot_bytes = bytes.length
    return { index: this.last_index, bytes }
  }
}
