/** A disk in memory whose writes end when the test says, and that can crash while one is under way. */
import { toHex } from '@belfry/protocol/primitives'
import type { Disk, DiskDone, LoadedLog, LogEntry, LogIndex, LogSnapshot, Rider } from '../../src/index.ts'

type Write =
  | { readonly kind: 'append'; readonly entries: readonly LogEntry[]; readonly riders: readonly Rider[] }
  | { readonly kind: 'snapshot'; readonly snapshot: LogSnapshot }

export class MemoryDisk implements Disk {
  #snapshot: LogSnapshot | null
  #entries: readonly LogEntry[]
  #under_way: { readonly write: Write; readonly done: DiskDone } | null = null
  /** Every write ever asked for, in order. */
  readonly writes: Write[] = []
  /** What riders left, by their keys in hex. */
  readonly rows = new Map<string, Uint8Array | null>()
  onWrite: () => void = () => {}

  constructor(log: LoadedLog = { snapshot: null, entries: [] }) {
    this.#snapshot = log.snapshot
    this.#entries = log.entries
  }

  append(entries: readonly LogEntry[], riders: readonly Rider[], done: DiskDone): void {
    this.#start({ kind: 'append', entries, riders }, done)
  }

  snapshot(index: LogIndex, bytes: Uint8Array, done: DiskDone): void {
    this.#start({ kind: 'snapshot', snapshot: { index, bytes } }, done)
  }

  get busy(): boolean {
    return this.#under_way !== null
  }

  /** Ends the write under way. With an error nothing of it is kept. */
  complete(error: Error | null = null): void {
    const ended = this.#under_way
    if (ended === null) throw new Error('no write is under way')
    this.#under_way = null
    if (error === null) this.#keep(ended.write)
    ended.done(error)
  }

  /** What is found after a crash now; the write under way was lost or made it. `done` is never called. */
  crash(under_way: 'lost' | 'kept'): LoadedLog {
    if (this.#under_way && under_way === 'kept') this.#keep(this.#under_way.write)
    this.#under_way = null
    return this.load()
  }

  load(): LoadedLog {
    return { snapshot: this.#snapshot, entries: this.#entries }
  }

  #start(write: Write, done: DiskDone): void {
    if (this.#under_way !== null) throw new Error('one write at a time')
    this.#under_way = { write, done }
    this.writes.push(write)
    this.onWrite()
  }

  #keep(write: Write): void {
    if (write.kind === 'append') {
      this.#entries = [...this.#entries, ...write.entries]
      for (const { key, value } of write.riders) this.rows.set(toHex(key), value)
    } else {
      this.#snapshot = write.snapshot
      this.#entries = this.#entries.filter(({ index }) => index > write.snapshot.index)
    }
  }
}
