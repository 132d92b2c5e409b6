import { HEADER_INDEX, type LoadedLog, type LogEntry, type LogIndex, type LogSnapshot, MAX_SNAPSHOT_BYTES } from '@belfry/runtime'
import type { Level } from 'level'
import { StoreError } from './errors.ts'
import { type LogKeys, ROW_OVERHEAD_BYTES, STORE_END } from './rows.ts'

export type LogDatabase = Level<Uint8Array, Uint8Array>

/** The rule for snapshots keeps a log far below these; above them something is wrong, and memory would not suffice. */
export interface LoadLimits {
  readonly rows: number
  readonly bytes: number
}

export const LOAD_LIMITS: LoadLimits = {
  rows: 1_000_000,
  // A snapshot, and records that may grow to its size before the next.
  bytes: 2 * (MAX_SNAPSHOT_BYTES + ROW_OVERHEAD_BYTES),
}

/**
 * The whole log, in one pass. Entries that the snapshot replaced are left out and deleted: a crash right
 * after a snapshot leaves them behind.
 * @throws StoreError `store-damaged`, `store-foreign` or `store-too-large`, and whatever level throws
 */
export async function loadLog(db: LogDatabase, keys: LogKeys, limits: LoadLimits = LOAD_LIMITS): Promise<LoadedLog> {
  await refuseForeign(db)
  let snapshot: LogSnapshot | null = null
  const entries: LogEntry[] = []
  let rows = 0
  let bytes = 0
  let replaced = false
  for await (const [key, value] of db.iterator({ gte: keys.snapshot, lt: keys.end })) {
    rows++
    bytes += key.length + value.length
    if (rows > limits.rows || bytes > limits.bytes) {
      throw new StoreError('store-too-large', `the store holds more than ${limits.rows} rows or ${limits.bytes} bytes`)
    }
    const row = keys.readRow(key, value)
    // Level's order: the snapshot comes before all entries.
    if (row.kind === 'snapshot') snapshot = row.snapshot
    else if (snapshot !== null && row.entry.index <= snapshot.index) replaced = true
    else entries.push(row.entry)
  }
  if (replaced && snapshot !== null) await deleteEntries(db, keys, snapshot.index)
  return { snapshot, entries }
}

/** What nobody here writes. */
async function refuseForeign(db: LogDatabase): Promise<void> {
  const [foreign] = await db.keys({ gte: STORE_END, limit: 1 }).all()
  if (foreign !== undefined) throw new StoreError('store-foreign', 'the database holds something else than a node writes')
}

/** In leveldb's own thread, some thousand at a time: a list of all the keys would hold up this one for 0.1 s. */
export async function deleteEntries(db: LogDatabase, keys: LogKeys, up_to: LogIndex): Promise<void> {
  await db.clear({ gte: keys.entry(HEADER_INDEX), lte: keys.entry(up_to) })
}
