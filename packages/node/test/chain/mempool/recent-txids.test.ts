import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import type { Txid } from '@belfry/protocol/primitives'
import { RecentTxids } from '../../../src/chain/mempool/recent-txids.ts'

const anyDeed = fc.record({ name: fc.nat(12), remove: fc.boolean() })
const txidOf = (name: number): Txid => name.toString(16).padStart(64, '0') as Txid

describe('RecentTxids', () => {
  it('knows the last so many that were added, unless they were deleted', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 5 }), fc.array(anyDeed, { maxLength: 60 }), (limit, deeds) => {
      const txids = new RecentTxids(limit)
      const present = new Set<number>()
      let added: number[] = []
      for (const { name, remove } of deeds) {
        if (remove) {
          const mustBeThere = present.has(name) && added.slice(-limit).includes(name)
          const wasThere = txids.delete(txidOf(name))
          if (mustBeThere) assert.ok(wasThere)
          if (wasThere) assert.ok(present.has(name))
          assert.ok(!txids.delete(txidOf(name)), 'deleted once')
          present.delete(name)
        } else {
          txids.add(txidOf(name))
          present.add(name)
          added = [...added.filter((one) => one !== name), name]
        }
      }
    }))
  })

  it('forgets what was added long ago', () => {
    const txids = new RecentTxids(3)
    for (let name = 0; name < 100; name++) txids.add(txidOf(name))
    const known = Array.from({ length: 100 }, (_, name) => name).filter((name) => txids.delete(txidOf(name)))
    assert.ok(known.length >= 3 && known.length <= 6, `${known.length} are known`)
    assert.deepEqual(known, Array.from({ length: known.length }, (_, at) => 100 - known.length + at))
  })
})
