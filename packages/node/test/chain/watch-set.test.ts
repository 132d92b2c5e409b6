import assert from 'node:assert/strict'
import type { BlockRef } from '@belfry/protocol'
import {
  type BlockHash, fromHex, type Height, type Outpoint, outpointOf, splitOutpoint, toHex, type Txid,
} from '@belfry/protocol/primitives'
import * as fc from 'fast-check'
import { WatchSet } from '../../src/chain/watch-set.ts'

/** Few values, so that keys collide in part. */
const outpoint: fc.Arbitrary<Outpoint> = fc
  .tuple(fc.constantFrom('00', '01', 'ff'), fc.constantFrom('00', '7f'), fc.nat(3))
  .map(([first, last, vout]) => outpointOf(`${first}${'ab'.repeat(30)}${last}` as Txid, vout))

function keyOf(one: Outpoint): Uint8Array {
  const { txid, vout } = splitOutpoint(one)
  const key = new Uint8Array(36)
  key.set(fromHex(txid).toReversed())
  new DataView(key.buffer).setUint32(32, vout, true)
  return key
}

const unknown = (one: Outpoint): { outpoint: Outpoint; mempool_txid: null; confirmed: null } =>
  ({ outpoint: one, mempool_txid: null, confirmed: null })
const TXID = 'aa'.repeat(32) as Txid
const OTHER_TXID = 'bb'.repeat(32) as Txid
const BLOCK: BlockRef = { height: 7 as Height, hash: 'cc'.repeat(32) as BlockHash }
const ONE = outpointOf(toHex(new Uint8Array(32)) as Txid, 1)

describe('the watch set', () => {
  it('finds what was added and not removed, and nothing else, as a Set would', () => {
    const step = fc.record({ adds: fc.boolean(), outpoint, at: fc.nat(5) })
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), fc.array(outpoint, { maxLength: 20 }), (steps, asked) => {
      const set = new WatchSet()
      const model = new Set<Outpoint>()
      for (const { adds, outpoint: one } of steps) {
        if (adds) {
          set.add([unknown(one)])
          model.add(one)
        } else {
          set.remove(one)
          model.delete(one)
        }
      }
      assert.equal(set.size, model.size)
      assert.deepEqual(set.all().map((watched) => watched.outpoint), [...model])
      for (const one of [...asked, ...model]) {
        const bytes = new Uint8Array(50)
        bytes.set(keyOf(one), 9)
        assert.equal(set.find(bytes, 9)?.outpoint, model.has(one) ? one : undefined)
      }
    }))
  })

  it('adds all or none above its limit, and counts none twice', () => {
    const set = new WatchSet(2)
    const [a, b, c] = [1, 2, 3].map((vout) => unknown(outpointOf(TXID, vout)))
    assert.ok(a && b && c)
    set.add([a])
    assert.throws(() => set.add([b, c]), { code: 'too-many-watched' })
    assert.equal(set.size, 1)
    set.add([a, b])
    assert.equal(set.size, 2)
  })

  it('knows whom a mempool transaction spends, through every change', () => {
    const set = new WatchSet()
    set.add([{ outpoint: ONE, mempool_txid: TXID, confirmed: null }])
    const [watched] = set.spentInMempoolBy(TXID)
    assert.ok(watched)
    set.setMempool(watched, { txid: OTHER_TXID, from: 'zmq' })
    assert.deepEqual([set.spentInMempoolBy(TXID).length, set.spentInMempoolBy(OTHER_TXID).length], [0, 1])
    set.setConfirmed(watched, { txid: OTHER_TXID, block: BLOCK })
    assert.deepEqual([watched.mempool, set.spentInMempoolBy(OTHER_TXID).length], [null, 0])
    set.setMempool(watched, { txid: TXID, from: 'zmq' })
    set.remove(ONE)
    assert.equal(set.spentInMempoolBy(TXID).length, 0)
  })

  it('keeps a doubt that is newer than the answer', () => {
    const set = new WatchSet()
    set.add([unknown(ONE)])
    const [watched] = set.all()
    assert.ok(watched && watched.doubtedSince !== null, 'what is new is doubted')
    const asked = set.tick()
    set.doubt(watched)
    set.trust(watched, asked)
    assert.notEqual(watched.doubtedSince, null)
    set.trust(watched, set.tick())
    assert.equal(watched.doubtedSince, null)
  })

  it('leaves alone what was removed, and is watched again', () => {
    const set = new WatchSet()
    set.add([unknown(ONE)])
    const [before] = set.all()
    set.remove(ONE)
    set.add([unknown(ONE)])
    assert.ok(before && !set.holds(before))
    set.setMempool(before, { txid: TXID, from: 'zmq' })
    assert.equal(set.spentInMempoolBy(TXID).length, 0)
  })
})
