import assert from 'node:assert/strict'
import type { RegtestNode } from '../../../packages/bitcoind/src/index.ts'
import type { Txid } from '../../../packages/protocol/src/primitives/index.ts'
import { floorRung } from '../../../packages/protocol/src/index.ts'
import { TEST_LIMIT_MS, clawbackAt, clawedBack, eventually, mineEverywhere, placeAt, relayed, told } from '../../support/watch.ts'
import { type Field, useField } from '../support/field.ts'
import { assertAllRefused, assertSaved, measured } from '../support/outcome.ts'
import type { Policy } from '../support/policies.ts'
import { type Raid, clawbackOf, mineAt, unvaultTxid } from '../support/raid.ts'

/** Short, so that the whole climb is some blocks only: rung 1 is due at 4, rung 2 at 8, the top rung at 12. */
const CSV = 24
const HALF = CSV / 2
const TOP_RUNG = 3
const SATS_PER_BTC = 100_000_000

export function feeMarket(policy: Policy, field: () => Field): void {
  describe('a fee market that rises', function () {
    this.timeout(TEST_LIMIT_MS)

    /** Until every bitcoind holds the rung that is due by now, or one above it: blocks here do not leave the ten minutes that they do in life. */
    async function climbed({ cluster, vault }: Raid, blocksSinceUnvault: number): Promise<void> {
      const due = floorRung(blocksSinceUnvault, TOP_RUNG, CSV)
      await eventually(`rung ${due}`, async () => {
        const found = await Promise.all(cluster.regtest.nodes.map((node) => clawbackAt(node, vault)))
        return found.every((one) => one !== null && (clawbackOf(vault, one.txid)?.rung ?? -1) >= due)
      })
    }

    /** It takes nothing below this: what a full block at that feerate looks like from outside. */
    const minerOf = (sat_vb: number): Promise<RegtestNode> =>
      field().stranger(`miner-${sat_vb}`, [`-blockmintxfee=${((sat_vb * 1_000) / SATS_PER_BTC).toFixed(8)}`])

    it('is followed rung by rung where it jumps to 30 and then to 200 sat/vB in the middle of an incident', async () => {
      const [at30, at200] = [await minerOf(30), await minerOf(200)]
      const raid = await field().raid('a spike', { csv: CSV })
      const { cluster, vault } = raid
      await raid.thief('unvault')
      await relayed(cluster, unvaultTxid(vault))
      await mineEverywhere(cluster)
      assert.equal(clawbackOf(vault, await clawedBack(cluster, vault, 'mempool'))?.rung, 0)

      let blocks = 1
      const waits = async (): Promise<boolean> => (await clawbackAt(cluster.regtest.node(0), vault))?.place !== 'confirmed'
      for (; blocks < CSV && (await waits()); blocks++) {
        await mineAt(raid, blocks < 6 ? at30 : at200)
        await climbed(raid, blocks)
      }
      const clawback = await clawedBack(cluster, vault, 'confirmed')
      assert.deepEqual(clawbackOf(vault, clawback)?.rung, TOP_RUNG, 'nothing below the top rung is taken at 200 sat/vB')
      assert.ok(blocks <= HALF + 2, `the top rung is due at half the window: ${blocks} blocks`)
      assertAllRefused(await raid.thief('hot-spend', 0, 1_000), /missingorspent/)
      const { fees_sats } = await assertSaved(raid)
      await measured('fee spike to 30 and then 200 sat/vB, window of 24 blocks', { policy, got: 0, cost_to_thief: 0, fees_of_coin: fees_sats, blocks })
    })
  })
}

export function fullMempools(policy: Policy): void {
  describe('full mempools', function () {
    this.timeout(TEST_LIMIT_MS)
    const field = useField(policy, ['-maxmempool=5'])

    it('with a floor above the low rungs keep those out, and the next rung that passes claws back in time', async () => {
      const raid = await field().raid('flooded', { csv: CSV, coins: { count: 60, value: 12_000_000 } })
      const { cluster, vault } = raid
      const junk = await raid.thief('flood', 12, 1)
      const floor = async (): Promise<number> => Math.min(...(await Promise.all(cluster.regtest.nodes.map(async ({ bitcoind }) => (await bitcoind.getMempoolInfo()).minFeerate))))
      const floor_sat_vb = (await eventually('every mempool full', async () => ((await floor()) > 10_000 ? await floor() : null))) / 1_000
      assert.ok(floor_sat_vb < 50, 'one rung is above the floor')
      assertAllRefused(await raid.thief('unvault'), /mempool min fee not met/)

      const [unvaulted] = await raid.thief('mine-unvault')
      assert.equal(unvaulted?.answer, 'accepted')
      await told(cluster.members, vault, 'trigger-confirmed')
      let blocks = 1
      const waits = async (): Promise<boolean> => (await clawbackAt(cluster.regtest.node(0), vault))?.place !== 'confirmed'
      for (; blocks < CSV && (await waits()); blocks++) await mineEverywhere(cluster, 1)
      const clawback = await clawedBack(cluster, vault, 'confirmed')
      assert.equal(clawbackOf(vault, clawback)?.rung, 2, 'the lowest that the floor lets in')
      assertAllRefused(await raid.thief('hot-spend', 0, 1_000), /missingorspent/)
      const { fees_sats } = await assertSaved(raid)
      const mined = await Promise.all(junk.map(async ({ txid, own_sats }) => ((await placeAt(cluster.regtest.node(0), txid as Txid)) === 'confirmed' ? own_sats : 0)))
      const spent = mined.reduce((sum, own_sats) => sum + own_sats, 0)
      await measured('full mempool, 5 MB', { policy, got: 0, cost_to_thief: spent, floor_sat_vb, fees_of_coin: fees_sats, blocks })
    })
  })
}
