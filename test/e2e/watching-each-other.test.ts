import assert from 'node:assert/strict'
import type { Member } from '../../packages/cli/src/demo/cluster/index.ts'
import { useCluster } from '../support/cluster.ts'
import { TEST_LIMIT_MS, eventually, mineEverywhere } from '../support/watch.ts'

/** So that what takes half an hour at the usual pace takes 18 seconds. */
const HEARTBEAT_MS = 100

describe('members that watch each other', function () {
  this.timeout(TEST_LIMIT_MS)
  const cluster = useCluster({ members: 3, heartbeat_ms: HEARTBEAT_MS })

  /** What a member says of a member's tip. */
  const classAt = async (member: Member, of: number) => (await member.api.peers())?.find(({ member: { index } }) => index === of)?.tip_class ?? null

  it('prove their blocks to each other, from the bytes that each one\'s own bitcoind has', async () => {
    // A follower that starts knows no block before: the newest that is six deep has to have come since.
    await mineEverywhere(cluster(), 14)
    await eventually('a proof of every member at every other', async () => {
      const views = await Promise.all(cluster().members.map(async (member) => (await member.api.peers())?.filter(({ self }) => !self) ?? []))
      assert.ok(views.flat().every(({ proofs }) => proofs.wrong === 0))
      if (views.flat().length === 6 && views.flat().every(({ proofs }) => proofs.right > 0)) return true
      await mineEverywhere(cluster())
      return false
    })
  })

  it('see a private fork for what it is: the others say who is on it, and whose it is suspects an eclipse only after long', async () => {
    const { regtest } = cluster()
    const [first, second, third] = [1, 2, 3].map((index) => cluster().member(index))
    assert.ok(first && second && third)
    const [, , alone] = regtest.nodes
    assert.ok(alone)
    for (const other of regtest.nodes) if (other !== alone) await alone.disconnectFrom(other)
    await regtest.mine(2, 3, await regtest.freshAddress())
    await regtest.mine(0, 5, await regtest.freshAddress())

    await Promise.all([first, second].map((member) => eventually(`${member.name} says who is forked`, async () => (await classAt(member, 3)) === 'forked')))
    await eventually('the forked member knows it, by headers that its bitcoind took', async () => (await classAt(third, 3)) === 'forked')
    await eventually('it suspects an eclipse', async () => (await classAt(third, 3)) === 'eclipse-suspected')
    assert.equal(await classAt(first, 1), 'in-sync')
    assert.equal(await classAt(first, 2), 'in-sync')

    for (const other of regtest.nodes) if (other !== alone) await alone.connectTo(other)
    await regtest.waitForSameTip()
    await Promise.all([first, second, third].map((member) => eventually(`all is well at ${member.name}`, async () => {
      const classes = await Promise.all([1, 2, 3].map((index) => classAt(member, index)))
      return classes.every((one) => one === 'in-sync')
    })))
  })
})
