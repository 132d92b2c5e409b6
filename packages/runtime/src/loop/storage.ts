import { invariant } from '@belfry/protocol/primitives'
import type { Core } from '../core.ts'
import type { RuntimeErrorCode } from '../errors.ts'
import type { LogIndex, LogSnapshot } from '../log/entry.ts'
import type { RestoredLog } from '../log/restore.ts'
import { LogWriter, type SnapshotRule } from '../log/writer.ts'
import type { Disk, DiskDone, Rider } from '../ports.ts'
import type { Tally } from './counters.ts'
import { RiderBatch } from './offered.ts'

/** The loop that it belongs to. */
interface Owner {
  /** Nothing goes on after that. */
  ended(): boolean
  fail(code: RuntimeErrorCode, message: string, cause: unknown): void
}

interface StorageModules<LogRecord, Durable> {
  readonly core: Pick<Core<unknown, Durable, unknown, LogRecord, unknown, unknown>, 'record' | 'snapshot'>
  readonly log: RestoredLog<Durable>
  readonly disk: Disk
  readonly tally: Tally
  readonly owner: Owner
}

/** What is to be on disk next, and its way there: a batch or a snapshot, one at a time. */
export class Storage<LogRecord, Durable> {
  readonly #disk: Disk
  readonly #tally: Tally
  readonly #owner: Owner
  readonly #writer: LogWriter<LogRecord, Durable>
  readonly #riders = new RiderBatch()
  #durable_index: LogIndex

  constructor({ core, log, disk, tally, owner }: StorageModules<LogRecord, Durable>, snapshot_rule: SnapshotRule | undefined) {
    this.#disk = disk
    this.#tally = tally
    this.#owner = owner
    this.#writer = new LogWriter<LogRecord, Durable>(log, core, snapshot_rule)
    this.#durable_index = this.#writer.last_index
  }

  /** The log is on disk up to here. */
  get durable_index(): LogIndex {
    return this.#durable_index
  }

  /** What waits to be written. */
  get bytes(): number {
    return this.#writer.batch_bytes + this.#riders.bytes
  }

  get snapshot_due(): boolean {
    return this.#writer.snapshot_due
  }

  /** Encodes at once. */
  add(record: LogRecord): void {
    this.#writer.add(record)
  }

  addRiders(riders: readonly Rider[]): void {
    this.#riders.add(riders)
  }

  /** Goes on with `then` when all that waits is on disk. */
  writeBatch(then: () => void): void {
    const { bytes } = this
    const batch = this.#writer.takeBatch()
    const riders = this.#riders.take()
    this.#tally.batches++
    this.#tally.record_bytes += bytes
    this.#tally.largest_batch_entries = Math.max(this.#tally.largest_batch_entries, batch.length)
    this.#tally.largest_batch_bytes = Math.max(this.#tally.largest_batch_bytes, bytes)
    this.#write(
      (done) => this.#disk.append(batch, riders, done),
      () => {
        this.#durable_index = this.#writer.last_index
        then()
      },
    )
  }

  /** Goes on with `then` when the state is on disk. */
  writeSnapshot(durable: () => Durable, then: () => void): void {
    let snapshot: LogSnapshot
    try {
      snapshot = this.#writer.takeSnapshot(durable())
      invariant(snapshot.index === this.#durable_index, 'a snapshot holds nothing that is not on disk')
    } catch (cause) {
      this.#owner.fail('core-broken', 'the state does not encode', cause)
      return
    }
    this.#write(
      (done) => this.#disk.snapshot(snapshot.index, snapshot.bytes, done),
      () => {
        this.#tally.snapshots++
        then()
      },
    )
  }

  #write(start: (done: DiskDone) => void, then: () => void): void {
    let answered = false
    const done: DiskDone = (error) => {
      if (this.#owner.ended()) return
      // A second answer would pass for that of the next write, and run effects that are not on disk.
      if (answered) this.#owner.fail('disk-failed', 'the disk answered twice', null)
      else if (error !== null) this.#owner.fail('disk-failed', `the disk failed to write: ${error.message}`, error)
      else {
        answered = true
        then()
      }
    }
    try {
      start(done)
    } catch (cause) {
      this.#owner.fail('disk-failed', 'the disk refused a write', cause)
    }
  }
}
