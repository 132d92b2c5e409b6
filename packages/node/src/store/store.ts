import { chmod, mkdir } from 'node:fs/promises'
import type { Disk, DiskDone, LoadedLog, LogEntry, LogIndex } from '@belfry/runtime'
import { Level } from 'level'
import { StoreError, storeErrorOf } from './errors.ts'
import { LOAD_LIMITS, type LoadLimits, type LogDatabase, deleteEntries, loadLog } from './load.ts'
import { SNAPSHOT_KEY, entryKey, entryValue, snapshotValue } from './rows.ts'

/** To everyone but this user the store is closed: it holds policies and the rhythm of check-ins. */
const DIRECTORY_MODE = 0o700

export interface OpenedStore {
  readonly store: Store
  /** What it held. */
  readonly log: LoadedLog
}

/** The log of one member on level. While it is open no other process can open it. */
export class Store implements Disk {
  readonly #dir: string
  readonly #db: LogDatabase
  /** The write under way, if any; never rejects. */
  #write: Promise<void> = Promise.resolve()
  /** After a write that failed nobody knows what is on the disk: there is no second try on top of it. */
  #ended: StoreError | null = null

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
        const log = await loadLog(db, limits)
        return { store: new Store(dir, db), log }
      } catch (error) {
        await db.close()
        throw error
      }
    } catch (error) {
      throw await storeErrorOf(error, dir)
    }
  }

  append(entries: readonly LogEntry[], done: DiskDone): void {
    this.#start(async () => {
      const puts = entries.map(({ index, bytes }) => {
        const key = entryKey(index)
        return { type: 'put' as const, key, value: entryValue(key, bytes) }
      })
      await this.#db.batch(puts, { sync: true })
    }, done)
  }

  /**
   * The synced write of the snapshot alone decides: once it is there, loading leaves out the entries up to its index,
   * whether or not a crash came before they were deleted.
   */
  snapshot(index: LogIndex, bytes: Uint8Array, done: DiskDone): void {
    this.#start(async () => {
      await this.#db.put(SNAPSHOT_KEY, snapshotValue(index, bytes), { sync: true })
      await deleteEntries(this.#db, index)
    }, done)
  }

  /** Waits for the write under way. Writes asked for later fail with `store-closed`. */
  async close(): Promise<void> {
    this.#ended ??= new StoreError('store-closed', 'the store is closed')
    await this.#write
    await this.#db.close()
  }

  #start(write: () => Promise<void>, done: DiskDone): void {
    this.#write = this.#attempt(write, done)
  }

  async #attempt(write: () => Promise<void>, done: DiskDone): Promise<void> {
    let error: StoreError | null = this.#ended
    try {
      if (error === null) await write()
    } catch (cause) {
      error = await storeErrorOf(cause, this.#dir)
      this.#ended = error
    }
    // Out of this promise: what the loop does next is no part of the write, and its errors are not ours to catch.
    process.nextTick(done, error)
  }
}
