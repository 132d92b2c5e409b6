import assert from 'node:assert/strict'
import { PURSE_SCRIPT } from '../../../packages/bitcoind/src/index.ts'
import { sats } from '../../../packages/protocol/src/primitives/index.ts'
import { feerate } from '../../../packages/vault/src/index.ts'
import { TEST_LIMIT_MS, clawedBack, eventually, mineEverywhere, placeAt, relayed, told } from '../../support/watch.ts'
import type { Field } from '../support/field.ts'
import { assertAllRefused, assertSaved, measured } from '../support/outcome.ts'
import type { Policy } from '../support/policies.ts'
import { type Raid, clawbackOf, unvaultTxid } from '../support/raid.ts'

const UNVAULTS = [2_000, 20_000, 100_000].map(feerate)

export function restarts(policy: Policy, field: () => Field): void {
  describe('a thief who strikes while bitcoinds restart', function () {
    this.timeout(TEST_LIMIT_MS)

    /** All at once, as after a power cut; the thief's too. Every mempool is empty then. */
    async function restartAll({ cluster, node }: Raid): Promise<void> {
      await Promise.all([...cluster.regtest.nodes, node].map((one) => one.restart()))
      await Promise.all(cluster.members.map(({ name, api }) => eventually(`${name} sees its bitcoind`, async () => (await api.status())?.ready ?? false)))
    }

    async function answered({ cluster, vault }: Raid, variant: number): Promise<void> {
      await eventually(`the clawback of variant ${variant}`, async () => clawbackOf(vault, await clawedBack(cluster, vault, 'mempool'))?.variant === variant)
    }

    it('loses a clawback that all mempools forgot: it is sent again', async () => {
      const raid = await field().raid('forgotten')
      const { cluster, vault } = raid
      await raid.thief('unvault')
      await relayed(cluster, unvaultTxid(vault))
      await mineEverywhere(cluster)
      const clawback = await clawedBack(cluster, vault, 'mempool')
      const bystander = await cluster.regtest.purse.pay([{ script: PURSE_SCRIPT, value: sats(100_000) }])
      await raid.node.bitcoind.sendRawTransaction(bystander.transaction)
      await relayed(cluster, bystander.txid)
      await restartAll(raid)
      for (const { bitcoind } of cluster.regtest.nodes) assert.equal(await bitcoind.getMempoolEntry(bystander.txid), null, 'the mempools were emptied')
      assert.equal(await clawedBack(cluster, vault, 'mempool'), clawback)
      await mineEverywhere(cluster)
      const { fees_sats } = await assertSaved(raid)
      await measured('every bitcoind restarted with an empty mempool, U confirmed', { policy, got: 0, cost_to_thief: 0, fees_of_coin: fees_sats, blocks: 2 })
    })

    it('is answered where another variant waits in the emptied mempools, in the way of the first', async () => {
      const raid = await field().raid('emptied, then another', { act_at: 'mempool', rungs: { unvault: UNVAULTS } })
      const { cluster, vault } = raid
      await raid.thief('unvault', 0)
      await answered(raid, 0)
      await restartAll(raid)
      assert.equal((await raid.thief('unvault', 2))[0]?.answer, 'accepted')
      await answered(raid, 2)
      assertAllRefused(await raid.thief('unvault', 0), /insufficient fee/)
      await mineEverywhere(cluster)
      await told(cluster.members, vault, 'recovery-confirmed')
      const { fees_sats } = await assertSaved(raid)
      await measured('every bitcoind restarted with an empty mempool, another U there first', { policy, got: 0, cost_to_thief: 0, fees_of_coin: fees_sats, blocks: 1 })
    })

    it('is answered once one variant confirms, where every member held another in its mempool', async () => {
      const raid = await field().raid('one for each', { act_at: 'mempool', rungs: { unvault: UNVAULTS } })
      const { cluster, vault, node } = raid
      const { nodes } = cluster.regtest
      const links = [...nodes, node].flatMap((one, at, all) => all.slice(at + 1).map((other) => [one, other] as const))
      for (const [one, other] of links) await one.disconnectFrom(other)
      for (const [variant, one] of nodes.entries()) {
        await one.bitcoind.sendRawTransaction(vault.set.transactions.find(({ id }) => id === `unvault-${variant}`)?.raw ?? new Uint8Array())
      }
      await told(cluster.members, vault, 'certified')
      for (const [one, other] of links) await one.connectTo(other)
      await mineEverywhere(cluster, 1, 0)
      await eventually('the coin in deep cold', async () => {
        if (await assertSaved(raid).then(() => true, () => false)) return true
        await mineEverywhere(cluster)
        return false
      })
      assert.equal(await placeAt(nodes[1] ?? node, unvaultTxid(vault, 0)), 'absent', 'its output is spent')
      const { fees_sats } = await assertSaved(raid)
      await measured('another U in each member\'s mempool', { policy, got: 0, cost_to_thief: 0, fees_of_coin: fees_sats })
    })
  })
}
