import assert from 'node:assert/strict'
import type { RegtestNode } from '../../../packages/bitcoind/src/index.ts'
import { type Txid, outpointOf } from '../../../packages/protocol/src/primitives/index.ts'
import { feerate } from '../../../packages/vault/src/index.ts'
import { TEST_LIMIT_MS, eventually, mineEverywhere, relayed, revive } from '../../support/watch.ts'
import { Bumper } from '../support/bumper.ts'
import type { Field } from '../support/field.ts'
import { assertSaved, measured } from '../support/outcome.ts'
import type { Policy } from '../support/policies.ts'
import { type Raid, clawbackOf, mineAt } from '../support/raid.ts'

const CSV = 24
const CLAWBACKS = [2_000, 10_000, 50_000, 250_000, 1_000_000].map(feerate)
const JUNK_INPUTS = 180
const JUNK_SATS = 900

/** The member that bumps is played by the test, with the set's own A and P; the other members are down meanwhile. */
export function feeCoins(policy: Policy, field: () => Field): void {
  describe('a thief who adds to what fee coins pay for', function () {
    this.timeout(TEST_LIMIT_MS)

    async function unvaulted(name: string, coins: { count: number; value: number }): Promise<Raid> {
      return await field().raid(name, { csv: CSV, rungs: { clawback: CLAWBACKS }, fee_coins: { anyone_can_pay: true, anchored: true }, coins })
    }

    afterEach(async () => {
      const { members } = field().cluster
      await revive(field().cluster, members.filter(({ isRunning }) => !isRunning))
    })

    async function whileNobodyWatches(raid: Raid): Promise<RegtestNode> {
      await Promise.all(raid.cluster.members.map((member) => member.kill()))
      assert.equal((await raid.thief('mine-unvault'))[0]?.answer, 'accepted')
      await raid.cluster.regtest.waitForSameTip()
      return raid.cluster.regtest.node(0)
    }

    /** sat/vB of the rungs that the mempool would take now. */
    async function passing({ vault }: Raid, { bitcoind }: RegtestNode): Promise<number[]> {
      const rungs = vault.set.transactions.filter(({ place }) => place.purpose === 'clawback' && place.variant === 0)
      const answers = await Promise.all(rungs.map(async ({ raw, feerate: rate }) => ({ rate, answer: await bitcoind.testAccept([raw]) })))
      return answers.flatMap(({ rate, answer }) => (answer.kind === 'accepted' ? [rate / 1_000] : []))
    }

    it('pins A with junk inputs against every rung but the one of 1,000 sat/vB, and that one claws back', async () => {
      const raid = await unvaulted('junk on A', { count: JUNK_INPUTS, value: JUNK_SATS })
      const { cluster, vault } = raid
      const bumper = await Bumper.with(raid, 3_000)
      const node = await whileNobodyWatches(raid)
      const joined = bumper.joined()
      assert.equal((await node.bitcoind.broadcast(joined.raw)).kind, 'accepted')
      await eventually('A at the thief', async () => (await raid.node.bitcoind.getMempoolEntry(joined.txid)) !== null)
      const [appended, replaced] = await raid.thief('inflate', 0, JUNK_INPUTS)
      assert.equal(appended?.answer, 'script-invalid', 'the fee coin is signed for these inputs alone')
      assert.equal(replaced?.answer, 'accepted', replaced?.reason ?? '')
      await relayed(cluster, replaced.txid as Txid)
      const passes = await passing(raid, node)
      assert.deepEqual(passes, [1_000])

      await revive(cluster, cluster.members)
      const miner = await field().stranger('miner-100', ['-blockmintxfee=0.001'])
      const top = vault.set.transactions.findLast(({ place }) => place.purpose === 'clawback')
      assert.ok(top)
      let blocks = 1
      for (; blocks < CSV; blocks++) {
        await mineAt(raid, miner)
        if ((await miner.bitcoind.getTxOut(outpointOf(top.txid, 0), false)) !== null) break
        if (blocks >= CSV / 2) await relayed(cluster, top.txid)
      }
      const { txid, fees_sats } = await assertSaved(raid)
      assert.equal(txid === null ? null : clawbackOf(vault, txid)?.rung, CLAWBACKS.length - 1)
      await measured('junk inputs on A', { policy, got: 0, cost_to_thief: 0, bid_of_thief: replaced.own_sats, vsize: replaced.vsize ?? 0, passes: passes.join(' '), fees_of_coin: fees_sats, blocks })
    })

    it('cycles A out of the mempool at more than its whole fee, and the next rung takes its place', async () => {
      const raid = await unvaulted('A, cycled', { count: 2, value: 60_000 })
      const { cluster } = raid
      const bumper = await Bumper.with(raid, 20_000)
      const node = await whileNobodyWatches(raid)
      const joined = bumper.joined()
      assert.equal((await node.bitcoind.broadcast(joined.raw)).kind, 'accepted')
      await eventually('A at the thief', async () => (await raid.node.bitcoind.getMempoolEntry(joined.txid)) !== null)
      const [entered] = await raid.thief('cycle-in')
      assert.equal(entered?.answer, 'accepted', entered?.reason ?? '')
      await relayed(cluster, entered.txid as Txid)
      const [left] = await raid.thief('cycle-out')
      assert.equal(left?.answer, 'accepted', left?.reason ?? '')
      await relayed(cluster, left.txid as Txid)
      assert.equal(await node.bitcoind.getMempoolEntry(joined.txid), null)
      assert.deepEqual(await passing(raid, node), [2, 10, 50, 250, 1_000], 'nothing is in the way')

      await revive(cluster, cluster.members)
      await mineEverywhere(cluster)
      await eventually('the recovery', async () => {
        if ((await node.bitcoind.getTxOut(raid.vault.plan.deposit.outpoint, false)) !== null) return false
        await mineEverywhere(cluster)
        return await assertSaved(raid).then(() => true, () => false)
      })
      const { fees_sats } = await assertSaved(raid)
      await measured('replacement cycling of A', { policy, got: 0, cost_to_thief: left.own_sats, per: 'cycle', fees_of_coin: fees_sats })
    })

    it('pins P with a junk child, and a child that pays more takes its place', async () => {
      const raid = await unvaulted('junk on P2A', { count: 1, value: 5_000_000 })
      const { cluster } = raid
      const bumper = await Bumper.with(raid, 1_000_000)
      const node = await whileNobodyWatches(raid)
      const { parent } = bumper.anchored({})
      assert.equal((await node.bitcoind.broadcast(parent.raw)).kind, 'accepted')
      await eventually('P at the thief', async () => (await raid.node.bitcoind.getMempoolEntry(parent.txid)) !== null)
      const attempts = [
        ...(await raid.thief('anchor-child', 0, 2_270, 1.01, 2)),
        ...(await raid.thief('anchor-child', 0, 2_270, 1.01, 3)),
        ...(await raid.thief('anchor-child', 0, 18, 1.01, 3)),
      ]
      // TRUC: a child has the parent's version, and 1,000 vB at most.
      const wanted = policy === 'enforce' ? [/truc-spent-by-nontruc/, /truc-vsize-toobig|truc-child-toobig/, null] : [null, /./, /./]
      for (const [at, reason] of wanted.entries()) {
        const { answer, reason: words, tried } = attempts[at] ?? assert.fail('three attempts')
        if (reason === null) assert.equal(answer, 'accepted', `${tried}: ${words ?? ''}`)
        else assert.match(words ?? '', reason, tried)
      }
      const pin = attempts.find(({ answer }) => answer === 'accepted')
      assert.ok(pin)
      await relayed(cluster, pin.txid as Txid)
      const passes = await passing(raid, node)
      assert.deepEqual(passes, policy === 'enforce' ? [10, 50, 250, 1_000] : [1_000])

      const { child } = bumper.anchored({ sat_vb: 30, min_fee: pin.fee_sats + 2_000 })
      assert.equal((await node.bitcoind.broadcast(child.raw)).kind, 'accepted')
      await mineEverywhere(cluster)
      const { txid, fees_sats } = await assertSaved(raid)
      assert.equal(txid, parent.txid)
      await measured('junk child on P2A', { policy, got: 0, cost_to_thief: 0, bid_of_thief: pin.own_sats, vsize: pin.vsize ?? 0, passes: passes.join(' '), cost_to_bumper: Number(child.fee), fees_of_coin: fees_sats, blocks: 1 })
    })
  })
}
