/**
 * Everything that is watched for a person, with its scripts derived: what the chain watcher is told to look for, and what it
 * tells back. Nothing here waits and nothing is written: changes are handed out as riders, for the batch that the chain's
 * news is written in.
 */
import { setImmediate as breathe } from 'node:timers/promises'
import { type Height, type Outpoint, toHex } from '@belfry/protocol/primitives'
import type { Rider } from '@belfry/runtime'
import { type DescriptorReader, type Network, loadDescriptors } from '@belfry/vault'
import type { RowStore } from '../store/index.ts'
import { WatchError } from './errors.ts'
import { afterPayment, indexesOf, isFull } from './growth.ts'
import { MAX_SCRIPTS } from './limits.ts'
import { readWatches, riderOf } from './rows.ts'
import { type ScanPlan, afterScan, beginScan, planScan } from './scan.ts'
import { type Scripts, checkShape, scriptsOf } from './scripts.ts'
import type { Watch, WatchId } from './watch.ts'

/** An output script, and which of a watch's it is. Two watches may have the same script. */
export interface WatchedScript {
  readonly script: Uint8Array
  readonly watch: WatchId
  readonly branch: number
  readonly index: number
}

export interface WatchedOutpoint {
  readonly outpoint: Outpoint
  readonly watch: WatchId
}

/** What follows from a payment. */
export interface Learnt {
  /** To be watched from now on; the block that holds the payment is to be searched again for these. */
  readonly derived: readonly WatchedScript[]
  readonly riders: readonly Rider[]
}

/** A watch in memory. */
export interface WatchEntry {
  readonly watch: Watch
  readonly scripts: Scripts
  /** Indexes derived, of each branch. */
  readonly derived: readonly number[]
  /** It cannot grow any more: what is paid further on is not seen. */
  readonly full: boolean
}

interface MutableEntry extends WatchEntry {
  watch: Watch
  derived: number[]
  full: boolean
}

const NOTHING: Learnt = { derived: [], riders: [] }
/** Scripts derived at a stretch: some 50 ms. */
const STRETCH = 100

export class WatchBook {
  readonly #entries = new Map<WatchId, MutableEntry>()
  /** By script, in hex. */
  readonly #places = new Map<string, WatchedScript[]>()
  /** All derived, those that several watches have in common once for each. */
  #count = 0

  private constructor() {}

  /**
   * Reads what the store holds and derives its scripts, some at a time.
   * @throws WatchError, StoreError
   */
  static async load(store: Pick<RowStore, 'rows'>, network: Network): Promise<WatchBook> {
    return await WatchBook.of(await readWatches(store), network)
  }

  /** @throws WatchError `watch-unreadable`, `wrong-network` */
  static async of(watches: readonly Watch[], network: Network): Promise<WatchBook> {
    const book = new WatchBook()
    // Where nothing is watched, nothing is loaded that reads descriptors.
    if (watches.length === 0) return book
    const reader = await loadDescriptors()
    for (const watch of watches) {
      const deriving = book.#enter(watch, network, reader)
      for (let step = deriving.next(); !step.done; step = deriving.next()) {
        if (book.size % STRETCH === 0) await breathe()
      }
    }
    return book
  }

  /** Scripts derived. */
  get size(): number {
    return this.#count
  }

  *scripts(): Generator<WatchedScript, void, undefined> {
    for (const places of this.#places.values()) yield* places
  }

  *outpoints(): Generator<WatchedOutpoint, void, undefined> {
    for (const { watch, scripts } of this.#entries.values()) {
      if (scripts.outpoint !== null) yield { outpoint: scripts.outpoint, watch: watch.id }
    }
  }

  /** Whose script it is; none where it is not watched here. */
  placesOf(script: Uint8Array): readonly WatchedScript[] {
    return this.#places.get(toHex(script)) ?? []
  }

  entries(): Iterable<WatchEntry> {
    return this.#entries.values()
  }

  get(id: WatchId): WatchEntry | null {
    return this.#entries.get(id) ?? null
  }

  /** A payment to this script was seen, in the mempool or in a block. To be told again does no harm. */
  onPayment(script: Uint8Array): Learnt {
    const places = this.placesOf(script)
    if (places.length === 0) return NOTHING
    const derived: WatchedScript[] = []
    const changed = new Set<MutableEntry>()
    // Places that growing adds to this same script are paid as well, and come last in the loop.
    for (const { watch: id, branch, index } of places) {
      const entry = this.#entries.get(id)
      const after = entry && afterPayment(entry.watch, branch, index)
      if (!entry || !after || after === entry.watch) continue
      entry.watch = after
      changed.add(entry)
      derived.push(...this.#grow(entry, branch))
    }
    if (changed.size === 0) return NOTHING
    return { derived, riders: [...changed].map(({ watch }) => riderOf(watch)) }
  }

  /**
   * To be called once at each start, before the follower reports its first block: what is new is scanned up to here.
   * @param position the follower's
   */
  beginScans(position: Height): Rider[] {
    return this.#update([...this.#entries.keys()], (watch) => beginScan(watch, position))
  }

  /** The blocks to search next; null where nothing is left. */
  nextScan(): ScanPlan | null {
    return planScan([...this.#entries.values()].map(({ watch }) => watch))
  }

  /** The lowest block that is still to be searched; null where none is. */
  get unsearchedFrom(): Height | null {
    return this.nextScan()?.from ?? null
  }

  /**
   * Blocks from `plan.from` to `through` have been searched for all of its watches, and what was found has been told.
   * @param tip of the follower; likewise below
   */
  scanned(plan: ScanPlan, through: Height, tip: Height): Rider[] {
    return this.#update(plan.watches, (watch) => afterScan(watch, plan, through, tip))
  }

  /** bitcoind does not have blocks `plan.from` to `through` any more: they are passed over, and the watches say so. */
  notAvailable(plan: ScanPlan, through: Height, tip: Height): Rider[] {
    return this.#update(plan.watches, (watch) => {
      const after = afterScan(watch, plan, through, tip)
      return after === watch ? watch : { ...after, unseen_below: (through + 1) as Height }
    })
  }

  #update(ids: readonly WatchId[], change: (watch: Watch) => Watch): Rider[] {
    return ids.flatMap((id) => {
      const entry = this.#entries.get(id)
      const after = entry && change(entry.watch)
      if (!entry || !after || after === entry.watch) return []
      entry.watch = after
      return [riderOf(after)]
    })
  }

  /** Yields each script that it derives, so that others can be served in between. */
  *#enter(watch: Watch, network: Network, reader: DescriptorReader): Generator<WatchedScript, void, undefined> {
    if (watch.network !== network) {
      throw new WatchError(
        'wrong-network',
        `${watch.id} is watched on ${watch.network}, and this federation guards ${network}`,
        'Check that the data directory is the right one.',
      )
    }
    const scripts = scriptsOf(watch, reader)
    checkShape(watch, scripts)
    const derived = Array.from({ length: scripts.branches }, () => 0)
    const entry: MutableEntry = { watch, scripts, derived, full: false }
    this.#entries.set(watch.id, entry)
    for (let branch = 0; branch < scripts.branches; branch++) yield* this.#grow(entry, branch)
  }

  /** Derives what this branch lacks, one index after the other. */
  *#grow(entry: MutableEntry, branch: number): Generator<WatchedScript, void, undefined> {
    const { watch, scripts, derived } = entry
    const wanted = indexesOf(watch, branch, scripts.per_index)
    for (let index = derived[branch] ?? 0; index < wanted; index++) {
      if (this.#count + scripts.per_index > MAX_SCRIPTS) {
        entry.full = true
        return
      }
      derived[branch] = index + 1
      for (const script of scripts.at(branch, index)) {
        const place = { script, watch: watch.id, branch, index }
        this.#place(place)
        yield place
      }
    }
    entry.full ||= isFull(watch, scripts.per_index)
  }

  #place(place: WatchedScript): void {
    const key = toHex(place.script)
    const places = this.#places.get(key)
    if (places) places.push(place)
    else this.#places.set(key, [place])
    this.#count++
  }
}
