/**
 * The tail is packed into segments at start, where it has grown long. Each batch leaves the same set on disk, so a process
 * that is killed between any two of them loses nothing, and the next start goes on.
 */
import type { Rider } from '@belfry/runtime'
import type { WatchSet } from '../../chain/watch-set/index.ts'
import type { RowStore } from '../store.ts'
import { Packer, RIDERS_PER_BATCH, segmentKey, tailKey } from './format.ts'
import type { KindFormat } from './kinds.ts'

/** What the rows of one kind hold, in entries. */
export interface Contents {
  readonly format: KindFormat
  /** By the tail. */
  readonly added: number
  readonly removed: number
  /** In the segments, those that the tail takes out and those that are there twice included. */
  packed: number
  /** In the set that the rows stand for. */
  live: number
  /** The numbers of the segments, rising. */
  readonly segments: number[]
}

/** A row of the tail takes 2 µs to read, an entry of a segment 0.3: so a tail of the length below costs a start 20 ms. */
export interface FoldRule {
  /** At least so many, or nothing is done. */
  readonly min: number
  /** Of the live entries, the part that may be marked as removed before the segments are written anew... */
  readonly removed: number
  /** ...and the part that the segments may hold too much. */
  readonly waste: number
}

export const FOLD_RULE: FoldRule = { min: 8_192, removed: 1 / 32, waste: 1 / 4 }

export type Fold = 'none' | 'pack' | 'rewrite'

export function foldFor({ added, removed, packed, live }: Contents, rule: FoldRule): Fold {
  const waste = packed + added - live
  const exceeds = (count: number, part: number): boolean => count > Math.max(rule.min, live * part)
  if (exceeds(removed, rule.removed) || exceeds(waste, rule.waste)) return 'rewrite'
  return added > rule.min ? 'pack' : 'none'
}

export interface LoadedRows {
  readonly all: WatchSet
  readonly added: WatchSet
  readonly removed: WatchSet
}

/** What was added becomes new segments, each written in one batch with the deletion of its rows in the tail. */
export async function pack(store: RowStore, contents: Contents, { added }: LoadedRows, signal?: AbortSignal): Promise<void> {
  const { format } = contents
  let deletions: Rider[] = []
  const packer = new Packer(format, nextSegment(contents))
  const write = async (): Promise<void> => {
    signal?.throwIfAborted()
    await store.write([...packer.take(), ...deletions])
    deletions = []
  }
  for (const id of format.ids(added)) {
    const entry = format.keyOf(added, id)
    if (!packer.fits(entry)) await write()
    packer.push(entry)
    deletions.push({ key: tailKey(format, entry), value: null })
  }
  await write()
}

/** First all that is watched goes into new segments, then the old ones go, and at last the whole tail. */
export async function rewrite(store: RowStore, contents: Contents, rows: LoadedRows, signal?: AbortSignal): Promise<void> {
  const { format } = contents
  const packer = new Packer(format, nextSegment(contents))
  for (const id of format.ids(rows.all)) {
    const entry = format.keyOf(rows.all, id)
    if (!packer.fits(entry)) {
      signal?.throwIfAborted()
      await store.write(packer.take())
    }
    packer.push(entry)
  }
  await store.write(packer.take())
  await deleteAll(store, replacedKeys(contents, rows), signal)
}

/** The old segments before the tail, which takes out of them what was removed. */
function* replacedKeys({ format, segments }: Contents, { added, removed }: LoadedRows): Generator<Uint8Array> {
  for (const number of segments) yield segmentKey(format, number)
  for (const tail of [added, removed]) {
    for (const id of format.ids(tail)) yield tailKey(format, format.keyOf(tail, id))
  }
}

async function deleteAll(store: RowStore, keys: Iterable<Uint8Array>, signal?: AbortSignal): Promise<void> {
  let riders: Rider[] = []
  for (const key of keys) {
    riders.push({ key, value: null })
    if (riders.length < RIDERS_PER_BATCH) continue
    signal?.throwIfAborted()
    await store.write(riders)
    riders = []
  }
  if (riders.length > 0) await store.write(riders)
}

function nextSegment({ segments }: Contents): number {
  return (segments.at(-1) ?? -1) + 1
}
