import assert from 'node:assert/strict'
import type { Txid } from '../../../packages/protocol/src/primitives/index.ts'
import { TEST_LIMIT_MS, eventually, mineEverywhere, placeAt, relayed } from '../../support/watch.ts'
import type { Field } from '../support/field.ts'
import { assertLossTold, assertSaved, endingAt, measured } from '../support/outcome.ts'
import type { Policy } from '../support/policies.ts'
import type { Raid } from '../support/raid.ts'

export function coldKeys(policy: Policy, field: () => Field): void {
  describe('a thief with the cold keys', function () {
    this.timeout(TEST_LIMIT_MS)
    const stolen = ['cold-keys'] as const

    /** The rung that a member sends first. */
    function topEmergency({ vault }: Raid): Txid {
      const found = vault.set.transactions.findLast(({ place }) => place.purpose === 'emergency')
      assert.ok(found)
      return found.txid
    }

    it('loses the coin to the emergency where he bids less than its top rung', async () => {
      const raid = await field().raid('a low bid', { stolen })
      const { cluster } = raid
      const [bid] = await raid.thief('cold-spend', 20)
      assert.equal(bid?.answer, 'accepted')
      await relayed(cluster, topEmergency(raid))
      await mineEverywhere(cluster)
      const { fees_sats } = await assertSaved(raid)
      await measured('cold keys, a bid of 20 sat/vB', { policy, got: 0, cost_to_thief: 0, fees_of_coin: fees_sats, blocks: 1 })
    })

    it('wins where he bids on above the top rung, and every member says so at once', async () => {
      const raid = await field().raid('bidding on', { stolen })
      const { cluster, vault } = raid
      await raid.thief('cold-spend', 20)
      await relayed(cluster, topEmergency(raid))
      const bids = await raid.thief('cold-spend', 100, 250, 300)
      assert.deepEqual(bids.map(({ answer }) => answer), ['conflict', 'conflict', 'accepted'])
      const txid = bids.at(-1)?.txid as Txid
      await relayed(cluster, txid)
      await mineEverywhere(cluster)
      assert.equal((await endingAt(cluster.regtest.node(0), vault)).holder, 'thief')
      await assertLossTold(raid, 'cold-theft', txid)
      const { value_sats, fees_sats } = await endingAt(cluster.regtest.node(0), vault)
      await measured('cold keys, bids of 20, 100, 250 and 300 sat/vB', { policy, got: value_sats, cost_to_thief: fees_sats, blocks: 1 })
    })

    it('wins where his spend is in a block before anybody saw it, and every member says so at once', async () => {
      const raid = await field().raid('mined unseen', { stolen })
      const { cluster, vault } = raid
      const [mined] = await raid.thief('mine-cold-spend', 5)
      assert.equal(mined?.answer, 'accepted')
      const txid = mined.txid as Txid
      await eventually('the theft in every chain', async () => {
        const places = await Promise.all(cluster.regtest.nodes.map((node) => placeAt(node, txid)))
        return places.every((place) => place === 'confirmed')
      })
      assert.equal((await endingAt(cluster.regtest.node(0), vault)).holder, 'thief')
      await assertLossTold(raid, 'cold-theft', txid)
      await measured('cold keys, mined unseen', { policy, got: Number(vault.plan.deposit.value) - mined.fee_sats, cost_to_thief: mined.fee_sats, blocks: 1 })
    })
  })
}
