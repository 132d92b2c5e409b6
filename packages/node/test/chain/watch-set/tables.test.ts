import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { ChainError } from '../../../src/chain/errors.ts'
import { Seeded, TABLES, type Table, type TableKind } from './support.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** Beside a map, with random additions, removals and searches; every so often all of it is compared. */
class Walk {
  readonly table: Table
  readonly model = new Map<string, { readonly key: Uint8Array; readonly id: number }>()
  readonly seeded: Seeded
  readonly kind: TableKind
  readonly gone: Uint8Array[] = []

  constructor(kind: TableKind, seed: number) {
    this.kind = kind
    this.seeded = new Seeded(seed)
    this.table = kind.create({ random: this.seeded.draw })
  }

  run(steps: number, removals: number): void {
    for (let i = 0; i < steps; i++) {
      if (this.seeded.below(100) < removals) this.remove()
      else this.add()
    }
  }

  add(): void {
    const again = this.seeded.below(4) === 0 ? this.gone[this.seeded.below(this.gone.length || 1)] : undefined
    const key = again ?? this.kind.key(this.seeded)
    const known = this.model.get(hex(key))
    assert.equal(this.table.find(key), known?.id ?? -1)
    const id = this.table.add(key)
    if (known !== undefined) assert.equal(id, known.id)
    this.model.set(hex(key), { key, id })
    assert.equal(this.table.find(key), id)
  }

  remove(): void {
    const entries = [...this.model.values()]
    const entry = entries[this.seeded.below(entries.length || 1)]
    if (entry === undefined) return
    this.table.remove(entry.id)
    this.model.delete(hex(entry.key))
    this.gone.push(entry.key)
    assert.equal(this.table.find(entry.key), -1)
  }

  compare(): void {
    assert.equal(this.table.size, this.model.size)
    for (const { key, id } of this.model.values()) {
      assert.equal(this.table.find(key), id)
      assert.equal(hex(this.table.keyOf(id)), hex(key))
    }
    for (const key of this.gone) if (!this.model.has(hex(key))) assert.equal(this.table.find(key), -1)
    const ids = [...this.table.ids()].toSorted((a, b) => a - b)
    assert.deepEqual(ids, [...this.model.values()].map(({ id }) => id).toSorted((a, b) => a - b))
  }
}

for (const kind of TABLES) {
  describe(kind.name, () => {
    it('finds what was added and not removed, and nothing else, through growth and shrinking', () => {
      const stages = fc.array(fc.record({ steps: fc.nat(400), removals: fc.constantFrom(0, 30, 50, 95) }), { maxLength: 6 })
      fc.assert(
        fc.property(fc.nat(), stages, (seed, plan) => {
          const walk = new Walk(kind, seed)
          for (const { steps, removals } of plan) {
            walk.run(steps, removals)
            walk.compare()
          }
        }),
        { numRuns: 40 },
      )
    })

    it('does so while a growth is under way that one addition does not end', () => {
      const walk = new Walk(kind, 7)
      const { seeded, table, model } = walk
      // Past 24,576 the slots double, and 1,024 of 32,768 are moved with each change.
      while (table.size <= 24_576) {
        const key = kind.common(seeded)
        model.set(hex(key), { key, id: table.add(key) })
      }
      const bytes = table.bytes
      walk.compare()
      const entries = [...model.values()]
      for (let i = 0; i < 8; i++) {
        const { key, id } = entries[i * 1_000] ?? assert.fail()
        table.remove(id)
        model.delete(hex(key))
        walk.gone.push(key)
        walk.compare()
      }
      table.settle()
      walk.compare()
      assert.ok(table.bytes < bytes, 'the old slots are still there')
    })

    it('gives freed numbers again before new ones', () => {
      const { table, model, seeded } = new Walk(kind, 1)
      const key = (): Uint8Array => kind.common(seeded)
      for (let i = 0; i < 1_000; i++) {
        const added = key()
        model.set(hex(added), { key: added, id: table.add(added) })
      }
      for (const { id } of model.values()) if (id % 2 === 0) table.remove(id)
      const bytes = table.bytes
      const again = Array.from({ length: 500 }, () => table.add(key()))
      assert.equal(new Set(again).size, 500)
      for (const id of again) assert.ok(id < 1_000 && id % 2 === 0, String(id))
      assert.equal(table.bytes, bytes)
    })

    it('does not wear out: after many rounds it takes no more memory and finds all', () => {
      const walk = new Walk(kind, 2)
      for (let i = 0; i < 300; i++) walk.add()
      const { bytes } = walk.table
      for (let i = 0; i < 20_000; i++) {
        const [oldest] = walk.model.values()
        if (oldest === undefined) assert.fail()
        walk.table.remove(oldest.id)
        walk.model.delete(hex(oldest.key))
        const key = kind.common(walk.seeded)
        walk.model.set(hex(key), { key, id: walk.table.add(key) })
      }
      walk.compare()
      assert.ok(walk.table.bytes <= bytes, `${walk.table.bytes} of ${bytes}`)
    })

    it('refuses more than its limit, stays as it is, and takes one in place of another', () => {
      const seeded = new Seeded(3)
      const table = kind.create({ limit: 3 })
      const keys = Array.from({ length: 4 }, () => kind.common(seeded))
      const [first, , third, fourth] = keys
      if (first === undefined || third === undefined || fourth === undefined) assert.fail()
      for (const key of keys.slice(0, 3)) table.add(key)
      assert.throws(() => table.add(fourth), (error) => error instanceof ChainError && error.code === 'too-many-watched')
      assert.deepEqual(keys.map((key) => table.find(key)), [0, 1, 2, -1])
      assert.equal(table.add(first), 0)
      table.remove(2)
      assert.equal(table.add(fourth), 2)
      assert.equal(table.find(third), -1)
      assert.equal(table.limit, 3)
    })

    it('refuses to remove what is not there, and is none the worse', () => {
      const table = kind.create()
      const key = kind.key(new Seeded(4))
      const id = table.add(key)
      assert.throws(() => table.remove(id + 1), RangeError)
      assert.throws(() => table.remove(-1), RangeError)
      assert.throws(() => table.remove(5_000_000), RangeError)
      table.remove(id)
      assert.throws(() => table.remove(id), RangeError)
      assert.equal(table.size, 0)
      assert.equal(table.add(key), id)
    })

    it('makes room at once, whether empty or not', () => {
      const walk = new Walk(kind, 5)
      for (let i = 0; i < 100; i++) walk.add()
      walk.table.reserve(10_000)
      const { bytes } = walk.table
      walk.compare()
      for (let i = 0; i < 3_000; i++) {
        const key = kind.common(walk.seeded)
        walk.model.set(hex(key), { key, id: walk.table.add(key) })
      }
      walk.compare()
      assert.ok(walk.table.bytes <= bytes + 200_000, 'it grew all the same')
    })
  })
}
