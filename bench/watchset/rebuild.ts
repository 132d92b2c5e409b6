import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WatchSet } from '../../packages/node/src/chain/watch-set/index.ts'
import { Store, WatchRows } from '../../packages/node/src/store/index.ts'
import { collectGarbage } from './heap.ts'
import { each, KEY_BYTES, type Keys } from './keys.ts'

/** As a node does it at start: from rows that were written before, by another opening of the store. */
export async function measureRebuild(keys: Keys, samples: number, wrong: string[], signal: AbortSignal): Promise<number[]> {
  const dir = await mkdtemp(join(tmpdir(), 'belfry-watchset-'))
  try {
    const { store } = await Store.open(dir)
    await new WatchRows(store).addMany('outpoint', each(keys), signal)
    await store.close()
    const times_ms: number[] = []
    for (let i = 0; i < samples; i++) times_ms.push(await rebuild(dir, keys, wrong, signal))
    return times_ms
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

async function rebuild(dir: string, keys: Keys, wrong: string[], signal: AbortSignal): Promise<number> {
  collectGarbage()
  const started_ms = performance.now()
  const { store } = await Store.open(dir)
  const set = new WatchSet()
  await new WatchRows(store).load(set, { signal })
  const time_ms = performance.now() - started_ms
  await store.close()
  if (set.outpoints.size !== keys.count) wrong.push(`rebuilt: ${set.outpoints.size} of ${keys.count}`)
  const copy = new Uint8Array(KEY_BYTES)
  let different = 0
  for (let at = 0; at < keys.view.byteLength; at += KEY_BYTES) {
    const id = set.outpoints.find(keys.view, at)
    if (id >= 0) set.outpoints.copyKey(id, copy, 0)
    if (id < 0 || keys.bytes.compare(copy, 0, KEY_BYTES, at, at + KEY_BYTES) !== 0) different++
  }
  if (different > 0) wrong.push(`rebuilt: ${different} are not what was written`)
  return time_ms
}
