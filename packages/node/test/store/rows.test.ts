import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { Rider } from '@belfry/runtime'
import { Level } from 'level'
import { KEY_SPACES, Store, StoreError, type StoreErrorCode } from '../../src/store/index.ts'
import { append, entriesFrom, snapshot, temporaryDirectories } from './support.ts'

const isStoreError = (code: StoreErrorCode) => (error: unknown): boolean => error instanceof StoreError && error.code === code

const wallet = (number: number, ...value: number[]): Rider => {
  return { key: Uint8Array.of(KEY_SPACES.wallets, number), value: Uint8Array.from(value) }
}

async function rowsOf(store: Store, prefix: readonly number[], reverse = false): Promise<[number[], number[]][]> {
  const rows: [number[], number[]][] = []
  for await (const { key, value } of store.rows(Uint8Array.from(prefix), { reverse })) rows.push([[...key], [...value]])
  return rows
}

describe('Store, beside the log', () => {
  const newDirectory = temporaryDirectories()

  it('writes riders with the entries, and gives them back in the order of their keys', async () => {
    const dir = join(await newDirectory(), 'store')
    const { store } = await Store.open(dir)
    const error = await new Promise((resolve) => {
      store.append(entriesFrom(0, 2), [wallet(9, 1, 2), wallet(3), wallet(255, 7)], resolve)
    })
    assert.equal(error, null)
    await store.close()
    const again = await Store.open(dir)
    assert.deepEqual(again.log.entries, entriesFrom(0, 2))
    assert.deepEqual(await rowsOf(again.store, [KEY_SPACES.wallets]), [[[4, 3], []], [[4, 9], [1, 2]], [[4, 255], [7]]])
    assert.deepEqual(await rowsOf(again.store, [KEY_SPACES.wallets], true), [[[4, 255], [7]], [[4, 9], [1, 2]], [[4, 3], []]])
    assert.deepEqual(await rowsOf(again.store, [KEY_SPACES.wallets, 255]), [[[4, 255], [7]]])
    assert.deepEqual(await rowsOf(again.store, [KEY_SPACES.payments]), [])
    await again.store.close()
  })

  it('keeps them through snapshots, and deletes a row by null', async () => {
    const dir = join(await newDirectory(), 'store')
    const { store } = await Store.open(dir)
    await append(store, entriesFrom(0, 5))
    await store.write([wallet(1, 1), wallet(2, 2), { key: Uint8Array.of(KEY_SPACES.headers), value: Uint8Array.of(3) }])
    await store.write([{ key: Uint8Array.of(KEY_SPACES.wallets, 1), value: null }])
    assert.equal(await snapshot(store, 4, Uint8Array.of(1)), null)
    assert.deepEqual(await rowsOf(store, [KEY_SPACES.wallets]), [[[4, 2], [2]]])
    await store.close()
    const again = await Store.open(dir)
    assert.deepEqual(again.log.entries, [])
    assert.deepEqual(await rowsOf(again.store, [KEY_SPACES.headers]), [[[6], [3]]])
    await again.store.close()
  })

  it('writes in the order in which it was asked, also where nobody waits', async () => {
    const { store } = await Store.open(join(await newDirectory(), 'store'))
    const writes = Array.from({ length: 200 }, (_, i) => {
      const large = new Uint8Array(i % 2 === 0 ? 200_000 : 1).fill(i)
      return store.write([{ key: Uint8Array.of(KEY_SPACES.wallets, 1), value: large }])
    })
    await Promise.all(writes)
    assert.deepEqual(await rowsOf(store, [KEY_SPACES.wallets]), [[[4, 1], [199]]])
    await store.close()
  })

  it('finishes what was asked before it is closed, and refuses what comes later', async () => {
    const dir = join(await newDirectory(), 'store')
    const { store } = await Store.open(dir)
    const writes = [store.write([wallet(1, 1)]), store.write([wallet(2, 2)])]
    await store.close()
    await Promise.all(writes)
    await assert.rejects(store.write([wallet(3, 3)]), isStoreError('store-closed'))
    const again = await Store.open(dir)
    assert.equal((await rowsOf(again.store, [KEY_SPACES.wallets])).length, 2)
    await again.store.close()
  })

  it("neither writes nor reads the log's own keys as rows, nor any that it does not know", async () => {
    const { store } = await Store.open(join(await newDirectory(), 'store'))
    for (const space of [0, 1, 8, 11, 255]) {
      const key = Uint8Array.of(space, 1)
      await assert.rejects(store.write([{ key, value: null }]), RangeError)
      await assert.rejects(rowsOf(store, [...key]), RangeError)
    }
    await assert.rejects(store.write([{ key: new Uint8Array(0), value: null }]), RangeError)
    await store.close()
  })

  it('refuses a row whose bytes changed, or that was moved, once it is read', async () => {
    for (const change of ['bytes', 'key', 'short'] as const) {
      const dir = join(await newDirectory(), 'store')
      const { store } = await Store.open(dir)
      await store.write([wallet(1, 1, 2, 3)])
      await store.close()
      const db = new Level<Uint8Array, Uint8Array>(dir, { keyEncoding: 'view', valueEncoding: 'view' })
      const value = (await db.get(Uint8Array.of(KEY_SPACES.wallets, 1)))?.slice() ?? assert.fail()
      if (change === 'bytes') value[5] = (value[5] ?? 0) ^ 1
      const to = Uint8Array.of(KEY_SPACES.wallets, change === 'key' ? 2 : 1)
      await db.put(to, change === 'short' ? value.subarray(0, 3) : value)
      await db.close()
      const again = await Store.open(dir)
      await assert.rejects(rowsOf(again.store, [KEY_SPACES.wallets]), isStoreError('store-damaged'))
      await again.store.close()
    }
  })

  it('refuses a key space that it does not know, whatever else is there', async () => {
    const dir = join(await newDirectory(), 'store')
    const { store } = await Store.open(dir)
    await append(store, entriesFrom(0, 3))
    await store.close()
    const db = new Level<Uint8Array, Uint8Array>(dir, { keyEncoding: 'view', valueEncoding: 'view' })
    await db.put(Uint8Array.of(11), Uint8Array.of(0, 0, 0, 0))
    await db.close()
    await assert.rejects(Store.open(dir), isStoreError('store-foreign'))
  })
})
