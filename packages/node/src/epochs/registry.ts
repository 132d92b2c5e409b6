/** The epochs that this data directory has been used for: which locks were adopted, so that no other may take their place. */
import { type Lock, lockPrefix, lockSchema } from '@belfry/protocol'
import { fromCbor, fromHex, toCbor } from '@belfry/protocol/primitives'
import type { LoadedLog, Rider } from '@belfry/runtime'
import { KEY_SPACES, type OpenedLog, type RowStore, type Store, StoreError } from '../store/index.ts'

/** A row: 09 ‖ lock prefix (8) → 01 where the store's first log is this epoch's, else 00 ‖ the lock, CBOR. */
export interface KnownEpoch {
  readonly lock: Lock
  readonly has_first_log: boolean
}

/** By epoch. @throws StoreError */
export async function readEpochs(store: Pick<RowStore, 'rows'>): Promise<KnownEpoch[]> {
  const epochs: KnownEpoch[] = []
  for await (const { value } of store.rows(Uint8Array.of(KEY_SPACES.epochs))) epochs.push(epochOf(value))
  return epochs.toSorted((a, b) => a.lock.epoch - b.lock.epoch)
}

/**
 * Notes the locks that are adopted. The first log of a new directory is that of the oldest.
 * @param adopted by epoch
 * @param prepare done before they are noted
 * @throws StoreError
 */
export async function noteEpochs(
  store: RowStore,
  adopted: readonly Lock[],
  known: readonly KnownEpoch[],
  prepare: (added: readonly KnownEpoch[]) => Promise<void> = async () => {},
): Promise<KnownEpoch[]> {
  const isNew = known.length === 0
  const added = adopted
    .filter(({ lock_hash }) => !known.some(({ lock }) => lock.lock_hash === lock_hash))
    .map((lock, at): KnownEpoch => ({ lock, has_first_log: isNew && at === 0 }))
  if (added.length === 0) return [...known]
  await prepare(added)
  await store.write(added.map(riderOf))
  return [...known, ...added]
}

/** @param first what the store's first log held when it was opened @throws StoreError */
export async function openLogOf(store: Store, first: LoadedLog, { lock, has_first_log }: KnownEpoch): Promise<OpenedLog> {
  return has_first_log ? { disk: store, log: first } : await store.openLog(lockPrefix(lock.lock_hash))
}

function riderOf({ lock, has_first_log }: KnownEpoch): Rider {
  const key = Uint8Array.of(KEY_SPACES.epochs, ...fromHex(lockPrefix(lock.lock_hash)))
  return { key, value: Uint8Array.of(has_first_log ? 1 : 0, ...toCbor(lockSchema, lock)) }
}

function epochOf(value: Uint8Array): KnownEpoch {
  try {
    return { has_first_log: value[0] === 1, lock: fromCbor(lockSchema, value.subarray(1)) }
  } catch (cause) {
    throw new StoreError('store-damaged', 'the store holds a lock that cannot be read', { cause })
  }
}
