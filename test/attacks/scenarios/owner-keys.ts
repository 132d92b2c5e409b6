import assert from 'node:assert/strict'
import { TEST_LIMIT_MS, clawedBack, eventually, mineEverywhere, relayed, vaultAt } from '../../support/watch.ts'
import type { Field } from '../support/field.ts'
import { assertAlarmed, assertSaved, endingAt, measured } from '../support/outcome.ts'
import { cancelWaiting } from '../support/owner.ts'
import type { Policy } from '../support/policies.ts'
import { type Raid, unvaultTxid } from '../support/raid.ts'

/** Deep enough for the anchor of an order. */
const ANCHOR_BLOCKS = 9

export function ownerKeys(policy: Policy, field: () => Field): void {
  describe('a thief with the owner\'s own keys', function () {
    this.timeout(TEST_LIMIT_MS)

    async function unvaultAndLose(raid: Raid): Promise<number> {
      const { cluster, vault } = raid
      assert.equal((await raid.thief('unvault'))[0]?.answer, 'accepted')
      await relayed(cluster, unvaultTxid(vault))
      await mineEverywhere(cluster)
      await clawedBack(cluster, vault, 'mempool')
      await mineEverywhere(cluster)
      await clawedBack(cluster, vault, 'confirmed')
      return (await assertSaved(raid)).fees_sats
    }

    it('disarms nothing by a next generation whose clawbacks are junk: the first generation claws back', async () => {
      const raid = await field().raid('superseded', { stolen: ['owner-keys'] })
      const { cluster, vault } = raid
      const [said] = await raid.thief('supersede')
      assert.equal(said?.answer, 'accepted', said?.reason ?? '')
      await mineEverywhere(cluster, 2)
      for (const member of cluster.members) {
        await eventually(`generation 2 at ${member.name}`, async () =>
          (await vaultAt(member, vault))?.manifests.some(({ generation, state }) => generation === 2 && state === 'active') ?? false)
      }
      const fees = await unvaultAndLose(raid)
      await measured('owner keys and hot key: supersede', { policy, got: 0, cost_to_thief: 0, fees_of_coin: fees, blocks: 2 })
    })

    it('disarms nothing by cancelling, destroying, revoking or withdrawing', async () => {
      const raid = await field().raid('revoked', { stolen: ['owner-keys'] })
      await mineEverywhere(raid.cluster, ANCHOR_BLOCKS)
      const said = await raid.thief('disarm')
      assert.deepEqual(said.map(({ tried, answer }) => [tried, answer]), [
        ['cancel-generation', 'rejected'],
        ['destroy', 'rejected'],
        ['revoke', 'accepted'],
        ['withdraw the active manifest', 'rejected'],
      ], JSON.stringify(said))
      const fees = await unvaultAndLose(raid)
      await measured('owner keys and hot key: cancel, destroy, revoke, withdraw', { policy, got: 0, cost_to_thief: 0, fees_of_coin: fees, blocks: 2 })
    })

    it('can have the coin brought to the owner\'s deep cold by a panic, and no further', async () => {
      const raid = await field().raid('panicked', { stolen: ['owner-keys'] })
      const { cluster } = raid
      await mineEverywhere(cluster, ANCHOR_BLOCKS)
      const [said] = await raid.thief('panic')
      assert.equal(said?.answer, 'accepted', said?.reason ?? '')
      await eventually('the emergency at every bitcoind', async () => {
        const spenders = await Promise.all(cluster.regtest.nodes.map(({ bitcoind }) => bitcoind.getTxSpendingPrevout([raid.vault.plan.deposit.outpoint])))
        return spenders.every(([one]) => one?.spender !== null)
      })
      await mineEverywhere(cluster)
      const { fees_sats } = await assertSaved(raid)
      await measured('owner keys: a panic without need', { policy, got: 0, cost_to_thief: 0, fees_of_coin: fees_sats, blocks: 1 })
    })

    it('races for the coin with the cold keys as before, where the owner cancels in its notice a generation that calls his spend an unvault', async () => {
      const raid = await field().raid('cancelled', { stolen: ['owner-keys', 'cold-keys'] })
      const { cluster, vault } = raid
      await mineEverywhere(cluster, ANCHOR_BLOCKS)
      const [said] = await raid.thief('name-cold-spend', 5)
      assert.equal(said?.answer, 'accepted', said?.reason ?? '')
      await cancelWaiting(raid)
      await mineEverywhere(cluster, 2)
      assert.equal((await raid.thief('cold-spend', 5))[0]?.answer, 'accepted')
      const top = vault.set.transactions.findLast(({ place }) => place.purpose === 'emergency')
      assert.ok(top)
      await relayed(cluster, top.txid)
      await mineEverywhere(cluster)
      const { fees_sats } = await assertSaved(raid)
      await measured('owner keys and cold keys: the generation cancelled in its notice', { policy, got: 0, cost_to_thief: 0, fees_of_coin: fees_sats, blocks: 1 })
    })

    it('takes the coin with the cold keys too, once a generation that calls his spend an unvault was not cancelled in its notice', async () => {
      const raid = await field().raid('named', { stolen: ['owner-keys', 'cold-keys'] })
      const { cluster, vault } = raid
      const [said] = await raid.thief('name-cold-spend', 5)
      assert.equal(said?.answer, 'accepted', said?.reason ?? '')
      await mineEverywhere(cluster, 2)
      for (const member of cluster.members) {
        await eventually(`generation 2 at ${member.name}`, async () =>
          (await vaultAt(member, vault))?.manifests.some(({ generation, state }) => generation === 2 && state === 'active') ?? false)
      }
      const [spent] = await raid.thief('cold-spend', 5)
      assert.equal(spent?.answer, 'accepted')
      for (const member of cluster.members) {
        const incidents = await eventually(`an incident at ${member.name}`, async () => {
          const found = (await vaultAt(member, vault))?.incidents ?? []
          return found.length > 0 ? found : null
        })
        assert.deepEqual(incidents.map(({ trigger }) => trigger), ['theft'], 'an activated generation names it')
      }
      await mineEverywhere(cluster)
      const { holder, value_sats } = await endingAt(cluster.regtest.node(0), vault)
      await measured('owner keys and cold keys: a generation that names his spend', { policy, holder, got: value_sats, cost_to_thief: spent.fee_sats, blocks: 1 })
      assert.equal(holder, 'thief')
      assert.ok(spent.txid)
      await assertAlarmed(raid, spent.txid)
    })
  })
}
