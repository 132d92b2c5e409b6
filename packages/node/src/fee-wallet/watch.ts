/**
 * The fee wallet's coins are found as a person's are: its descriptor is one more thing on the list of what is watched. So
 * the follower, the gap limit, the search of old blocks and the rows of coins are shared, and `belfry watch list` shows it.
 */
import type { Height, Millis } from '@belfry/protocol/primitives'
import type { FeeAccount, FeeKeyPath } from '@belfry/vault'
import type { RowStore } from '../store/index.ts'
import type { WatchBook, WatchId } from '../wallets/index.ts'
import { DEFAULT_GAP_LIMIT, MAX_WATCHES } from '../wallets/limits.ts'
import { readWatches, riderOf, tooManyWatches } from '../wallets/rows.ts'
import { newWatch } from '../wallets/watch.ts'

const LABEL = 'fee wallet'
const BRANCHES = 2

/**
 * To be called before what is watched is read.
 * @param birth_height of the key; null: from the next start on, which is right for one that was just made
 * @throws WatchError, StoreError
 */
export async function ensureFeeWatch(
  store: RowStore, account: FeeAccount, birth_height: number | null, now_ms: Millis,
): Promise<WatchId> {
  const watch = newWatch({
    network: account.network,
    source: { kind: 'descriptor', descriptor: account.descriptor },
    label: LABEL,
    added_at_ms: now_ms,
    gap_limit: DEFAULT_GAP_LIMIT,
    birth_height: birth_height as Height | null,
    branches: BRANCHES,
  })
  const watches = await readWatches(store)
  if (watches.some(({ id }) => id === watch.id)) return watch.id
  // One more than can be read would keep the node from starting.
  if (watches.length >= MAX_WATCHES) throw tooManyWatches()
  await store.write([riderOf(watch)])
  return watch.id
}

/** What the list of watches knows of the fee wallet. */
export interface FeeWatch {
  /** null: not a script of the fee wallet, as far as it is derived. */
  pathOf(script: Uint8Array): FeeKeyPath | null
  /** One above the highest index that was paid. */
  nextIndex(branch: FeeKeyPath['branch']): number
  /** Old blocks are still searched for its coins. */
  readonly is_searching: boolean
}

export function feeWatchOf(watches: WatchBook, id: WatchId): FeeWatch {
  return {
    pathOf(script) {
      const place = watches.placesOf(script).find(({ watch }) => watch === id)
      if (place === undefined) return null
      return { branch: place.branch === 0 ? 0 : 1, index: place.index }
    },
    nextIndex: (branch) => watches.get(id)?.watch.next_index[branch] ?? 0,
    get is_searching() {
      return watches.get(id)?.watch.scan.state === 'running'
    },
  }
}
