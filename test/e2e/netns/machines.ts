/** What machines do: a clock that is wrong, a disk that is full, and restarts one after the other. */
import assert from 'node:assert/strict'
import { EXIT } from '../../../packages/cli/src/errors.ts'
import { fill, makeRoom, moveToDisk, storeFolder } from '../../support/netns/disk.ts'
import { assertExtends } from '../../support/ledgers.ts'
import { answer, back, mineAmong, seen, steal, together, viewAt } from '../../support/netns/steps.ts'
import { logOf } from '../../support/liar-traces.ts'
import type { Stage } from '../../support/netns/suite.ts'
import { durableOf, ledgerOf } from '../../support/records.ts'
import { clawbackAt, eventually, told } from '../../support/watch.ts'

const HOUR_S = 3_600

export function machines({ net, vault }: Stage): void {
  const mine = (node: number, blocks: number) => net().regtest.mine(node, blocks)

  it('counts the vote of a member whose clock is an hour off, and says so', async () => {
    const { members } = net()
    const stolen = vault('an hour off')
    const early = net().member(4)
    const others = net().without(early.index)
    await early.stop()
    await net().shiftClock(early, HOUR_S)
    await early.start()
    await back(early)
    await seen('skewed', others, [early], ({ flags }) => flags.includes('skewed'))
    await steal(stolen, members)
    await Promise.all(others.map((member) => eventually(`${member.name} holds its vote`, async () =>
      (await viewAt(member, stolen)).votes_held.some(({ member: voter, counted }) => voter.index === early.index && counted))))
    await answer(stolen, members, mine)
    const story = (await viewAt(early, stolen)).story
    assert.ok(Date.parse(story[0]?.at ?? '') > Date.now() + (HOUR_S / 2) * 1_000, 'its clock really is off')

    await early.stop()
    await net().shiftClock(early, 0)
    await early.start()
    await together(members)
  })

  it('loses no incident to restarts of all its members, one after the other', async () => {
    const { members } = net()
    const stolen = vault('rolling')
    const restart = async (indices: readonly number[]): Promise<void> => {
      for (const index of indices) {
        const member = net().member(index)
        await member.stop()
        await member.start()
        await back(member)
      }
    }
    await steal(stolen, members)
    await restart([1, 2])
    await told(members, stolen, 'certified')
    await mineAmong(members, mine)
    await restart([3, 4])
    await eventually('a clawback', async () => (await clawbackAt(members[0]?.bitcoind ?? assert.fail(), stolen)) !== null)
    await restart([5])
    await mineAmong(members, mine)
    await told(members, stolen, 'recovery-confirmed')
    await together(members)
  })

  it('ends with the reason when its disk is full, and goes on where it was when there is room', async () => {
    const { members, federation } = net()
    const stolen = vault('disk full')
    const full = net().member(5)
    const others = net().without(full.index)
    await full.stop()
    const folder = await storeFolder(full.files.dataDir)
    await moveToDisk(folder, net().cleanup)
    await full.start()
    await together(members)

    await steal(stolen, members)
    await told(members, stolen, 'certified')
    await fill(folder)
    await mineAmong(others, mine)
    await eventually('the node on the full disk ends', async () => !full.isRunning)
    assert.equal(full.exitCode, EXIT.failed)
    const end = (await logOf(full)).findLast(({ event }) => event === 'node-failed')
    assert.match(JSON.stringify(end), /"code":"disk-failed".*"code":"store-full".*Free some space/)
    assert.match(await full.lastWords(), /The node ended: the disk of the data directory is full.*Free some space/, 'to its supervisor too')
    const warned = (await logOf(full)).find(({ event }) => event === 'disk-nearly-full')
    assert.ok(warned, 'said before, while there was room')

    await makeRoom(folder)
    const signed = ledgerOf(await durableOf(full, federation))
    assert.ok(signed.size > 0)
    await full.start()
    await answer(stolen, members, mine)
    await together(members)
    await full.stop()
    assertExtends(signed, ledgerOf(await durableOf(full, federation)), 'after the disk was full')
    await full.start()
    await together(members)
  })
}
