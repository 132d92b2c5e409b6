import type { Rider } from '@belfry/runtime'
import { WatchSet } from '../../chain/watch-set/index.ts'
import type { RowStore } from '../store.ts'
import { type Contents, FOLD_RULE, type FoldRule, foldFor, type LoadedRows, pack, rewrite } from './fold.ts'
import {
  entriesIn, Packer, readSegment, readSegmentKey, readTailRow, RIDERS_PER_BATCH, SEGMENTS, segmentsOf, TAIL, tailOf, tailRider,
} from './format.ts'
import { formatOf, KIND_FORMATS, type KindFormat, type WatchKind } from './kinds.ts'

/** 256 outpoints: fewer are not worth a segment. */
const MIN_SEGMENT_BYTES = 256 * 36

export interface LoadOptions {
  /** Called after each segment with the number of entries read so far, and of all that are to be read. */
  readonly progress?: (entries: number, total: number) => void
  readonly signal?: AbortSignal
  readonly rule?: FoldRule
}

/** What is to be watched, on disk. Nothing of it is kept in memory here. */
export class WatchRows {
  readonly #store: RowStore

  constructor(store: RowStore) {
    this.#store = store
  }

  /**
   * Puts all of it into the set, and then packs the tail where it is long. The set must be empty, and nobody else may
   * change it or write such rows meanwhile.
   * @throws StoreError store-damaged for rows that are none of these; ChainError too-many-watched; the signal's reason
   */
  async load(into: WatchSet, { progress = () => {}, signal, rule = FOLD_RULE }: LoadOptions = {}): Promise<void> {
    if (KIND_FORMATS.some((format) => format.sizeOf(into) > 0)) throw new RangeError('only an empty set can be loaded into')
    const rows: LoadedRows = { all: into, added: new WatchSet(), removed: new WatchSet() }
    const contents = await this.#readAll(rows, progress, signal)
    for (const content of contents) {
      const fold = foldFor(content, rule)
      if (fold === 'pack') await pack(this.#store, content, rows, signal)
      if (fold === 'rewrite') await rewrite(this.#store, content, rows, signal)
    }
  }

  /**
   * For the synced batch of whoever calls.
   * @throws RangeError for bytes that are no entry of this kind
   */
  ridersToAdd(kind: WatchKind, entries: readonly Uint8Array[]): Rider[] {
    const format = formatOf(kind)
    return entries.map((entry) => tailRider(format, entry, true))
  }

  /** The same; of what is not watched too. */
  ridersToRemove(kind: WatchKind, entries: readonly Uint8Array[]): Rider[] {
    const format = formatOf(kind)
    return entries.map((entry) => tailRider(format, entry, false))
  }

  /**
   * Adds any number, packed, in several batches: a crash leaves a part of them, and adding all again does no harm. Nobody
   * else may write such rows meanwhile, nor be about to.
   * @throws StoreError; RangeError for bytes that are no entry of this kind; the signal's reason
   */
  async addMany(kind: WatchKind, entries: Iterable<Uint8Array>, signal?: AbortSignal): Promise<void> {
    const format = formatOf(kind)
    const rows: LoadedRows = { all: new WatchSet(), added: new WatchSet(), removed: new WatchSet() }
    await this.#readTail(tailOf(format), rows, signal)
    const packer = new Packer(format, await this.#nextSegment(format))
    let riders: Rider[] = []
    const write = async (): Promise<void> => {
      signal?.throwIfAborted()
      await this.#store.write([...packer.take(), ...riders])
      riders = []
    }
    for (const entry of entries) {
      // What the tail says would hold against a segment.
      if (format.find(rows.removed, viewOf(entry), 0, entry.length) >= 0) riders.push(tailRider(format, entry, true))
      else {
        if (!packer.fits(entry)) await write()
        packer.push(entry)
      }
      if (riders.length === RIDERS_PER_BATCH) await write()
    }
    if (packer.bytes < MIN_SEGMENT_BYTES) {
      for (const { value } of packer.take()) if (value !== null) riders.push(...tailOfSegment(format, value))
    }
    if (packer.bytes > 0 || riders.length > 0) await write()
  }

  /**
   * Removes any number, by writing what is left anew: a crash leaves a part of them, and removing all again does no harm.
   * Nobody else may write such rows meanwhile, nor be about to.
   * @throws StoreError; RangeError for bytes that are no entry of this kind; the signal's reason
   */
  async removeMany(kind: WatchKind, entries: Iterable<Uint8Array>, signal?: AbortSignal): Promise<void> {
    const format = formatOf(kind)
    const rows: LoadedRows = { all: new WatchSet(), added: new WatchSet(), removed: new WatchSet() }
    const contents = await this.#readAll(rows, () => {}, signal)
    for (const entry of entries) {
      const id = format.find(rows.all, viewOf(entry), 0, entry.length)
      if (id >= 0) format.remove(rows.all, id)
    }
    const content = contents.find((one) => one.format === format)
    if (content !== undefined) await rewrite(this.#store, content, rows, signal)
  }

  async #readAll(rows: LoadedRows, progress: (entries: number, total: number) => void, signal?: AbortSignal): Promise<Contents[]> {
    await this.#readTail(TAIL, rows, signal)
    const contents = await this.#countSegments(rows, signal)
    for (const { format, added, removed, packed } of contents) format.reserve(rows.all, Math.max(0, packed + added - removed))
    await this.#readSegments(contents, rows, progress, signal)
    rows.all.settle()
    return contents
  }

  async #readTail(prefix: Uint8Array, { added, removed }: LoadedRows, signal?: AbortSignal): Promise<void> {
    let count = 0
    for await (const row of this.#store.rows(prefix)) {
      const { format, entry, watched } = readTailRow(row)
      addEntry(format, watched ? added : removed, entry)
      count++
      if (count % RIDERS_PER_BATCH === 0) signal?.throwIfAborted()
    }
  }

  /** Reading twice takes little; growing tables again and again takes as long as filling them. */
  async #countSegments({ added, removed }: LoadedRows, signal?: AbortSignal): Promise<Contents[]> {
    const contents = KIND_FORMATS.map((format): Contents => ({
      format, added: format.sizeOf(added), removed: format.sizeOf(removed), packed: 0, live: 0, segments: [],
    }))
    for await (const { key, value } of this.#store.rows(SEGMENTS)) {
      signal?.throwIfAborted()
      const { format, number } = readSegmentKey(key)
      const content = contents[format.code]
      if (content === undefined) continue
      content.packed += entriesIn(format, value)
      content.segments.push(number)
    }
    return contents
  }

  async #readSegments(
    contents: readonly Contents[],
    { all, added, removed }: LoadedRows,
    progress: (entries: number, total: number) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    const total = contents.reduce((sum, { packed }) => sum + packed, 0)
    let count = 0
    for await (const { key, value } of this.#store.rows(SEGMENTS)) {
      signal?.throwIfAborted()
      count += addSegment(readSegmentKey(key).format, value, all, removed)
      progress(count, total)
    }
    for (const content of contents) {
      const { format } = content
      for (const id of format.ids(added)) addEntry(format, all, format.keyOf(added, id))
      content.live = format.sizeOf(all)
    }
  }

  async #nextSegment(format: KindFormat): Promise<number> {
    for await (const { key } of this.#store.rows(segmentsOf(format), { reverse: true })) return readSegmentKey(key).number + 1
    return 0
  }
}

/** Gives the number of its entries, those that were removed since included. */
function addSegment(format: KindFormat, body: Uint8Array, into: WatchSet, removed: WatchSet): number {
  const none_removed = format.sizeOf(removed) === 0
  return readSegment(format, body, (view, offset, length) => {
    if (none_removed || format.find(removed, view, offset, length) < 0) format.add(into, view, offset, length)
  })
}

function tailOfSegment(format: KindFormat, body: Uint8Array): Rider[] {
  const riders: Rider[] = []
  readSegment(format, body, (_view, offset, length) => {
    riders.push(tailRider(format, body.subarray(offset, offset + length), true))
  })
  return riders
}

function addEntry(format: KindFormat, into: WatchSet, entry: Uint8Array): void {
  format.add(into, viewOf(entry), 0, entry.length)
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}
