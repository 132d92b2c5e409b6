import assert from 'node:assert/strict'
import { join } from 'node:path'
import { noteEpochs, openLogOf, readEpochs } from '../../src/epochs/registry.ts'
import { KEY_SPACES, Store, StoreError } from '../../src/store/index.ts'
import { append, entriesFrom, temporaryDirectories } from '../store/support.ts'
import { firstLock, lockAfter, somebody } from './locks.ts'

const FIVE = ['alice', 'bob', 'carol', 'dave', 'erin'].map(somebody)
const FIRST = firstLock(FIVE)
const [alice = assert.fail()] = FIVE
const { lock: SECOND } = lockAfter(FIRST, FIVE, alice, somebody('frank'))

describe('the epochs of a data directory', () => {
  const newDirectory = temporaryDirectories()

  it('are kept, the oldest with the log that the store began with', async () => {
    const dir = join(await newDirectory(), 'store')
    const { store } = await Store.open(dir)
    assert.deepEqual(await readEpochs(store), [])
    const noted = await noteEpochs(store, [FIRST], [])
    assert.deepEqual(noted, [{ lock: FIRST, has_first_log: true }])
    assert.deepEqual(await noteEpochs(store, [FIRST, SECOND], noted), [{ lock: FIRST, has_first_log: true }, { lock: SECOND, has_first_log: false }])
    await store.close()
    const again = await Store.open(dir)
    assert.deepEqual(await readEpochs(again.store), [{ lock: FIRST, has_first_log: true }, { lock: SECOND, has_first_log: false }])
    await again.store.close()
  })

  it('have each a log of its own, also where the directory began with a later one', async () => {
    const dir = join(await newDirectory(), 'store')
    const { store, log } = await Store.open(dir)
    const [second = assert.fail()] = await noteEpochs(store, [SECOND], [])
    const [, first = assert.fail()] = await noteEpochs(store, [FIRST, SECOND], [second])
    assert.deepEqual([second.has_first_log, first.has_first_log], [true, false])
    assert.equal(await append((await openLogOf(store, log, first)).disk, entriesFrom(0, 3)), null)
    assert.equal(await append((await openLogOf(store, log, second)).disk, entriesFrom(0, 1)), null)
    await store.close()
    const again = await Store.open(dir)
    assert.equal((await openLogOf(again.store, again.log, first)).log.entries.length, 3)
    assert.equal((await openLogOf(again.store, again.log, second)).log.entries.length, 1)
    await again.store.close()
  })

  it('are not taken from a row that holds no lock', async () => {
    const { store } = await Store.open(join(await newDirectory(), 'store'))
    await store.write([{ key: Uint8Array.of(KEY_SPACES.epochs, 1), value: Uint8Array.of(1, 2, 3) }])
    await assert.rejects(readEpochs(store), (error) => error instanceof StoreError && error.code === 'store-damaged')
    await store.close()
  })
})
