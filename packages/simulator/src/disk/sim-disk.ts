import { HEADER_INDEX, type Disk, type DiskDone, type LoadedLog, type LogEntry, type LogIndex, type LogSnapshot, type Rider } from '@belfry/runtime'
import { invariant } from '@belfry/protocol/primitives'
import type { Random, World } from '../world/index.ts'

type Write =
  | { readonly kind: 'append'; readonly entries: readonly LogEntry[] }
  | { readonly kind: 'snapshot'; readonly snapshot: LogSnapshot }

export interface SimDiskOptions {
  /** A synced batch takes up to this long. */
  readonly sync_ms: number
}

/** A disk in memory. What it acknowledged survives a crash; the write under way survives whole or not at all. */
export class SimDisk implements Disk {
  readonly #options: SimDiskOptions
  readonly #world: World
  readonly #random: Random
  #snapshot: LogSnapshot | null = null
  #entries: LogEntry[] = []
  #under_way: { readonly write: Write; readonly done: DiskDone } | null = null
  /** The next write to end does so with an error; nobody can tell whether it reached the disk. */
  fails_next = false
  /** Called once, when the next write has begun. */
  onNextWrite: (() => void) | null = null

  constructor(options: SimDiskOptions, modules: { world: World; random: Random }) {
    this.#options = options
    this.#world = modules.world
    this.#random = modules.random
  }

  /** Without riders: the simulated chain has no rows of its own. */
  append(entries: readonly LogEntry[], riders: readonly Rider[], done: DiskDone): void {
    invariant(riders.length === 0, 'nobody rides with the records of a simulated member')
    this.#start({ kind: 'append', entries }, done)
  }

  snapshot(index: LogIndex, bytes: Uint8Array, done: DiskDone): void {
    this.#start({ kind: 'snapshot', snapshot: { index, bytes } }, done)
  }

  /** The last record that would be found after a crash now. */
  get synced_index(): number {
    return this.#entries.at(-1)?.index ?? this.#snapshot?.index ?? HEADER_INDEX
  }

  /** What the next start would load if the machine stopped now, were the write under way kept. Changes nothing. */
  ifKept(): LoadedLog {
    const copy = { snapshot: this.#snapshot, entries: [...this.#entries] }
    return this.#under_way ? afterWrite(copy, this.#under_way.write) : copy
  }

  /** The process dies now: `done` is never called, and the write under way was lost or made it. */
  crash(): LoadedLog {
    if (this.#under_way && this.#random.chance(0.5)) this.#keep(this.#under_way.write)
    this.#under_way = null
    return this.load()
  }

  load(): LoadedLog {
    return { snapshot: this.#snapshot, entries: [...this.#entries] }
  }

  #start(write: Write, done: DiskDone): void {
    invariant(this.#under_way === null, 'the loop writes one batch at a time')
    const started = { write, done }
    this.#under_way = started
    const { onNextWrite } = this
    this.onNextWrite = null
    onNextWrite?.()
    this.#world.after(this.#random.int(0, this.#options.sync_ms), () => {
      if (this.#under_way !== started) return
      this.#under_way = null
      const fails = this.fails_next
      this.fails_next = false
      if (!fails || this.#random.chance(0.5)) this.#keep(write)
      done(fails ? new Error('no space left on the simulated disk') : null)
    })
  }

  #keep(write: Write): void {
    // In place for the frequent case: logs grow long and batches are small.
    if (write.kind === 'append') {
      for (const entry of write.entries) this.#entries.push(entry)
      return
    }
    const { snapshot, entries } = afterWrite(this.load(), write)
    this.#snapshot = snapshot
    this.#entries = [...entries]
  }
}

function afterWrite(log: LoadedLog, write: Write): LoadedLog {
  if (write.kind === 'append') return { snapshot: log.snapshot, entries: [...log.entries, ...write.entries] }
  return { snapshot: write.snapshot, entries: log.entries.filter(({ index }) => index > write.snapshot.index) }
}
