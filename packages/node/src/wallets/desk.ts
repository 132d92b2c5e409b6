/** Changes the list of what is watched, while the node does not run: it reads the list when it starts. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Millis } from '@belfry/protocol/primitives'
import { type DescriptorReader, type Network, loadDescriptors } from '@belfry/vault'
import { Store, StoreError } from '../store/index.ts'
import { WatchError } from './errors.ts'
import { indexesOf } from './growth.ts'
import { MAX_SCRIPTS_WHEN_ADDED, MAX_WATCHES } from './limits.ts'
import { type ReadRequest, type WatchRequest, readRequest } from './request.ts'
import { type OutpointChange, type OutpointProgress, addOutpoints, countOutpoints, removeOutpoints } from './outpoint-list.ts'
import { readWatches, removalOf, riderOf, tooManyWatches } from './rows.ts'
import { scriptsOf } from './scripts.ts'
import type { Watch } from './watch.ts'

export interface DeskInit {
  readonly data_dir: string
  /** Of the node's federation. */
  readonly network: Network
}

/** In the data directory. */
const STORE_DIR = 'store'

export class WatchDesk implements AsyncDisposable {
  readonly #network: Network
  readonly #store: Store

  private constructor(network: Network, store: Store) {
    this.#network = network
    this.#store = store
  }

  /**
   * While it is open no node can start on this data directory.
   * @throws WatchError `store-locked`, `no-data-directory`, `wrong-user`; StoreError
   */
  static async open({ data_dir, network }: DeskInit): Promise<WatchDesk> {
    await checkOwner(data_dir)
    try {
      const { store } = await Store.open(join(data_dir, STORE_DIR))
      return new WatchDesk(network, store)
    } catch (error) {
      if (error instanceof StoreError && error.code === 'store-locked') throw nodeRuns(error)
      throw error
    }
  }

  /** What is watched, in the order of the ids. @throws WatchError `watch-unreadable`; StoreError */
  async list(): Promise<Watch[]> {
    return await readWatches(this.#store)
  }

  /** On disk when it returns. @throws WatchError, DescriptorError, VaultError, StoreError; then nothing has changed */
  async add(request: WatchRequest, now_ms: Millis): Promise<ReadRequest> {
    const reader = await loadDescriptors()
    const read = readRequest(request, this.#network, reader, now_ms)
    const watches = await this.list()
    if (watches.some(({ id }) => id === read.watch.id)) {
      throw new WatchError(
        'watch-exists',
        `this is watched already, as ${read.watch.id}`,
        'To change its label, birth height or gap limit, remove it first (belfry watch remove).',
      )
    }
    if (watches.length >= MAX_WATCHES) throw tooManyWatches()
    const before = watches.reduce((sum, watch) => sum + scriptCount(watch, reader), 0)
    if (before + read.scripts > MAX_SCRIPTS_WHEN_ADDED) throw tooManyScripts(before, read.scripts)
    await this.#store.write([riderOf(read.watch)])
    return read
  }

  /**
   * On disk when it returns.
   * @param id or its beginning
   * @returns what is watched no longer
   * @throws WatchError `no-such-watch`, `watch-ambiguous`; StoreError
   */
  async remove(id: string): Promise<Watch> {
    const [watch, ...more] = id === '' ? [] : (await this.list()).filter((one) => one.id.startsWith(id))
    if (watch === undefined) {
      throw new WatchError('no-such-watch', 'nothing is watched by this id', 'See the ids with belfry watch list.')
    }
    if (more.length > 0) {
      throw new WatchError('watch-ambiguous', `${more.length + 1} ids begin so`, 'Give more digits of the id.')
    }
    await this.#store.write([removalOf(watch.id)])
    return watch
  }

  /** How many coins are on the list of outpoints. @throws StoreError */
  async listedOutpoints(): Promise<number> {
    return await countOutpoints(this.#store)
  }

  /**
   * Adds coins to the list of outpoints; see `addOutpoints`.
   * @param pieces of a text with one TXID:VOUT a line
   * @throws WatchError, StoreError; the signal's reason
   */
  async addOutpoints(pieces: AsyncIterable<Uint8Array>, progress: OutpointProgress = {}): Promise<OutpointChange> {
    return await addOutpoints(this.#store, pieces, progress)
  }

  /** Likewise. @throws WatchError, StoreError; the signal's reason */
  async removeOutpoints(pieces: AsyncIterable<Uint8Array>, progress: OutpointProgress = {}): Promise<OutpointChange> {
    return await removeOutpoints(this.#store, pieces, progress)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store.close()
  }
}

function scriptCount(watch: Watch, reader: DescriptorReader): number {
  const { branches, per_index } = scriptsOf(watch, reader)
  const indexes = Array.from({ length: branches }, (_, branch) => indexesOf(watch, branch, per_index))
  return per_index * indexes.reduce((sum, one) => sum + one, 0)
}

function tooManyScripts(before: number, more: number): WatchError {
  return new WatchError(
    'too-many-scripts',
    `${before} scripts are watched, and ${more} more would pass the ${MAX_SCRIPTS_WHEN_ADDED} that leave room to grow`,
    'Take a smaller gap limit, or remove what needs no watching any more.',
  )
}

function nodeRuns(cause: StoreError): WatchError {
  return new WatchError(
    'store-locked',
    'the node is running, and what it watches can be changed only while it is stopped',
    'Stop the node, repeat this command, and start the node again: it reads the list when it starts.',
    { cause },
  )
}

/** Files that another user than the node's made in its store would keep it from starting. */
async function checkOwner(data_dir: string): Promise<void> {
  let owner: number
  try {
    owner = (await stat(data_dir)).uid
  } catch {
    throw new WatchError(
      'no-data-directory',
      `there is no data directory ${data_dir}`,
      'Check data_dir in the configuration; belfry init makes it.',
    )
  }
  const self = process.geteuid?.()
  if (self === undefined || self === owner) return
  throw new WatchError(
    'wrong-user',
    `the data directory ${data_dir} belongs to another user`,
    `Run this as the user whom the node runs as (uid ${owner}): sudo -u '#${owner}' belfry watch …`,
  )
}
