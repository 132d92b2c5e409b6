import assert from 'node:assert/strict'
import type { Txid } from '../../../packages/protocol/src/primitives/index.ts'
import { TEST_LIMIT_MS, clawedBack, eventually, mineEverywhere, relayed, revive, told } from '../../support/watch.ts'
import type { Field } from '../support/field.ts'
import { assertAllRefused, assertLossTold, assertSaved, endingAt, measured } from '../support/outcome.ts'
import type { Policy } from '../support/policies.ts'
import { unvaultTxid } from '../support/raid.ts'

const CSV = 144

export function hotKey(policy: Policy, field: () => Field): void {
  describe('a thief with the hot key', function () {
    this.timeout(TEST_LIMIT_MS)

    it('gets nothing from U:0 at once, at depth 143, or at depth 144: the clawback has long confirmed', async () => {
      const raid = await field().raid('spent at once')
      const { cluster, vault } = raid
      const [unvault] = await raid.thief('unvault')
      assert.equal(unvault?.answer, 'accepted')
      assertAllRefused(await raid.thief('hot-spend', 0, 5, 1_000), /non-BIP68-final/)

      await relayed(cluster, unvaultTxid(vault))
      await mineEverywhere(cluster)
      await clawedBack(cluster, vault, 'mempool')
      assertAllRefused(await raid.thief('hot-spend', 0, 1_000), /non-BIP68-final/)
      await mineEverywhere(cluster)
      await clawedBack(cluster, vault, 'confirmed')
      await mineEverywhere(cluster, CSV - 3)
      const late = await raid.thief('hot-spend', 0, 1_000)
      await mineEverywhere(cluster)
      assertAllRefused([...late, ...(await raid.thief('hot-spend', 0, 1_000))], /missingorspent/)
      const { fees_sats } = await assertSaved(raid)
      await told(cluster.members, vault, 'settled')
      await measured('hot key at once, at depth 143, at depth 144', { policy, got: 0, cost_to_thief: 0, fees_of_coin: fees_sats, blocks: 2 })
    })

    it('takes the coin at depth 144, and not at 143, where no member runs; they say so as soon as they are back', async () => {
      const raid = await field().raid('nobody watches')
      const { cluster, vault } = raid
      await Promise.all(cluster.members.map((member) => member.kill()))
      await raid.thief('unvault')
      await relayed(cluster, unvaultTxid(vault))
      await mineEverywhere(cluster, CSV - 1)
      assertAllRefused(await raid.thief('hot-spend', 0, 1_000), /non-BIP68-final/)
      await mineEverywhere(cluster)
      const [theft] = await raid.thief('hot-spend', 0, 5)
      assert.equal(theft?.answer, 'accepted')
      assert.ok(theft.txid)
      await eventually('the theft relayed', async () => (await cluster.regtest.node(0).bitcoind.getMempoolEntry(theft.txid as Txid)) !== null)
      await mineEverywhere(cluster)
      const { holder, value_sats } = await endingAt(cluster.regtest.node(0), vault)
      assert.equal(holder, 'thief')

      await revive(cluster, cluster.members)
      await assertLossTold(raid, 'theft', theft.txid)
      await measured('hot key, no member running for 144 blocks', { policy, got: value_sats, cost_to_thief: 0, fee_of_theft: theft.fee_sats, blocks: CSV })
    })

    it('loses the coin still where the members are back at depth 143', async () => {
      const raid = await field().raid('back at the last moment')
      const { cluster, vault } = raid
      await Promise.all(cluster.members.map((member) => member.kill()))
      await raid.thief('unvault')
      await relayed(cluster, unvaultTxid(vault))
      await mineEverywhere(cluster, CSV - 1)
      await revive(cluster, cluster.members)
      const clawback = await clawedBack(cluster, vault, 'mempool')
      assert.equal(clawback, vault.set.transactions.findLast(({ place }) => place.purpose === 'clawback')?.txid, 'the top rung')
      await mineEverywhere(cluster)
      assertAllRefused(await raid.thief('hot-spend', 0, 1_000), /missingorspent/)
      const { fees_sats } = await assertSaved(raid)
      await measured('hot key, members back at depth 143', { policy, got: 0, cost_to_thief: 0, fees_of_coin: fees_sats, blocks: CSV })
    })
  })
}
