/** Looks into the sign-once ledgers of a data directory, and decides of a quarantine, while the node does not run. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256 } from '@belfry/keystore'
import { type Durable, adoption, durablePart, restoration } from '@belfry/protocol'
import type { Millis } from '@belfry/protocol/primitives'
import { type Disk, type LoadedLog, type RestoredLog, restoreLog } from '@belfry/runtime'
import { openLogOf, readEpochs } from '../epochs/registry.ts'
import { Store, StoreError } from '../store/index.ts'
import { appendRecords } from './append.ts'
import { LedgerError } from './errors.ts'
import { type LedgerView, ledgerView } from './view.ts'

const STORE_DIR = 'store'

interface EpochLog {
  /** Null where the node was never started with a lock. */
  readonly epoch: number | null
  readonly disk: Disk
  readonly restored: RestoredLog<Durable>
}

export class LedgerDesk implements AsyncDisposable {
  readonly #store: Store
  readonly #logs: readonly EpochLog[]

  private constructor(store: Store, logs: readonly EpochLog[]) {
    this.#store = store
    this.#logs = logs
  }

  /**
   * While it is open no node can start on this data directory.
   * @throws LedgerError, StoreError, RuntimeError of a log that cannot be read
   */
  static async open(data_dir: string): Promise<LedgerDesk> {
    await checkPlace(data_dir)
    try {
      const { store, log } = await Store.open(join(data_dir, STORE_DIR))
      try {
        return new LedgerDesk(store, await readLogs(store, log))
      } catch (error) {
        await store.close()
        throw error
      }
    } catch (error) {
      if (error instanceof StoreError && error.code === 'store-locked') throw nodeRuns(error)
      throw error
    }
  }

  /** Of each epoch, the oldest first. */
  show(): LedgerView[] {
    return this.#logs.map(({ epoch, restored }) => ledgerView(epoch, restored.durable))
  }

  /**
   * Takes what was found for signed by this member, and ends the quarantine. On disk when it returns.
   * @returns how many statements were taken over
   * @throws LedgerError nothing-to-adopt, StoreError
   */
  async adopt(): Promise<number> {
    const decided = this.#logs.flatMap((log) => {
      const records = adoption({ sha256 }, log.restored.durable)
      return records === null ? [] : [{ log, records }]
    })
    if (decided.length === 0) {
      throw new LedgerError('nothing-to-adopt', 'this node is not in quarantine', 'Nothing is to be done: start the node.')
    }
    for (const { log, records } of decided) await appendRecords(log, records)
    return decided.flatMap(({ records }) => records).reduce((sum, one) => sum + (one.record === 'adopted' ? one.signed.length : 0), 0)
  }

  /**
   * Puts the member into quarantine because its directory was put back from a copy, be it one that was in quarantine already. On
   * disk when it returns.
   * @throws StoreError
   */
  async quarantine(at_ms: Millis): Promise<void> {
    for (const log of this.#logs) await appendRecords(log, restoration(log.restored.durable, at_ms))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store.close()
  }
}

async function readLogs(store: Store, first: LoadedLog): Promise<EpochLog[]> {
  const known = await readEpochs(store)
  if (known.length === 0) return [{ epoch: null, disk: store, restored: restoreLog(durablePart, first) }]
  const logs: EpochLog[] = []
  for (const one of known) {
    const { disk, log } = await openLogOf(store, first, one)
    logs.push({ epoch: one.lock.epoch, disk, restored: restoreLog(durablePart, log) })
  }
  return logs
}

function nodeRuns(cause: StoreError): LedgerError {
  return new LedgerError(
    'store-locked',
    'the node is running, and its ledger can be read only while it is stopped',
    'Stop the node and repeat this command; belfry node status says whether a running node is in quarantine.',
    { cause },
  )
}

/** Files that another user than the node's made in its store would keep it from starting. */
async function checkPlace(data_dir: string): Promise<void> {
  let owner: number
  try {
    owner = (await stat(join(data_dir, STORE_DIR))).uid
  } catch {
    throw new LedgerError('no-ledger', `there is no store of a node in ${data_dir}`, 'Check the data directory; a node makes its store at its first start.')
  }
  const self = process.geteuid?.()
  if (self === undefined || self === owner) return
  throw new LedgerError(
    'wrong-user',
    `the store in ${data_dir} belongs to another user`,
    `Run this as the user whom the node runs as (uid ${owner}): sudo -u '#${owner}' belfry ledger …`,
  )
}
