import { chmod, mkdir } from 'node:fs/promises'
import type { Disk, DiskDone, LoadedLog, LogEntry, LogIndex, Rider } from '@belfry/runtime'
import { Level } from 'level'
import { StoreError, storeErrorOf } from './errors.ts'
import { LOAD_LIMITS, type LoadLimits, type LogDatabase, deleteEntries, loadLog } from './load.ts'
import { LogKeys, STORE_END, entryValue, isRiderKey, readRider, riderValue } from './rows.ts'

/** To everyone but this user the store is closed: it holds policies and the rhythm of check-ins. */
const DIRECTORY_MODE = 0o700

export interface OpenedStore {
  readonly store: Store
  /** What it held. */
  readonly log: LoadedLog
}

export interface OpenedLog {
  readonly disk: Disk
  /** What it held. */
  readonly log: LoadedLog
}

/** A row outside of the log. */
export interface StoredRow {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

export interface RowOrder {
  readonly reverse?: boolean
  /** The first of their keys in the order of the keys, or where it would be. */
  readonly from?: Uint8Array
}

/** What a keeper of such rows needs of the store. */
export type RowStore = Pick<Store, 'rows' | 'write'>

/**
 * The log of one member on level, those of the other epochs that it serves, and the rows of others beside them. While it is
 * open no other process can open it.
 */
export class Store implements Disk {
  readonly #dir: string
  readonly #db: LogDatabase
  /** The last write asked for, if it is under way; never rejects. */
  #write: Promise<void> = Promise.resolve()
  /** After a write that failed nobody knows what is on the disk: there is no second try on top of it. */
  #failure: StoreError | null = null
  #closed = false

  private constructor(dir: string, db: LogDatabase) {
    this.#dir = dir
    this.#db = db
  }

  /**
   * Opens the store in this directory, which is made where it is missing.
   * @throws StoreError
   */
  static async open(dir: string, limits: LoadLimits = LOAD_LIMITS): Promise<OpenedStore> {
    try {
      await mkdir(dir, { recursive: true, mode: DIRECTORY_MODE })
      await chmod(dir, DIRECTORY_MODE)
      const db: LogDatabase = new Level(dir, { keyEncoding: 'view', valueEncoding: 'view' })
      await db.open()
      try {
        const log = await loadLog(db, LogKeys.first, limits)
        return { store: new Store(dir, db), log }
      } catch (error) {
        await db.close()
        throw error
      }
    } catch (error) {
      throw await storeErrorOf(error, dir)
    }
  }

  /**
   * The log of another epoch. What comes with its entries is written with them, as with those of the first.
   * @param lock_prefix the first 8 bytes of the lock hash, hex
   * @throws StoreError
   */
  async openLog(lock_prefix: string, limits: LoadLimits = LOAD_LIMITS): Promise<OpenedLog> {
    const keys = LogKeys.ofEpoch(lock_prefix)
    try {
      const log = await loadLog(this.#db, keys, limits)
      const disk: Disk = {
        append: (entries, riders, done) => this.#append(keys, entries, riders, done),
        snapshot: (index, bytes, done) => this.#snapshot(keys, index, bytes, done),
      }
      return { disk, log }
    } catch (error) {
      throw await storeErrorOf(error, this.#dir)
    }
  }

  append(entries: readonly LogEntry[], riders: readonly Rider[], done: DiskDone): void {
    this.#append(LogKeys.first, entries, riders, done)
  }

  snapshot(index: LogIndex, bytes: Uint8Array, done: DiskDone): void {
    this.#snapshot(LogKeys.first, index, bytes, done)
  }

  /**
   * Rows outside of the log, in one synced batch, after all that was written before.
   * @throws StoreError
   */
  write(riders: readonly Rider[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.append([], riders, (error) => {
        if (error === null) resolve()
        else reject(error)
      })
    })
  }

  /**
   * The rows outside of the log whose keys start so, in the order of their keys, as they are now.
   * @throws StoreError
   */
  async *rows(prefix: Uint8Array, { reverse = false, from = prefix }: RowOrder = {}): AsyncGenerator<StoredRow, void, undefined> {
    if (!isRiderKey(prefix)) throw new RangeError('these rows are not to be read')
    try {
      for await (const [key, value] of this.#db.iterator({ gte: from, lt: endOf(prefix), reverse })) {
        yield { key, value: readRider(key, value) }
      }
    } catch (error) {
      throw await storeErrorOf(error, this.#dir)
    }
  }

  /** Waits for the writes under way. Writes asked for later fail with `store-closed`. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#write
    await this.#db.close()
  }

  #append(keys: LogKeys, entries: readonly LogEntry[], riders: readonly Rider[], done: DiskDone): void {
    const batch = [...entries.map((entry) => operationOfEntry(keys, entry)), ...riders.map(operationOfRider)]
    this.#start(() => this.#db.batch(batch, { sync: true }), done)
  }

  /**
   * The synced write of the snapshot alone decides: once it is there, loading leaves out the entries up to its index,
   * whether or not a crash came before they were deleted.
   */
  #snapshot(keys: LogKeys, index: LogIndex, bytes: Uint8Array, done: DiskDone): void {
    this.#start(async () => {
      await this.#db.put(keys.snapshot, keys.snapshotValue(index, bytes), { sync: true })
      await deleteEntries(this.#db, keys, index)
    }, done)
  }

  /** One after the other: leveldb's threads would write two batches in any order. */
  #start(write: () => Promise<void>, done: DiskDone): void {
    const closed = this.#closed
    const before = this.#write
    this.#write = before.then(() => this.#attempt(closed ? refuse : write, done))
  }

  async #attempt(write: () => Promise<void>, done: DiskDone): Promise<void> {
    let error: StoreError | null = this.#failure
    try {
      if (error === null) await write()
    } catch (cause) {
      error = await storeErrorOf(cause, this.#dir)
      this.#failure = error
    }
    // Out of this promise: what the loop does next is no part of the write, and its errors are not ours to catch.
    process.nextTick(done, error)
  }
}

type Operation =
  | { readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: Uint8Array }

function operationOfEntry(keys: LogKeys, { index, bytes }: LogEntry): Operation {
  const key = keys.entry(index)
  return { type: 'put', key, value: entryValue(key, bytes) }
}

function operationOfRider({ key, value }: Rider): Operation {
  if (!isRiderKey(key)) throw new RangeError("a rider's key is of one of the key spaces that are not the log's")
  return value === null ? { type: 'del', key } : { type: 'put', key, value: riderValue(key, value) }
}

async function refuse(): Promise<never> {
  throw new StoreError('store-closed', 'the store is closed')
}

/** The first key that does not start so and comes after all that do. */
function endOf(prefix: Uint8Array): Uint8Array {
  const end = prefix.slice()
  for (let at = end.length - 1; at >= 0; at--) {
    const byte = end[at] ?? 0
    if (byte === 0xff) continue
    end[at] = byte + 1
    return end.subarray(0, at + 1)
  }
  return STORE_END
}
