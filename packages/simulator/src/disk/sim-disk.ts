import { HEADER_INDEX, type Disk, type DiskDone, type LoadedLog, type LogEntry, type LogIndex, type LogSnapshot, type Rider } from '@belfry/runtime'
import { invariant } from '@belfry/protocol/primitives'
import type { Random, World } from '../world/index.ts'

type Write =
  | { readonly kind: 'append'; readonly entries: readonly LogEntry[] }
  | { readonly kind: 'snapshot'; readonly snapshot: LogSnapshot }

export interface SimDiskOptions {
  /** A synced batch takes up to this long. */
  readonly sync_ms: number
  /** Chance that a crash leaves part of the batch under way, to be cut off when the log is loaded. */
  readonly torn_tails?: number
}

/**
 * A disk in memory. What it acknowledged survives a crash; of the write under way all, nothing, or the beginning of a batch,
 * which is cut off when the log is loaded, as the port demands.
 */
export class SimDisk implements Disk {
  readonly #options: SimDiskOptions
  readonly #world: World
  readonly #random: Random
  #snapshot: LogSnapshot | null = null
  #entries: LogEntry[] = []
  /** Entries at the end that belong to a batch whose end is missing. */
  #torn = 0
  #under_way: { readonly write: Write; readonly done: DiskDone } | null = null
  /** The next write to end does so with an error; nobody can tell whether it reached the disk. */
  fails_next = false
  /** Every write ends with an error, and nothing of it reaches the disk. */
  is_full = false
  /** Writes that ended with an error. */
  failures = 0
  /** How often something was put in place of what it held, while no process ran. */
  exchanges = 0
  /** Called once, when the next write has begun. */
  onNextWrite: (() => void) | null = null
  /** Called with each batch, before it is written. Looks on only. */
  onAppend: ((entries: readonly LogEntry[]) => void) | null = null

  constructor(options: SimDiskOptions, modules: { world: World; random: Random }) {
    this.#options = options
    this.#world = modules.world
    this.#random = modules.random
  }

  /** Without riders: the simulated chain has no rows of its own. */
  append(entries: readonly LogEntry[], riders: readonly Rider[], done: DiskDone): void {
    invariant(riders.length === 0, 'nobody rides with the records of a simulated member')
    this.onAppend?.(entries)
    this.#start({ kind: 'append', entries }, done)
  }

  snapshot(index: LogIndex, bytes: Uint8Array, done: DiskDone): void {
    this.#start({ kind: 'snapshot', snapshot: { index, bytes } }, done)
  }

  /** The last record that would be found after a crash now. */
  get synced_index(): number {
    return this.#entries.at(-1)?.index ?? this.#snapshot?.index ?? HEADER_INDEX
  }

  /** The last record that would be found, were the write under way kept. */
  get kept_index(): number {
    const write = this.#under_way?.write
    return (write?.kind === 'append' ? write.entries.at(-1)?.index : null) ?? this.synced_index
  }

  /** What the next start would load if the machine stopped now, were the write under way kept. Changes nothing. */
  ifKept(): LoadedLog {
    const copy = { snapshot: this.#snapshot, entries: [...this.#entries] }
    return this.#under_way ? afterWrite(copy, this.#under_way.write) : copy
  }

  /** The process dies now: `done` is never called, and the write under way was lost or made it. */
  crash(): LoadedLog {
    if (this.#under_way && !this.is_full) this.#survive(this.#under_way.write)
    this.#under_way = null
    return this.load()
  }

  /** As it was when it was loaded some time ago. */
  putBack({ snapshot, entries }: LoadedLog): void {
    this.exchanges += 1
    this.#torn = 0
    this.#snapshot = snapshot
    this.#entries = [...entries]
  }

  load(): LoadedLog {
    this.#entries.length -= this.#torn
    this.#torn = 0
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
      const fails = this.fails_next || this.is_full
      const isKept = !this.is_full && (!this.fails_next || this.#random.chance(0.5))
      this.fails_next = false
      if (isKept) this.#keep(write)
      if (fails) this.failures += 1
      done(fails ? new Error('no space left on the simulated disk') : null)
    })
  }

  #survive(write: Write): void {
    if (this.#random.chance(0.5)) {
      this.#keep(write)
    } else if (write.kind === 'append' && this.#random.chance(this.#options.torn_tails ?? 0)) {
      const part = write.entries.slice(0, this.#random.int(0, write.entries.length - 1))
      this.#entries.push(...part)
      this.#torn = part.length
    }
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
