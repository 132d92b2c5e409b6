import assert from 'node:assert/strict'
import type { BlockRef } from '@belfry/protocol'
import { type BlockHash, type Height, type Outpoint, outpointOf, toHex, type Txid } from '@belfry/protocol/primitives'
import * as fc from 'fast-check'
import { WatchSet } from '../../../src/chain/watch-set/index.ts'
import { keyOfOutpoint, outpointOfKey, WatchedCoins } from '../../../src/chain/watched/index.ts'

/** Few values, so that keys collide in part. */
const outpoint: fc.Arbitrary<Outpoint> = fc
  .tuple(fc.constantFrom('00', '01', 'ff'), fc.constantFrom('00', '7f'), fc.nat(3))
  .map(([first, last, vout]) => outpointOf(`${first}${'ab'.repeat(30)}${last}` as Txid, vout))

const unknown = (one: Outpoint): { outpoint: Outpoint; mempool_txid: null; confirmed: null } =>
  ({ outpoint: one, mempool_txid: null, confirmed: null })
const TXID = 'aa'.repeat(32) as Txid
const OTHER_TXID = 'bb'.repeat(32) as Txid
const BLOCK: BlockRef = { height: 7 as Height, hash: 'cc'.repeat(32) as BlockHash }
const ONE = outpointOf(toHex(new Uint8Array(32)) as Txid, 1)

const viewOf = (one: Outpoint): DataView => new DataView(keyOfOutpoint(one).buffer)

describe('the key of an outpoint', () => {
  it('names the same outpoint, wherever it stands', () => {
    fc.assert(fc.property(outpoint, fc.nat(9), (one, at) => {
      const bytes = new Uint8Array(50)
      bytes.set(keyOfOutpoint(one), at)
      assert.equal(outpointOfKey(bytes, at), one)
    }))
  })
})

describe('the watched coins', () => {
  it('are found while anybody watches them, and no longer', () => {
    const owner = fc.constantFrom('core' as const, 'received' as const, 'payment' as const)
    const step = fc.record({ adds: fc.boolean(), outpoint, owner })
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const set = new WatchSet()
      const coins = new WatchedCoins(set)
      const model = new Map<Outpoint, Set<string>>()
      for (const { adds, outpoint: one, owner } of steps) {
        const owners = model.get(one) ?? new Set()
        if (adds) {
          coins.add([unknown(one)], owner)
          model.set(one, owners.add(owner))
        } else {
          coins.remove(one, owner)
          owners.delete(owner)
          if (owners.size === 0) model.delete(one)
        }
      }
      assert.equal(set.outpoints.size, model.size)
      assert.deepEqual(
        new Map(coins.all().map((watched) => [watched.outpoint, new Set<string>(watched.owners)])),
        model,
      )
      for (const one of model.keys()) assert.equal(coins.stateOf(one)?.outpoint, one)
    }))
  })

  it('are on a list where only the table has them, also when somebody else watches them, too', () => {
    const set = new WatchSet()
    const coins = new WatchedCoins(set)
    set.outpoints.add(viewOf(ONE), 0)
    assert.equal(coins.hasUnspoken, true)
    assert.deepEqual([coins.all().length, coins.get(ONE)], [0, null])
    coins.add([unknown(ONE)], 'core')
    coins.remove(ONE, 'core')
    assert.deepEqual([...coins.stateOf(ONE)?.owners ?? []], ['list'])
    coins.remove(ONE, 'list')
    assert.equal(set.outpoints.size, 0)
  })

  it('have no room for a state above the limit, which the core is told and a payment only loses its trace by', () => {
    const refused: string[] = []
    const coins = new WatchedCoins(new WatchSet(), 2, (outpoint) => refused.push(outpoint))
    const [a, b, c] = [1, 2, 3].map((vout) => unknown(outpointOf(TXID, vout)))
    assert.ok(a && b && c)
    coins.add([a], 'core')
    assert.throws(() => coins.add([b, c], 'core'), { code: 'too-many-watched' })
    coins.add([a, b], 'core')
    assert.equal(coins.all().length, 2)
    assert.equal(coins.follow(c.outpoint), null)
    assert.deepEqual(refused, [c.outpoint], 'and it is said')
    assert.ok(coins.follow(a.outpoint)?.owners.has('payment'))
  })

  it('leave room for the coins of vaults, however much strangers pay to a watched script', () => {
    const set = new WatchSet()
    const coins = new WatchedCoins(set, 30)
    const [dust, listed, vault] = ['aa', 'bb', 'cc'].map((byte) =>
      Array.from({ length: 30 }, (_, vout) => outpointOf(byte.repeat(32) as Txid, vout)))
    assert.ok(dust && listed && vault)
    for (const one of listed) set.outpoints.add(viewOf(one), 0)
    assert.equal(dust.filter((one) => coins.receive(one)).length, 20)
    assert.deepEqual([coins.follow(outpointOf(TXID, 99)), coins.stateOf(listed[0] ?? ONE)], [null, null])
    coins.add(vault.slice(0, 10).map(unknown), 'core')
    assert.throws(() => coins.add(vault.slice(10).map(unknown), 'core'), { code: 'too-many-watched' })
  })

  it('knows whom a mempool transaction spends, through every change', () => {
    const coins = new WatchedCoins(new WatchSet())
    coins.add([{ outpoint: ONE, mempool_txid: TXID, confirmed: null }], 'core')
    const [watched] = coins.spentInMempoolBy(TXID)
    assert.ok(watched)
    coins.setMempool(watched, { txid: OTHER_TXID, from: 'zmq' })
    assert.deepEqual([coins.spentInMempoolBy(TXID).length, coins.spentInMempoolBy(OTHER_TXID).length], [0, 1])
    coins.setConfirmed(watched, { txid: OTHER_TXID, block: BLOCK })
    assert.deepEqual([watched.mempool, coins.spentInMempoolBy(OTHER_TXID).length], [null, 0])
    coins.setMempool(watched, { txid: TXID, from: 'zmq' })
    coins.remove(ONE, 'core')
    assert.equal(coins.spentInMempoolBy(TXID).length, 0)
  })

  it('keeps a doubt that is newer than the answer', () => {
    const coins = new WatchedCoins(new WatchSet())
    coins.add([unknown(ONE)], 'core')
    const [watched] = coins.all()
    assert.ok(watched && watched.doubtedSince !== null, 'what is new is doubted')
    const asked = coins.tick()
    coins.doubt(watched)
    coins.trust(watched, asked)
    assert.notEqual(watched.doubtedSince, null)
    coins.trust(watched, coins.tick())
    assert.equal(watched.doubtedSince, null)
  })

  it('leaves alone what was removed, and is watched again', () => {
    const coins = new WatchedCoins(new WatchSet())
    coins.add([unknown(ONE)], 'core')
    const [before] = coins.all()
    coins.remove(ONE, 'core')
    coins.add([unknown(ONE)], 'core')
    assert.ok(before && !coins.holds(before))
    coins.setMempool(before, { txid: TXID, from: 'zmq' })
    assert.equal(coins.spentInMempoolBy(TXID).length, 0)
  })
})
