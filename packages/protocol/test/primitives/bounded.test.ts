import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { BoundedMap } from '../../src/primitives/index.ts'

describe('BoundedMap', () => {
  it('holds the newest keys up to its limit, whatever is done to it', () => {
    const anyDeed = fc.record({ key: fc.nat(8), remove: fc.boolean() })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(anyDeed), (limit, deeds) => {
        const map = new BoundedMap<number, number>(limit)
        let model: [number, number][] = []
        for (const [at, { key, remove }] of deeds.entries()) {
          const known = model.some(([held]) => held === key)
          if (remove) {
            assert.equal(map.delete(key), known)
            model = model.filter(([held]) => held !== key)
          } else {
            map.set(key, at)
            model = known ? model.map(([held, value]) => [held, held === key ? at : value]) : [...model, [key, at]]
            model = model.slice(-limit)
          }
          assert.deepEqual([...map.entries()], model)
          assert.deepEqual([...map.keys()], model.map(([held]) => held))
          assert.equal(map.size, model.length)
          assert.equal(map.has(key), model.some(([held]) => held === key))
          assert.equal(map.get(key), model.find(([held]) => held === key)?.[1])
        }
        map.clear()
        assert.equal(map.size, 0)
      }),
    )
  })
})
