/**
 * What the epochs that are no longer served have left unguarded. There are ever more of them, and a log may be large; but nothing is
 * written to the log of one while it is not served, so what it says is noted once, and the log is not read again.
 */
import { MAX_VAULTS, lockPrefix } from '@belfry/protocol'
import { fromCbor, fromHex, s, toCbor } from '@belfry/protocol/primitives'
import type { LoadedLog } from '@belfry/runtime'
import { KEY_SPACES, type Store, StoreError } from '../store/index.ts'
import { type KnownEpoch, openLogOf } from './registry.ts'
import { leftUnguarded } from './unserved.ts'

/** A row: 0a ‖ lock prefix (8) → names of vaults, CBOR. There is none of an epoch that is served. */
const names = s.list(s.text(64), MAX_VAULTS)

/**
 * By name, of vaults.
 * @param first what the store's first log held when it was opened
 * @throws StoreError
 */
export async function leftBehind(store: Store, first: LoadedLog, epoch: KnownEpoch): Promise<readonly string[]> {
  const key = keyOf(epoch)
  for await (const { value } of store.rows(key)) {
    return read(value)
  }
  const left = leftUnguarded((await openLogOf(store, first, epoch)).log)
  await store.write([{ key, value: toCbor(names, left) }])
  return left
}

/** Before their logs are written to: what was noted of them is no longer so. @throws StoreError */
export async function forgetLeft(store: Pick<Store, 'rows' | 'write'>, served: readonly KnownEpoch[]): Promise<void> {
  const noted: Uint8Array[] = []
  for (const epoch of served) for await (const { key } of store.rows(keyOf(epoch))) noted.push(key)
  if (noted.length > 0) await store.write(noted.map((key) => ({ key, value: null })))
}

function keyOf({ lock }: KnownEpoch): Uint8Array {
  return Uint8Array.of(KEY_SPACES.leftBehind, ...fromHex(lockPrefix(lock.lock_hash)))
}

function read(value: Uint8Array): readonly string[] {
  try {
    return fromCbor(names, value)
  } catch (cause) {
    throw new StoreError('store-damaged', 'the store holds names of vaults that cannot be read', { cause })
  }
}
