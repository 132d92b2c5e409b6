/** The list of coins that is watched without anything else being known of them: millions, in the store's packed rows. */
import { OUTPOINT_BYTES, OutpointTable, WatchSet } from '../chain/watch-set/index.ts'
import { type RowStore, WatchRows } from '../store/index.ts'
import { WatchError } from './errors.ts'
import { MAX_LISTED_OUTPOINTS } from './limits.ts'
import { readOutpoints } from './outpoint-text.ts'

export interface OutpointProgress {
  readonly onRead?: (outpoints: number) => void
  readonly onStored?: (outpoints: number, of: number) => void
  readonly signal?: AbortSignal
}

export interface OutpointChange {
  readonly changed: number
  /** Were given, and are on the list already; or are not on it, where they were to be removed. */
  readonly unchanged: number
  /** On the list now. */
  readonly listed: number
}

/** More than these are not removed one by one. */
const MAX_ROWS_AT_ONCE = 4_096
const STORED_AT_ONCE = 65_536

/** @throws StoreError */
export async function countOutpoints(store: RowStore, signal?: AbortSignal): Promise<number> {
  return (await load(store, signal)).size
}

/**
 * Nothing is changed before all has been read. On disk when it returns; where it fails while it stores, a part of it is,
 * and adding all again does no harm.
 * @throws WatchError `watch-malformed`, `too-many-outpoints`; StoreError; the signal's reason
 */
export async function addOutpoints(
  store: RowStore, pieces: AsyncIterable<Uint8Array>, { onRead, onStored, signal }: OutpointProgress,
): Promise<OutpointChange> {
  const listed = await load(store, signal)
  const fresh = new OutpointTable()
  const read = await collect(pieces, fresh, (view, at) => {
    if (listed.find(view, at) >= 0) return false
    if (listed.size + fresh.size >= MAX_LISTED_OUTPOINTS && fresh.find(view, at) < 0) throw tooMany()
    return true
  }, onRead)
  await new WatchRows(store).addMany('outpoint', counted(fresh, onStored), signal)
  onStored?.(fresh.size, fresh.size)
  return { changed: fresh.size, unchanged: read - fresh.size, listed: listed.size + fresh.size }
}

/** The same, the other way round. @throws WatchError `watch-malformed`; StoreError; the signal's reason */
export async function removeOutpoints(
  store: RowStore, pieces: AsyncIterable<Uint8Array>, { onRead, onStored, signal }: OutpointProgress,
): Promise<OutpointChange> {
  const listed = await load(store, signal)
  const gone = new OutpointTable()
  const read = await collect(pieces, gone, (view, at) => listed.find(view, at) >= 0, onRead)
  const rows = new WatchRows(store)
  if (gone.size > MAX_ROWS_AT_ONCE) await rows.removeMany('outpoint', counted(gone), signal)
  else await store.write(rows.ridersToRemove('outpoint', [...counted(gone)].map((key) => key.slice())))
  onStored?.(gone.size, gone.size)
  return { changed: gone.size, unchanged: read - gone.size, listed: listed.size - gone.size }
}

async function load(store: RowStore, signal?: AbortSignal): Promise<OutpointTable> {
  const set = new WatchSet()
  await new WatchRows(store).load(set, { signal })
  return set.outpoints
}

/** @returns how many were read, those that are there twice included */
async function collect(
  pieces: AsyncIterable<Uint8Array>, into: OutpointTable, isWanted: (view: DataView, at: number) => boolean,
  onRead?: (outpoints: number) => void,
): Promise<number> {
  let read = 0
  for await (const { buffer, byteOffset, length } of readOutpoints(pieces)) {
    const view = new DataView(buffer, byteOffset, length)
    for (let at = 0; at < length; at += OUTPOINT_BYTES) {
      if (isWanted(view, at)) into.add(view, at)
    }
    read += length / OUTPOINT_BYTES
    onRead?.(read)
  }
  return read
}

/** All of them, each in the same array. */
function* counted(table: OutpointTable, onStored?: (outpoints: number, of: number) => void): Generator<Uint8Array> {
  const key = new Uint8Array(OUTPOINT_BYTES)
  let count = 0
  for (const id of table.ids()) {
    table.copyKey(id, key, 0)
    yield key
    count += 1
    if (count % STORED_AT_ONCE === 0) onStored?.(count, table.size)
  }
}

function tooMany(): WatchError {
  return new WatchError(
    'too-many-outpoints',
    `the list would have more than ${MAX_LISTED_OUTPOINTS} outpoints; nothing was changed`,
    'Remove what needs no watching any more (belfry watch remove --outpoints), or watch the scripts instead of their coins.',
  )
}
