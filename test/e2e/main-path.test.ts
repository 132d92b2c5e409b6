import assert from 'node:assert/strict'
import { Thief } from '../../packages/cli/src/demo/scene/thief.ts'
import { type EnrolledVault, setUpVault } from '../../packages/cli/src/demo/vault/enrolled-vault.ts'
import { outpointOf } from '../../packages/protocol/src/primitives/index.ts'
import { useCluster } from '../support/cluster.ts'
import { TEST_LIMIT_MS, belfry, clawedBack, incidentAt, mineEverywhere, relayed, told, vaultAt } from '../support/watch.ts'

describe('a theft on a federation of five', function () {
  this.timeout(TEST_LIMIT_MS)
  const cluster = useCluster()
  const enrol = (act_at: EnrolledVault['plan']['act_at']): Promise<EnrolledVault> => setUpVault(cluster(), { name: `acts at ${act_at}`, act_at })

  it('guards a vault at every member: active and protected', async () => {
    const vault = await enrol('confirmation')
    for (const member of cluster().members) {
      const view = await vaultAt(member, vault)
      assert.equal(view?.state, 'active')
      assert.equal(view.protected, true)
      assert.equal(view.deposit.spend, null)
      assert.deepEqual(view.incidents, [])
    }
  })

  it('releases nothing before the theft is confirmed, and then claws back at every bitcoind', async () => {
    const vault = await enrol('confirmation')
    const { regtest, members } = cluster()
    const { txid } = await new Thief(vault).unvault(regtest.node(3))
    await relayed(cluster(), txid)
    await told(members, vault, 'certified')
    for (const member of members) {
      const incident = await incidentAt(member, vault)
      assert.deepEqual(incident?.releases, [], `${member.name} has released nothing`)
    }
    assert.equal((await regtest.node(0).bitcoind.getTxOut(outpointOf(txid, 0), true))?.confirmations, 0)

    await mineEverywhere(cluster())
    const clawback = await clawedBack(cluster(), vault, 'mempool')
    const lowest = vault.set.transactions.find(({ id }) => id === 'clawback-0-0')
    assert.equal(clawback, lowest?.txid, 'without a fee market the lowest rung is due')

    await mineEverywhere(cluster(), 1, 4)
    assert.equal(await clawedBack(cluster(), vault, 'confirmed'), clawback)
    await told(members, vault, 'recovery-confirmed')
  })

  it('claws back in the mempool already where the owner chose so', async () => {
    const vault = await enrol('mempool')
    const { regtest, members } = cluster()
    const { txid } = await new Thief(vault).unvault(regtest.node(1))
    const clawback = await clawedBack(cluster(), vault, 'mempool')
    assert.equal(await regtest.node(0).bitcoind.getTxOut(outpointOf(txid, 0), true), null, 'the clawback spends the unvault')
    for (const member of members) assert.equal((await incidentAt(member, vault))?.trigger_tx?.seen, 'mempool')

    await mineEverywhere(cluster())
    assert.equal(await clawedBack(cluster(), vault, 'confirmed'), clawback)
  })

  it('lets the operator read the whole story, with every signature checked', async () => {
    const [member] = cluster().members
    assert.ok(member)
    const told = await belfry('incident', 'explain', '--config', member.files.config)
    assert.equal(told.exit, 0, told.stderr)
    for (const sentence of ['recovered', 'tower-1 votes for the clawback', 'holds a certificate: 3 votes', 'in block', 'signature valid']) {
      assert.ok(told.stdout.includes(sentence), sentence)
    }
    assert.ok(!told.stdout.includes('SIGNATURE WRONG'))

    const asked = await belfry('incident', 'explain', '--json', '--config', member.files.config)
    const { ok, result } = JSON.parse(asked.stdout) as { ok: boolean; result: { proofs: { valid: boolean }[]; incident: { status: string } } }
    assert.equal(ok, true)
    assert.equal(result.incident.status, 'recovered')
    assert.ok(result.proofs.length >= 3)
    assert.ok(result.proofs.every(({ valid }) => valid))
  })
})
