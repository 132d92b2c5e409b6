import assert from 'node:assert/strict'
import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Member } from '../../packages/cli/src/demo/cluster/index.ts'
import { Thief } from '../../packages/cli/src/demo/scene/thief.ts'
import { type EnrolledVault, setUpVault } from '../../packages/cli/src/demo/vault/enrolled-vault.ts'
import { useCluster } from '../support/cluster.ts'
import { durableOf, ledgerOf } from '../support/records.ts'
import { TEST_LIMIT_MS, belfry, clawedBack, eventually, incidentAt, mineEverywhere, relayed, revive, told } from '../support/watch.ts'

const storeOf = ({ files }: Member): string => join(files.dataDir, 'store')
const copyOf = (member: Member): string => `${storeOf(member)}-copy`

/** Takes a copy of what a member holds, as a backup in the night would. */
async function backUp(member: Member): Promise<void> {
  await member.stop()
  await cp(storeOf(member), copyOf(member), { recursive: true })
}

async function putBack(member: Member): Promise<void> {
  await member.kill()
  await rm(storeOf(member), { recursive: true })
  await cp(copyOf(member), storeOf(member), { recursive: true })
}

async function isQuarantined(member: Member): Promise<string> {
  return await eventually(`${member.name} in quarantine`, async () =>
    (await member.api.readiness())?.reasons.find(({ reason }) => reason === 'quarantined')?.message ?? null)
}

describe('a member whose disk was put back from a copy', function () {
  this.timeout(TEST_LIMIT_MS)
  const cluster = useCluster()
  let member: Member
  let first: EnrolledVault
  let second: EnrolledVault
  let signed: Map<string, string>

  before(async () => {
    first = await setUpVault(cluster(), { name: 'first', act_at: 'confirmation' })
    second = await setUpVault(cluster(), { name: 'second', act_at: 'confirmation' })
    member = cluster().member(2)
    await backUp(member)
    await revive(cluster(), [member])
  })

  it('is shown what it signed since, and signs nothing more', async () => {
    const { regtest, federation } = cluster()
    await new Thief(first).unvault(regtest.node(0))
    await relayed(cluster(), first.unvault.txid)
    await told(cluster().members, first, 'voted')
    await told(cluster().members, first, 'certified')
    await putBack(member)
    const before = ledgerOf(await durableOf(member, federation))
    assert.ok([...before.keys()].every((slot) => !slot.startsWith('vote/')))

    await member.start()
    assert.match(await isQuarantined(member), /hold something that this node signed and does not know of/)
    await mineEverywhere(cluster())
    await clawedBack(cluster(), first, 'mempool')
    await mineEverywhere(cluster())
    await clawedBack(cluster(), first, 'confirmed')
    await told([member], first, 'recovery-confirmed')
    assert.match((await belfry('node', 'status', '--config', member.files.config)).stdout, /in quarantine/)

    await member.stop()
    const durable = await durableOf(member, federation)
    assert.deepEqual(ledgerOf(durable), before)
    signed = new Map((durable.quarantine?.statements ?? []).map(({ slot, frame }) => [slot ?? '', Buffer.from(frame).toString('hex')]))
    assert.ok([...signed.keys()].some((slot) => slot.startsWith('vote/')))
  })

  it('is told of in words by a command that asks for a stopped node', async () => {
    const shown = await belfry('ledger', 'show', '--data', member.files.dataDir)
    assert.equal(shown.exit, 0, shown.stderr)
    assert.match(shown.stdout, /in quarantine since/)
    assert.match(shown.stdout, /vote for clawback at block \d+/)
    const other = cluster().member(1)
    const running = await belfry('ledger', 'show', '--data', other.files.dataDir)
    assert.equal(running.exit, 3)
    assert.match(running.stderr, /Stop the node/)
  })

  it('serves again once that is adopted, and never contradicts it', async () => {
    const { regtest, federation } = cluster()
    const adopted = await belfry('ledger', 'adopt', '--config', member.files.config, '--yes')
    assert.equal(adopted.exit, 0, adopted.stderr)
    const again = await belfry('ledger', 'adopt', '--config', member.files.config, '--yes')
    assert.equal(again.exit, 3)
    assert.match(again.stderr, /not in quarantine/)
    await revive(cluster(), [member])

    await new Thief(second).unvault(regtest.node(0))
    await relayed(cluster(), second.unvault.txid)
    await eventually(`a vote of ${member.name} at another`, async () =>
      (await incidentAt(cluster().member(1), second))?.story.some(({ event, member: voter }) => event === 'vote-received' && voter?.index === member.index) ?? false)
    await mineEverywhere(cluster())
    await clawedBack(cluster(), second, 'mempool')
    await member.stop()
    const ledger = ledgerOf(await durableOf(member, federation))
    for (const [slot, frame] of signed) assert.equal(ledger.get(slot), frame, slot)
  })

  it('begins in quarantine where its operator says that it was put back', async () => {
    const said = await belfry('ledger', 'quarantine', '--reason', 'restored', '--config', member.files.config)
    assert.equal(said.exit, 0, said.stderr)
    await member.start()
    assert.match(await isQuarantined(member), /was put back from a copy/)
    await member.stop()
    assert.equal((await belfry('ledger', 'adopt', '--config', member.files.config, '--yes')).exit, 0)
    await revive(cluster(), [member])
  })
})
