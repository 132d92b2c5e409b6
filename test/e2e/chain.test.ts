import assert from 'node:assert/strict'
import { buildColdSpend } from '../../packages/vault/src/index.ts'
import { PURSE_SCRIPT, RELAY_AT_ONCE } from '../../packages/bitcoind/src/index.ts'
import { Thief } from '../../packages/cli/src/demo/scene/thief.ts'
import { type EnrolledVault, setUpVault } from '../../packages/cli/src/demo/vault/enrolled-vault.ts'
import { type Feerate, sats } from '../../packages/protocol/src/primitives/index.ts'
import { useCluster } from '../support/cluster.ts'
import { TEST_LIMIT_MS, clawedBack, eventually, incidentAt, mineEverywhere, placeAt, relayed, told, vaultAt } from '../support/watch.ts'

/** bitcoind's shortest: the least that a transaction stays in its mempool. */
const MEMPOOL_HOURS = 1

describe('a thief, or the network, that changes its mind', function () {
  this.timeout(TEST_LIMIT_MS)
  const cluster = useCluster({ members: 3, bitcoindArgs: [RELAY_AT_ONCE, `-mempoolexpiry=${MEMPOOL_HOURS}`] })
  const enrol = (name: string, act_at: EnrolledVault['plan']['act_at'] = 'confirmation'): Promise<EnrolledVault> => setUpVault(cluster(), { name, act_at })

  /** Lets every mempool forget what is in it: its clock is set ahead, and a new transaction makes it look. */
  async function forgetMempools(): Promise<void> {
    const { regtest } = cluster()
    const later_s = Math.floor(Date.now() / 1_000) + (MEMPOOL_HOURS + 1) * 3_600
    for (const { bitcoind } of regtest.nodes) await bitcoind.rpc.call('setmocktime', [later_s])
    const { transaction, txid } = await regtest.purse.pay([{ script: PURSE_SCRIPT, value: sats(100_000) }])
    for (const { bitcoind } of regtest.nodes) await bitcoind.broadcast(transaction)
    await relayed(cluster(), txid)
    for (const { bitcoind } of regtest.nodes) await bitcoind.rpc.call('setmocktime', [0])
    // To a clock set ahead, every connection has been silent for too long.
    for (const node of regtest.nodes) for (const other of regtest.nodes) if (other !== node) await node.connectTo(other)
  }

  it('answers with the emergency where the unvault is replaced by another spend of the deposit', async () => {
    const vault = await enrol('replaced')
    const { regtest, members } = cluster()
    const { txid } = await new Thief(vault).unvault(regtest.node(0))
    await relayed(cluster(), txid)
    await told(members, vault, 'certified')

    // The thief has the cold keys too, and bids 20 sat/vB; the set's highest emergency rung bids 250.
    const { plan, keys, set } = vault
    const cold = buildColdSpend(plan, plan.cold.keys, PURSE_SCRIPT, 20_000 as Feerate, keys.sign)
    await regtest.node(1).bitcoind.sendRawTransaction(cold.raw)
    await told(members, vault, 'opened', 'cold-theft')
    const highest = set.transactions.findLast(({ place }) => place.purpose === 'emergency')
    assert.ok(highest)
    await relayed(cluster(), highest.txid)
    await mineEverywhere(cluster())
    for (const node of regtest.nodes) {
      assert.equal(await placeAt(node, highest.txid), 'confirmed')
      assert.equal(await placeAt(node, cold.txid), 'absent')
    }
    await told(members, vault, 'recovery-confirmed', 'cold-theft')
    assert.equal((await incidentAt(cluster().member(1), vault, 'cold-theft'))?.end?.recovered, true)
  })

  it('lets no share leave for an unvault that was seen, then evicted and never mined', async () => {
    const vault = await enrol('evicted')
    const { regtest, members } = cluster()
    const { txid } = await new Thief(vault).unvault(regtest.node(0))
    await relayed(cluster(), txid)
    await told(members, vault, 'certified')
    await forgetMempools()
    await told(members, vault, 'trigger-gone')
    await mineEverywhere(cluster(), 2)
    for (const member of members) {
      const incident = await incidentAt(member, vault)
      assert.equal(incident?.status, 'gone')
      assert.deepEqual(incident.releases, [])
      assert.ok(!incident.story.some(({ event }) => event === 'released'))
      assert.equal(incident.exposed, false)
      assert.equal((await vaultAt(member, vault))?.deposit.spend, null)
    }
  })

  it('calls the vault exposed where shares left for an unvault that is gone: the owner chose speed', async () => {
    const vault = await enrol('evicted, at the mempool', 'mempool')
    const { regtest, members } = cluster()
    const { txid } = await new Thief(vault).unvault(regtest.node(0))
    await clawedBack(cluster(), vault, 'mempool')
    await forgetMempools()
    await told(members, vault, 'trigger-gone')
    await mineEverywhere(cluster())
    for (const node of regtest.nodes) assert.equal(await placeAt(node, txid), 'absent')
    for (const member of members) {
      await eventually(`the vault exposed at ${member.name}`, async () => (await vaultAt(member, vault))?.exposed ?? false)
    }
  })

  it('claws back again where the unvault is reorganised out of the chain and in again', async () => {
    const vault = await enrol('reorganised')
    const { regtest, members } = cluster()
    const { txid } = await new Thief(vault).unvault(regtest.node(0))
    await relayed(cluster(), txid)
    await mineEverywhere(cluster())
    const clawback = await clawedBack(cluster(), vault, 'mempool')
    await mineEverywhere(cluster())
    await told(members, vault, 'recovery-confirmed')

    const { bitcoind } = regtest.node(1)
    const { blocks } = await bitcoind.getBlockchainInfo()
    const withUnvault = await bitcoind.getBlockHash(blocks - 1)
    assert.ok(withUnvault)
    await bitcoind.invalidateBlock(withUnvault)
    const fresh = await regtest.freshAddress()
    for (let mined = 0; mined < 3; mined++) await bitcoind.generateBlock(fresh, [])
    await regtest.waitForSameTip()
    await told(members, vault, 'trigger-unconfirmed')
    await told(members, vault, 'recovery-unconfirmed')
    await clawedBack(cluster(), vault, 'mempool')

    await mineEverywhere(cluster(), 1, 2)
    assert.equal(await clawedBack(cluster(), vault, 'confirmed'), clawback)
    for (const member of members) {
      await eventually(`the recovery at ${member.name}`, async () => (await incidentAt(member, vault))?.status === 'recovered')
      assert.equal((await vaultAt(member, vault))?.exposed, false)
    }
  })
})
