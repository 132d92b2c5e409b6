/**
 * Watches as rows of the store:
 *
 *   04 ‖ id (8)   → version (1) ‖ watch, canonical CBOR
 *
 * A row is small and is written whole at each change, so the last one written counts.
 */
import { SchemaError, concat, fromCbor, fromHex, toCbor, toHex } from '@belfry/protocol/primitives'
import type { Rider } from '@belfry/runtime'
import { KEY_SPACES, type RowStore } from '../store/index.ts'
import { WatchError } from './errors.ts'
import { MAX_WATCHES } from './limits.ts'
import { ID_BYTES, type Watch, type WatchId, watchSchema } from './watch.ts'

const VERSION = 1
const PREFIX = Uint8Array.of(KEY_SPACES.wallets)

export function riderOf({ id, ...watch }: Watch): Rider {
  const value = concat(Uint8Array.of(VERSION), toCbor(watchSchema, { ...watch, next_index: [...watch.next_index] }))
  return { key: keyOf(id), value }
}

export function removalOf(id: WatchId): Rider {
  return { key: keyOf(id), value: null }
}

/** @throws WatchError `watch-unreadable` */
export function watchOfRow(key: Uint8Array, value: Uint8Array): Watch {
  const [version] = value
  if (key.length !== PREFIX.length + ID_BYTES || version !== VERSION) {
    throw unreadable(version !== undefined && version > VERSION)
  }
  try {
    return { id: toHex(key.subarray(PREFIX.length)) as WatchId, ...fromCbor(watchSchema, value.subarray(1)) }
  } catch (error) {
    if (error instanceof SchemaError) throw unreadable(false)
    throw error
  }
}

/**
 * All watches, in the order of their ids.
 * @throws WatchError `watch-unreadable`, `too-many-watches`; StoreError
 */
export async function readWatches(store: Pick<RowStore, 'rows'>): Promise<Watch[]> {
  const watches: Watch[] = []
  for await (const { key, value } of store.rows(PREFIX)) {
    if (watches.length >= MAX_WATCHES) throw tooManyWatches()
    watches.push(watchOfRow(key, value))
  }
  return watches
}

export function tooManyWatches(): WatchError {
  return new WatchError(
    'too-many-watches',
    `one node watches at most ${MAX_WATCHES} descriptors, addresses and the like`,
    'Remove what needs no watching any more (belfry watch remove), or watch one descriptor instead of its addresses.',
  )
}

function keyOf(id: WatchId): Uint8Array {
  return concat(PREFIX, fromHex(id))
}

function unreadable(newer: boolean): WatchError {
  return newer
    ? new WatchError('watch-unreadable', 'a later version wrote what is watched', 'Run that version, or a later one.')
    : new WatchError(
        'watch-unreadable',
        'a row of what is watched cannot be read',
        'Report it, and restore the data directory from a backup; do not delete anything.',
      )
}
