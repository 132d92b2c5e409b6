/** What the chain watcher begins with: everything that the store holds for it. */
import type { Network } from '@belfry/vault'
import { HEADER_ROWS, type HeaderRow, keyOfOutpoint, WatchSet } from '../chain/index.ts'
import { lastTold, type MovementBookInit, readCoins, readFacts } from '../movements/index.ts'
import { type RowStore, WatchRows } from '../store/index.ts'
import { WatchBook } from '../wallets/index.ts'

export interface Loaded {
  /** All that people asked to watch. */
  readonly watchSet: WatchSet
  /** How many coins are on the list of outpoints. */
  readonly listed: number
  readonly watches: WatchBook
  readonly movements: MovementBookInit
  readonly headers: readonly HeaderRow[]
}

export interface LoadProgress {
  /** Of lists of coins, scripts and locators. */
  readonly onEntries: (read: number, total: number) => void
}

/** @throws StoreError, WatchError, ChainError too-many-watched */
export async function loadWatching(store: RowStore, network: Network, { onEntries }: LoadProgress): Promise<Loaded> {
  const watchSet = new WatchSet()
  await new WatchRows(store).load(watchSet, { progress: onEntries })
  const listed = watchSet.outpoints.size
  const watches = await WatchBook.load(store, network)
  for (const { script } of watches.scripts()) watchSet.scripts.add(script)
  for (const { outpoint } of watches.outpoints()) watchSet.outpoints.add(viewOf(keyOfOutpoint(outpoint)), 0)
  const isSearched = [...watches.entries()].every(({ watch }) => watch.scan.state === 'done')
  return {
    watchSet,
    listed,
    watches,
    movements: {
      stored: await all(readCoins(store)),
      lastTold: await lastTold(store),
      facts: isSearched ? new Set() : await readFacts(store),
    },
    headers: await all(store.rows(Uint8Array.of(HEADER_ROWS))),
  }
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = []
  for await (const item of items) collected.push(item)
  return collected
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}
