import assert from 'node:assert/strict'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import type { Rider } from '@belfry/runtime'
import * as fc from 'fast-check'
import { WatchSet } from '../../../src/chain/watch-set/index.ts'
import { KEY_SPACES, type RowStore, Store, StoreError, type WatchKind, WatchRows } from '../../../src/store/index.ts'
import { FOLD_RULE, type FoldRule } from '../../../src/store/watch/index.ts'
import { Seeded } from '../../chain/watch-set/support.ts'
import { temporaryDirectories } from '../support.ts'

const KINDS: readonly WatchKind[] = ['outpoint', 'script', 'txid-locator', 'hashed-locator']
const BYTES: Readonly<Record<WatchKind, number>> = { outpoint: 36, script: 34, 'txid-locator': 16, 'hashed-locator': 16 }
/** So that a few changes are folded. */
const EAGER: FoldRule = { min: 3, removed: 1 / 4, waste: 1 / 4 }
/** Whatever there is to fold. */
const ALWAYS: FoldRule = { min: 0, removed: 0, waste: 0 }
const NEVER: FoldRule = { min: Infinity, removed: 1, waste: 1 }

/** The same for the same number; scripts of many lengths. */
function entryOf(kind: WatchKind, number: number): Uint8Array {
  const length = kind === 'script' && number % 3 === 0 ? number * 37 % 10_001 : BYTES[kind]
  return new Seeded(number).bytes(length)
}

/** As text, so that sets can be compared. */
function contentsOf(set: WatchSet): string[] {
  const keys: string[] = []
  const push = (kind: WatchKind, key: Uint8Array): number => keys.push(`${kind} ${Buffer.from(key).toString('hex')}`)
  const copied = (table: { copyKey(id: number, into: Uint8Array, at: number): void }, id: number, bytes: number): Uint8Array => {
    const key = new Uint8Array(bytes)
    table.copyKey(id, key, 0)
    return key
  }
  for (const id of set.outpoints.ids()) push('outpoint', copied(set.outpoints, id, 36))
  for (const id of set.scripts.ids()) push('script', set.scripts.scriptOf(id))
  for (const id of set.txidLocators.ids()) push('txid-locator', copied(set.txidLocators, id, 16))
  for (const id of set.hashedLocators.ids()) push('hashed-locator', copied(set.hashedLocators, id, 16))
  return keys.toSorted()
}

async function loaded(store: RowStore, rule: FoldRule = NEVER): Promise<string[]> {
  const set = new WatchSet()
  await new WatchRows(store).load(set, { rule })
  return contentsOf(set)
}

/** The process ends right before a certain write. */
class Mortal implements RowStore {
  readonly #store: Store
  #left: number
  readonly rows: Store['rows']

  constructor(store: Store, writes: number) {
    this.#store = store
    this.#left = writes
    this.rows = (prefix, order) => store.rows(prefix, order)
  }

  get died(): boolean {
    return this.#left < 0
  }

  readonly write = (riders: readonly Rider[]): Promise<void> => {
    this.#left--
    return this.#left < 0 ? Promise.reject(new Error('killed')) : this.#store.write(riders)
  }
}

async function countRows(store: RowStore, space: number): Promise<number> {
  let count = 0
  for await (const { key } of store.rows(Uint8Array.of(space))) count += key.length > 0 ? 1 : 0
  return count
}

describe('WatchRows', () => {
  const newDirectory = temporaryDirectories()
  const opened: Store[] = []
  afterEach(() => Promise.all(opened.splice(0).map((store) => store.close())))

  async function newStore(): Promise<Store> {
    const { store } = await Store.open(join(await newDirectory(), 'store'))
    opened.push(store)
    return store
  }

  it('gives back what was added and not removed, whatever was folded in between', async () => {
    const change = fc.record({
      kind: fc.constantFrom(...KINDS),
      what: fc.constantFrom('add', 'remove', 'add-many', 'remove-many', 'load'),
      numbers: fc.array(fc.nat(40), { maxLength: 12 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 25 }), async (changes) => {
        const store = await newStore()
        const rows = new WatchRows(store)
        const model = new Set<string>()
        for (const { kind, what, numbers } of changes) {
          const entries = numbers.map((number) => entryOf(kind, number))
          if (what === 'add') await store.write(rows.ridersToAdd(kind, entries))
          if (what === 'remove') await store.write(rows.ridersToRemove(kind, entries))
          if (what === 'add-many') await rows.addMany(kind, entries)
          if (what === 'remove-many') await rows.removeMany(kind, entries)
          if (what === 'load') assert.deepEqual(await loaded(store, EAGER), [...model].toSorted())
          for (const entry of entries) {
            const name = `${kind} ${Buffer.from(entry).toString('hex')}`
            if (what === 'remove' || what === 'remove-many') model.delete(name)
            if (what === 'add' || what === 'add-many') model.add(name)
          }
        }
        assert.deepEqual(await loaded(store, EAGER), [...model].toSorted())
        assert.deepEqual(await loaded(store), [...model].toSorted())
      }),
      { numRuns: 30 },
    )
  })

  for (const kind of KINDS) {
    // Long scripts would make thousands of segments; two are enough.
    const bytesAt = (number: number): number => (kind === 'script' && number < 2 ? 10_000 : BYTES[kind])
    const entries = [...Array(10_000).keys()].map((number) => new Seeded(number).bytes(bytesAt(number)))
    const name = (entry: Uint8Array): string => `${kind} ${Buffer.from(entry).toString('hex')}`

    for (const removals of [0, 4_000]) {
      it(`loses and brings back no ${kind} when killed before any write of a fold, with ${removals} removed`, async () => {
        const before = join(await newDirectory(), 'store')
        const { store: first } = await Store.open(before)
        const rows = new WatchRows(first)
        await rows.addMany(kind, entries.slice(0, 5_000))
        await first.write(rows.ridersToRemove(kind, entries.slice(0, removals)))
        await first.write(rows.ridersToAdd(kind, entries.slice(5_000)))
        // There twice: in a segment and in the tail.
        await first.write(rows.ridersToAdd(kind, entries.slice(4_500, 4_600)))
        await first.close()
        const expected = entries.slice(removals).map(name).toSorted()

        for (let writes = 0; ; writes++) {
          assert.ok(writes < 100, 'a fold without an end')
          const dir = join(await newDirectory(), 'store')
          await cp(before, dir, { recursive: true })
          const { store } = await Store.open(dir)
          const mortal = new Mortal(store, writes)
          const load = loaded(mortal, ALWAYS)
          if (await load.then(() => true, () => false)) {
            assert.ok(writes > 0, 'nothing was folded')
            assert.deepEqual(await load, expected)
            assert.equal(await countRows(store, KEY_SPACES.watchTail), 0)
            assert.deepEqual(await loaded(store), expected)
            await store.close()
            break
          }
          assert.ok(mortal.died)
          assert.deepEqual(await loaded(store), expected)
          assert.deepEqual(await loaded(store, ALWAYS), expected)
          assert.equal(await countRows(store, KEY_SPACES.watchTail), 0)
          await store.close()
        }
      })
    }
  }

  it('packs a long tail into segments, and leaves a short one', async () => {
    const store = await newStore()
    const rows = new WatchRows(store)
    const entries = [...Array(FOLD_RULE.min + 1).keys()].map((number) => entryOf('outpoint', number))
    await store.write(rows.ridersToAdd('outpoint', entries.slice(1)))
    await loaded(store, FOLD_RULE)
    assert.equal(await countRows(store, KEY_SPACES.watchTail), FOLD_RULE.min)
    await store.write(rows.ridersToAdd('outpoint', entries))
    assert.equal((await loaded(store, FOLD_RULE)).length, entries.length)
    assert.equal(await countRows(store, KEY_SPACES.watchTail), 0)
    assert.equal(await countRows(store, KEY_SPACES.watchSegments), Math.ceil(entries.length / 4_096))
  })

  it('writes segments anew that hold the same too often', async () => {
    const store = await newStore()
    const rows = new WatchRows(store)
    const entries = [...Array(9_000).keys()].map((number) => entryOf('outpoint', number))
    for (let i = 0; i < 3; i++) await rows.addMany('outpoint', entries)
    assert.equal(await countRows(store, KEY_SPACES.watchSegments), 9)
    assert.equal((await loaded(store, FOLD_RULE)).length, 9_000)
    assert.equal(await countRows(store, KEY_SPACES.watchSegments), 3)
    assert.equal((await loaded(store)).length, 9_000)
  })

  it('adds few as rows of the tail, and many, also from a generator that uses one array, as segments', async () => {
    const store = await newStore()
    const rows = new WatchRows(store)
    await rows.addMany('outpoint', [entryOf('outpoint', 1)])
    assert.equal(await countRows(store, KEY_SPACES.watchSegments), 0)
    await rows.addMany('outpoint', [])
    const shared = new Uint8Array(36)
    const many = function* (): Generator<Uint8Array> {
      for (let number = 2; number < 6_000; number++) {
        shared.set(entryOf('outpoint', number))
        yield shared
      }
    }
    await rows.addMany('outpoint', many())
    assert.equal(await countRows(store, KEY_SPACES.watchTail), 1)
    const expected = [...Array(5_999).keys()].map((i) => `outpoint ${Buffer.from(entryOf('outpoint', i + 1)).toString('hex')}`)
    assert.deepEqual(await loaded(store), expected.toSorted())
  })

  it('adds many of which the tail says that they were removed', async () => {
    const store = await newStore()
    const rows = new WatchRows(store)
    const entries = [...Array(1_000).keys()].map((number) => entryOf('outpoint', number))
    await rows.addMany('outpoint', entries)
    await store.write(rows.ridersToRemove('outpoint', entries.slice(0, 600)))
    assert.equal((await loaded(store)).length, 400)
    await rows.addMany('outpoint', entries.slice(0, 500))
    assert.equal((await loaded(store)).length, 900)
  })

  it('loses nothing else when killed before any write of a removal, and completes it when it is repeated', async () => {
    const before = join(await newDirectory(), 'store')
    const { store: first } = await Store.open(before)
    const entries = [...Array(10_000).keys()].map((number) => entryOf('outpoint', number))
    const rows = new WatchRows(first)
    await rows.addMany('outpoint', entries.slice(0, 9_000))
    await first.write(rows.ridersToAdd('outpoint', entries.slice(9_000)))
    await first.write(rows.ridersToRemove('outpoint', entries.slice(0, 100)))
    const all = await loaded(first)
    await first.close()
    const names = entries.map((entry) => `outpoint ${Buffer.from(entry).toString('hex')}`)
    const left = [...names.slice(100, 1_000), ...names.slice(9_500)].toSorted()
    for (let writes = 0, isDone = false; !isDone; writes++) {
      assert.ok(writes < 100, 'a removal without an end')
      const dir = join(await newDirectory(), 'store')
      await cp(before, dir, { recursive: true })
      const { store } = await Store.open(dir)
      const removal = new WatchRows(new Mortal(store, writes)).removeMany('outpoint', entries.slice(1_000, 9_500))
      isDone = await removal.then(() => true, () => false)
      const found = new Set(await loaded(store))
      assert.ok(left.every((name) => found.has(name)) && found.size <= all.length)
      await new WatchRows(store).removeMany('outpoint', entries.slice(1_000, 9_500))
      assert.deepEqual(await loaded(store), left)
      assert.equal(await countRows(store, KEY_SPACES.watchTail), 0)
      await store.close()
    }
  })

  it('tells how far it is, and of how many', async () => {
    const store = await newStore()
    const rows = new WatchRows(store)
    await rows.addMany('outpoint', [...Array(10_000).keys()].map((number) => entryOf('outpoint', number)))
    const told: [number, number][] = []
    await rows.load(new WatchSet(), { progress: (entries, total) => told.push([entries, total]) })
    assert.deepEqual(told, [[4_096, 10_000], [8_192, 10_000], [10_000, 10_000]])
  })

  it('stops where it is told to', async () => {
    const store = await newStore()
    const rows = new WatchRows(store)
    const entries = [...Array(5_000).keys()].map((number) => entryOf('outpoint', number))
    const signal = AbortSignal.abort(new Error('enough'))
    await assert.rejects(rows.addMany('outpoint', entries, signal), /enough/)
    await rows.addMany('outpoint', entries)
    await assert.rejects(rows.load(new WatchSet(), { signal }), /enough/)
  })

  it('refuses what is no entry, and a set that holds something', async () => {
    const store = await newStore()
    const rows = new WatchRows(store)
    for (const [kind, bytes] of [['outpoint', 35], ['outpoint', 0], ['txid-locator', 32], ['script', 10_001]] as const) {
      assert.throws(() => rows.ridersToAdd(kind, [new Uint8Array(bytes)]), RangeError)
      assert.throws(() => rows.ridersToRemove(kind, [new Uint8Array(bytes)]), RangeError)
      await assert.rejects(rows.addMany(kind, [new Uint8Array(bytes)]), RangeError)
    }
    const set = new WatchSet()
    set.scripts.add(Uint8Array.of(1))
    await assert.rejects(rows.load(set), RangeError)
  })

  describe('says that the store is damaged for', () => {
    const { watchSegments, watchTail } = KEY_SPACES
    const damages: Readonly<Record<string, readonly [number[], number[]]>> = {
      'a segment that ends within an outpoint': [[watchSegments, 0, 0, 0, 0, 0], Array<number>(37).fill(0)],
      'a segment that ends within a script': [[watchSegments, 1, 0, 0, 0, 0], [0, 3, 1, 2]],
      'a segment that ends within the length of a script': [[watchSegments, 1, 0, 0, 0, 0], [0, 1, 1, 0]],
      'a script of a segment that is too long': [[watchSegments, 1, 0, 0, 0, 0], [0x27, 0x11, ...Array<number>(10_001).fill(0)]],
      'a segment of an unknown kind': [[watchSegments, 4, 0, 0, 0, 0], []],
      'a segment without a number': [[watchSegments, 0], []],
      'a change of an unknown kind': [[watchTail, 9, 1], [1]],
      'a change of nothing': [[watchTail], [1]],
      'a change of less than an outpoint': [[watchTail, 0, 1], [1]],
      'a change that says nothing': [[watchTail, 1, 1], []],
      'a change that is neither addition nor removal': [[watchTail, 1, 1], [2]],
    }
    for (const [what, [key, value]] of Object.entries(damages)) {
      it(what, async () => {
        const store = await newStore()
        await store.write([{ key: Uint8Array.from(key), value: Uint8Array.from(value) }])
        await assert.rejects(loaded(store), (error) => error instanceof StoreError && error.code === 'store-damaged')
      })
    }
  })
})
