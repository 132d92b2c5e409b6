import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { Thief } from '../../packages/cli/src/demo/scene/thief.ts'
import { type EnrolledVault, setUpVault } from '../../packages/cli/src/demo/vault/enrolled-vault.ts'
import { sha256 } from '../../packages/keystore/src/index.ts'
import { broadcasterOrder } from '../../packages/protocol/src/index.ts'
import type { IncidentId } from '../../packages/protocol/src/primitives/index.ts'
import { useCluster } from '../support/cluster.ts'
import { TEST_LIMIT_MS, belfry, clawbackAt, clawedBack, eventually, incidentAt, mineEverywhere, relayed, revive, told } from '../support/watch.ts'

describe('members that are lost', function () {
  this.timeout(TEST_LIMIT_MS)
  const cluster = useCluster()
  let toLoseTwo: EnrolledVault
  let toLoseBroadcasters: EnrolledVault
  let toLoseThree: EnrolledVault

  before(async () => {
    toLoseTwo = await setUpVault(cluster(), { name: 'loses two', act_at: 'confirmation' })
    toLoseBroadcasters = await setUpVault(cluster(), { name: 'loses its broadcasters', act_at: 'confirmation' })
    toLoseThree = await setUpVault(cluster(), { name: 'loses three', act_at: 'confirmation' })
  })

  it('claws back although two of five were killed before the theft', async () => {
    const gone = [cluster().member(1), cluster().member(4)]
    await Promise.all(gone.map((member) => member.kill()))
    await new Thief(toLoseTwo).unvault(cluster().regtest.node(0))
    await relayed(cluster(), toLoseTwo.unvault.txid)
    await mineEverywhere(cluster())
    await eventually('the clawback in the mempool, by widening where the first were dead', async () => {
      if ((await clawbackAt(cluster().regtest.node(1), toLoseTwo)) !== null) return true
      await mineEverywhere(cluster())
      return false
    })
    await mineEverywhere(cluster(), 1, 1)
    await clawedBack(cluster(), toLoseTwo, 'confirmed')

    await revive(cluster(), gone)
    await told(gone, toLoseTwo, 'recovery-confirmed')
  })

  it('claws back although both members that were handed shares first are killed with them', async () => {
    const { regtest, federation, members } = cluster()
    const { txid } = await new Thief(toLoseBroadcasters).unvault(regtest.node(0))
    await relayed(cluster(), txid)
    await told(members, toLoseBroadcasters, 'certified')
    const incident = await incidentAt(cluster().member(1), toLoseBroadcasters)
    assert.ok(incident)
    const order = broadcasterOrder({ sha256 }, federation.lock_hash, incident.incident_id as IncidentId, federation.members.map(({ index }) => index))
    const first = order.slice(0, federation.b + 1).map((index) => cluster().member(index))
    const others = members.filter((member) => !first.includes(member))
    // Their bitcoinds do not hear of the block: they are handed shares, and may not use them yet.
    for (const { bitcoind } of first) for (const other of regtest.nodes) if (other !== bitcoind) await bitcoind.disconnectFrom(other)

    await regtest.mine(others[0]?.bitcoind.index ?? 0, 1)
    await Promise.all(first.map((member) => eventually(`shares of all others at ${member.name}`, async () => {
      const story = (await incidentAt(member, toLoseBroadcasters))?.story ?? []
      const givers = story.filter(({ event }) => event === 'share-opened').map(({ member: giver }) => giver?.index)
      return others.every(({ index }) => givers.includes(index))
    })))
    await Promise.all(first.map((member) => member.kill()))
    assert.equal(await clawbackAt(others[0]?.bitcoind ?? regtest.node(0), toLoseBroadcasters), null, 'nobody has broadcast yet')

    for (const { bitcoind } of first) for (const other of regtest.nodes) if (other !== bitcoind) await bitcoind.connectTo(other)
    await regtest.waitForSameTip()
    await mineEverywhere(cluster(), 1, others[0]?.bitcoind.index ?? 0)
    await clawedBack(cluster(), toLoseBroadcasters, 'mempool')
    await mineEverywhere(cluster())
    await clawedBack(cluster(), toLoseBroadcasters, 'confirmed')
    await revive(cluster(), first)
  })

  it('does nothing with three of five gone, and the two left say why; once they are back it claws back', async () => {
    const gone = [3, 4, 5].map((index) => cluster().member(index))
    const left = [1, 2].map((index) => cluster().member(index))
    await Promise.all(gone.map((member) => member.kill()))
    await new Thief(toLoseThree).unvault(cluster().regtest.node(0))
    await relayed(cluster(), toLoseThree.unvault.txid)
    await mineEverywhere(cluster(), 3)
    await told(left, toLoseThree, 'trigger-confirmed')

    const sentence = /Only 2 of 5 members are alive, 3 are needed to claw back.*tower-3.*tower-4.*tower-5/
    for (const member of left) {
      const lost = await eventually(`the quorum is lost at ${member.name}`, async () =>
        (await member.api.readiness())?.reasons.find(({ reason }) => reason === 'quorum-lost') ?? null)
      assert.match(lost.message, sentence)
      assert.equal((await member.api.get('/readyz'))?.status, 503)
      assert.match(await readFile(member.files.log, 'utf8'), /"event":"quorum-lost"/)
      const status = await belfry('node', 'status', '--config', member.files.config)
      assert.match(status.stdout, /not ready/)
      assert.match(status.stdout, sentence)
      const incident = await incidentAt(member, toLoseThree)
      assert.equal(incident?.certificate, null)
      assert.deepEqual(incident?.releases, [])
    }
    await mineEverywhere(cluster(), 2)
    for (const node of cluster().regtest.nodes) assert.equal(await clawbackAt(node, toLoseThree), null)

    await revive(cluster(), gone)
    await told(gone, toLoseThree, 'voted')
    await eventually('the clawback in the mempool', async () => {
      if ((await clawbackAt(cluster().regtest.node(0), toLoseThree)) !== null) return true
      await mineEverywhere(cluster())
      return false
    })
    await mineEverywhere(cluster())
    await clawedBack(cluster(), toLoseThree, 'confirmed')
  })
})
