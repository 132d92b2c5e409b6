import assert from 'node:assert/strict'
import { feerate } from '../../../packages/vault/src/index.ts'
import { TEST_LIMIT_MS, clawedBack, eventually, mineEverywhere, relayed, revive } from '../../support/watch.ts'
import type { Field } from '../support/field.ts'
import { assertAllRefused, assertLossTold, assertSaved, endingAt, measured } from '../support/outcome.ts'
import type { Policy } from '../support/policies.ts'
import { clawbackOf, unvaultTxid } from '../support/raid.ts'

const CSV = 144
const UNVAULTS = [2_000, 100_000].map(feerate)
const BID_SAT_VB = 500

export function reorgs(policy: Policy, field: () => Field): void {
  describe('a thief with most of the hash power', function () {
    this.timeout(TEST_LIMIT_MS)

    for (const depth of [1, 2, 6]) {
      it(`gets nothing from a reorganisation ${depth} deep, with his own spend at ${BID_SAT_VB} sat/vB on the other branch`, async () => {
        const raid = await field().raid(`reorganised ${depth} deep`, { rungs: { unvault: UNVAULTS } })
        const { cluster, vault } = raid
        await raid.thief('unvault', 0)
        await relayed(cluster, unvaultTxid(vault, 0))
        await mineEverywhere(cluster)
        await clawedBack(cluster, vault, 'mempool')
        await mineEverywhere(cluster)
        await clawedBack(cluster, vault, 'confirmed')
        if (depth > 2) await mineEverywhere(cluster, depth - 2)

        const attempts = await raid.thief('reorg', depth, 1, BID_SAT_VB)
        const spends = attempts.filter(({ tried }) => tried.startsWith('his spend'))
        assertAllRefused(spends, /bad-txns-nonfinal|non-BIP68-final|missingorspent/)
        // One block deep the unvault stays where it was; deeper, he mines the variant that pays most.
        const variant = depth === 1 ? 0 : 1
        assert.equal(attempts.filter(({ tried, answer }) => tried.startsWith('unvault') && answer === 'accepted').length, variant)
        await eventually('the clawback of the branch', async () => clawbackOf(vault, await clawedBack(cluster, vault, 'mempool'))?.variant === variant)
        assertAllRefused(await raid.thief('hot-spend', variant, BID_SAT_VB), /non-BIP68-final/)
        await mineEverywhere(cluster)
        await clawedBack(cluster, vault, 'confirmed')
        const { fees_sats } = await assertSaved(raid)
        await measured(`reorganisation ${depth} deep, theft at ${BID_SAT_VB} sat/vB on the other branch`, { policy, got: 0, cost_to_thief_blocks: depth + 1, fees_of_coin: fees_sats })
      })
    }

    it('wins where the clawback came so late that the other branch reaches depth 144, and every member says so at once', async () => {
      const raid = await field().raid('late, and reorganised')
      const { cluster, vault } = raid
      await Promise.all(cluster.members.map((member) => member.kill()))
      await raid.thief('unvault')
      await relayed(cluster, unvaultTxid(vault))
      await mineEverywhere(cluster, CSV - 1)
      await revive(cluster, cluster.members)
      await clawedBack(cluster, vault, 'mempool')
      await mineEverywhere(cluster)
      await clawedBack(cluster, vault, 'confirmed')

      const attempts = await raid.thief('reorg', 1, 0, BID_SAT_VB)
      assert.deepEqual(attempts.map(({ answer }) => answer), ['rejected', 'accepted'])
      const txid = attempts.at(-1)?.txid
      assert.ok(txid)
      await eventually('the theft in every chain', async () =>
        (await Promise.all(cluster.regtest.nodes.map((node) => endingAt(node, vault)))).every(({ holder }) => holder === 'thief'))
      await assertLossTold(raid, 'theft', txid)
      const { value_sats, fees_sats } = await endingAt(cluster.regtest.node(0), vault)
      await measured('reorganisation 1 deep of a clawback confirmed at depth 144', { policy, got: value_sats, cost_to_thief_blocks: 2, fees_of_coin: fees_sats })
    })
  })
}
