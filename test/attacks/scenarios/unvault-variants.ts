import assert from 'node:assert/strict'
import { feerate } from '../../../packages/vault/src/index.ts'
import { TEST_LIMIT_MS, clawedBack, eventually, mineEverywhere, relayed, told } from '../../support/watch.ts'
import type { Field } from '../support/field.ts'
import { assertAllRefused, assertSaved, measured } from '../support/outcome.ts'
import type { Policy } from '../support/policies.ts'
import { type Raid, clawbackOf, unvaultTxid } from '../support/raid.ts'

const VARIANTS = [2_000, 20_000, 100_000].map(feerate)
/** No output but U:0, and that is closed for now: these are all the ways in which bitcoind says so. */
const NOTHING_TO_SPEND = /non-BIP68-final|Locktime requirement not satisfied|missingorspent|truc-spent-by-nontruc/

export function unvaultVariants(policy: Policy, field: () => Field): void {
  describe('a thief who plays with the unvault', function () {
    this.timeout(TEST_LIMIT_MS)

    /** The clawback of this variant at every bitcoind. */
    async function answered(raid: Raid, variant: number): Promise<void> {
      await eventually(`the clawback of variant ${variant}`, async () => clawbackOf(raid.vault, await clawedBack(raid.cluster, raid.vault, 'mempool'))?.variant === variant)
    }

    it('is answered anew for each variant that takes the place of the one before, in the mempool', async () => {
      const raid = await field().raid('replaced in the mempool', { act_at: 'mempool', rungs: { unvault: VARIANTS } })
      const { cluster, vault } = raid
      for (const variant of VARIANTS.keys()) {
        const [sent] = await raid.thief('unvault', variant)
        assert.equal(sent?.answer, 'accepted')
        await answered(raid, variant)
      }
      await mineEverywhere(cluster)
      await clawedBack(cluster, vault, 'confirmed')
      const { fees_sats } = await assertSaved(raid)
      await measured('U replaced 2 → 20 → 100, members acting in the mempool', { policy, got: 0, cost_to_thief: 0, fees_of_coin: fees_sats, blocks: 1 })
    })

    it('is answered for the variant that confirms, where members act at one confirmation', async () => {
      const raid = await field().raid('replaced before its block', { rungs: { unvault: VARIANTS } })
      const { cluster, vault } = raid
      for (const variant of VARIANTS.keys()) assert.equal((await raid.thief('unvault', variant))[0]?.answer, 'accepted')
      assertAllRefused(await raid.thief('unvault', 0), /insufficient fee/)
      await relayed(cluster, unvaultTxid(vault, 2))
      await mineEverywhere(cluster)
      await answered(raid, 2)
      await mineEverywhere(cluster)
      await clawedBack(cluster, vault, 'confirmed')
      const { fees_sats } = await assertSaved(raid)
      await measured('U replaced 2 → 20 → 100, members acting at one confirmation', { policy, got: 0, cost_to_thief: 0, fees_of_coin: fees_sats, blocks: 2 })
    })

    it('cannot attach a child to the unvault, alone or in a package, of either version', async () => {
      const raid = await field().raid('children', { coins: { count: 1, value: 1_000_000 } })
      const { cluster, vault } = raid
      await raid.thief('unvault')
      await relayed(cluster, unvaultTxid(vault))
      const attempts = await raid.thief('children')
      assertAllRefused(attempts, NOTHING_TO_SPEND)
      await mineEverywhere(cluster)
      await clawedBack(cluster, vault, 'mempool')
      await mineEverywhere(cluster)
      await assertSaved(raid)
      await measured('children of U', { policy, got: 0, cost_to_thief: 0, tried: attempts.length, blocks: 2 })
    })

    it('cannot join, cycle or evict a clawback that is signed whole: it has no input and no output for him', async () => {
      const raid = await field().raid('joined', { act_at: 'mempool', coins: { count: 2, value: 100_000 } })
      const { cluster, vault } = raid
      await raid.thief('unvault')
      const clawback = await clawedBack(cluster, vault, 'mempool')
      const attempts = [...(await raid.thief('inflate', 0, 2)), ...(await raid.thief('cycle-in'))]
      assertAllRefused(attempts, /script-verify-flag-failed/)
      // A sibling would need another output of U to spend.
      assertAllRefused(await raid.thief('children'), /non-BIP68-final|Locktime requirement|missingorspent|truc|insufficient fee|conflict/)
      assert.equal(await clawedBack(cluster, vault, 'mempool'), clawback)
      await mineEverywhere(cluster)
      await told(cluster.members, vault, 'recovery-confirmed')
      await assertSaved(raid)
      await measured('junk inputs, replacement cycling and sibling eviction against a clawback signed ALL', { policy, got: 0, cost_to_thief: 0, tried: attempts.length, blocks: 1 })
    })
  })
}
