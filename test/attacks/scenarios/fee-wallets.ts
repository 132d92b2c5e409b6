import assert from 'node:assert/strict'
import { type Txid, fromHex, outpointOf, sats } from '../../../packages/protocol/src/primitives/index.ts'
import type { Cluster } from '../../../packages/cli/src/demo/cluster/index.ts'
import { TEST_LIMIT_MS, belfry, eventually, mineEverywhere, placeAt, relayed } from '../../support/watch.ts'
import type { Attempt } from '../thief/attempt.ts'
import type { Field } from '../support/field.ts'
import { assertSaved, measured } from '../support/outcome.ts'
import type { Policy } from '../support/policies.ts'
import { type Raid, mineAt, unvaultTxid } from '../support/raid.ts'

const CSV = 36
/** Too little to be split, and enough for one P at 1,000 sat/vB. */
const FEE_COIN_SATS = 380_000
/** Above the top rung, and for the miner the least. sat/vB. */
const MARKET = 300
/** Blocks after which the top rung has sat in the mempool for two. */
const DUE = CSV / 2 + 2
const TURN_LIMIT_MS = 10_000
const JUNK_OUTPUTS = 18
const JUNK_SAT_VB = [250, 1_000, 2_000]

/** A fee wallet for every member, with one confirmed coin. */
async function fundWallets({ members, regtest }: Cluster): Promise<void> {
  for (const member of members) {
    const made = await belfry('node', 'fees', 'create', '--config', member.files.config)
    assert.equal(made.exit, 0, made.stderr)
    await member.stop()
    await member.start()
  }
  await Promise.all(members.map((member) => member.ready(members.length - 1)))
  const outputs = await Promise.all(members.map(async ({ files }) => {
    const { next_address } = await shown(files.config)
    const { scriptPubKey } = (await regtest.node(0).bitcoind.rpc.call('validateaddress', [next_address])) as { scriptPubKey: string }
    return { script: fromHex(scriptPubKey), value: sats(FEE_COIN_SATS) }
  }))
  await regtest.purse.fund(outputs)
  await regtest.waitForSameTip()
  await Promise.all(members.map(({ files, name }) =>
    eventually(`the fee coin of ${name}`, async () => (await shown(files.config)).reserve_sats === FEE_COIN_SATS)))
}

async function shown(config: string): Promise<{ next_address: string; reserve_sats: number }> {
  const { stdout, stderr } = await belfry('node', 'fees', 'show', '--json', '--config', config)
  const { result } = JSON.parse(stdout) as { result?: { next_address: string; reserve_sats: number } }
  if (result === undefined) throw new Error(`no fee wallet is shown: ${stderr}`)
  return result
}

/** What spends U:0 in this raid's first mempool. */
async function recoveryOf({ cluster, vault }: Raid): Promise<string | null> {
  const [found] = await cluster.regtest.node(0).bitcoind.getTxSpendingPrevout([outpointOf(unvaultTxid(vault), 0)])
  return found?.spender ?? null
}

export function feeWallets(policy: Policy, field: () => Field): void {
  describe('a market above the top rung', function () {
    this.timeout(TEST_LIMIT_MS)

    it('is met by the members\' own fee wallets, although the thief puts a junk child on the anchor that they pay by', async () => {
      await fundWallets(field().cluster)
      const miner = await field().stranger('miner-above', [`-blockmintxfee=${(MARKET / 100_000).toFixed(8)}`])
      const raid = await field().raid('above the ladder', { csv: CSV, fee_coins: { anchored: true }, coins: { count: 1, value: 2_000_000 } })
      const { cluster, vault } = raid
      await raid.thief('unvault')
      await relayed(cluster, unvaultTxid(vault))
      await mineEverywhere(cluster)

      const anchored = vault.set.transactions.find(({ id }) => id === 'anchored-0')
      assert.ok(anchored)
      const junk: Attempt[] = []
      let blocks = 1
      const isUnspent = async (): Promise<boolean> => (await cluster.regtest.node(0).bitcoind.getTxOut(outpointOf(unvaultTxid(vault), 0), false)) !== null
      for (; blocks < CSV && (await isUnspent()); blocks++) {
        // In life ten minutes; a turn of the fee coins that begins with another block is waited for in vain, and then there is one.
        const isPaidFor = blocks > DUE && (await eventually('P', async () => (await recoveryOf(raid)) === anchored.txid, TURN_LIMIT_MS).catch(() => false))
        if (isPaidFor && junk.length === 0) {
          await eventually('P at the thief', async () => (await raid.node.bitcoind.getMempoolEntry(anchored.txid)) !== null)
          for (const sat_vb of JUNK_SAT_VB) junk.push(...(await raid.thief('anchor-child', 0, JUNK_OUTPUTS, sat_vb, 3)))
          const taken = junk.find(({ answer }) => answer === 'accepted')?.txid
          if (taken) await eventually('the junk at the miner', async () => (await miner.bitcoind.getMempoolEntry(taken as Txid)) !== null)
        }
        await mineAt(raid, miner)
      }
      assert.ok(junk.length > 0, 'the thief saw P')
      assert.ok(blocks < CSV, 'before the window ends')
      const { txid, fees_sats } = await assertSaved(raid)
      assert.equal(txid, anchored.txid)
      const paid = await Promise.all(junk.map(async (one) => ((await placeAt(cluster.regtest.node(0), one.txid as Txid)) === 'confirmed' ? one.own_sats : 0)))
      await measured('a market of 300 sat/vB, junk on the anchor', {
        policy, got: 0, cost_to_thief: paid.reduce((sum, sats) => sum + sats, 0), fees_of_coin: fees_sats, blocks,
        junk: junk.map(({ answer, own_sats, reason }) => `${answer} ${own_sats} ${reason ?? ''}`).join('; '),
      })
    })
  })
}
