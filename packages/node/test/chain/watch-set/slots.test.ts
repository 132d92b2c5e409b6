import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { type Hashed, Slots } from '../../../src/chain/watch-set/slots.ts'

/** Hashes that crowd into a few homes, the last ones among them, so that probing wraps around. */
const crowded = fc.oneof(
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  fc.integer({ min: 0, max: 4_095 }).map((low) => low - 4_096 | 0),
  fc.integer({ min: 0, max: 4_095 }),
)
const SIZES = { bits: 8, entries: 192 }

class Hashes implements Hashed {
  readonly hashes: readonly number[]

  constructor(hashes: readonly number[]) {
    this.hashes = hashes
  }

  hashOf(id: number): number {
    return this.hashes[id] ?? assert.fail(`${id} is asked for`)
  }
}

describe('Slots', () => {
  it('has after any removals the prefilter of a table that never held what was removed', () => {
    fc.assert(
      fc.property(
        fc.array(crowded, { minLength: 1, maxLength: SIZES.entries }),
        fc.array(fc.nat(), { maxLength: SIZES.entries }),
        fc.array(crowded, { maxLength: 100 }),
        (hashes, removals, others) => {
          const entries = new Hashes(hashes)
          const slots = new Slots(SIZES.bits)
          const left = new Set(hashes.keys())
          for (const id of left) slots.put(entries.hashOf(id), id)
          for (const removal of removals) {
            const id = removal % hashes.length
            if (!left.delete(id)) continue
            const at = slots.placeOf(entries.hashOf(id), id)
            assert.notEqual(at, -1)
            slots.remove(at, entries.hashOf(id), entries)
          }
          const fresh = new Slots(SIZES.bits)
          for (const id of left) fresh.put(entries.hashOf(id), id)
          for (const hash of [...hashes, ...others]) assert.equal(slots.mayHold(hash), fresh.mayHold(hash))
          for (const [id, hash] of hashes.entries()) {
            assert.equal(slots.placeOf(hash, id) >= 0, left.has(id))
            if (left.has(id)) assert.ok(slots.mayHold(hash))
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  it('goes on past what was killed, and finds it no more', () => {
    const hash = 5
    const slots = new Slots(SIZES.bits)
    for (let id = 0; id < 3; id++) slots.put(hash, id)
    slots.kill(slots.placeOf(hash, 1))
    assert.deepEqual([0, 1, 2].map((id) => slots.placeOf(hash, id) >= 0), [true, false, true])
    // The tag of a killed slot is 0.
    assert.equal(slots.seek(0, slots.homeOf(hash)), -1)
  })
})
