import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Member } from '../../packages/cli/src/demo/cluster/index.ts'
import { Thief } from '../../packages/cli/src/demo/scene/thief.ts'
import { type EnrolledVault, setUpVault } from '../../packages/cli/src/demo/vault/enrolled-vault.ts'
import type { Durable } from '../../packages/protocol/src/index.ts'
import { useCluster } from '../support/cluster.ts'
import { assertExtends, assertSignedOnce } from '../support/ledgers.ts'
import { durableOf, ledgerOf } from '../support/records.ts'
import { TEST_LIMIT_MS, belfry, clawbackAt, clawedBack, eventually, mineEverywhere, relayed, revive, told } from '../support/watch.ts'

/** An incident's phase on one machine takes less: votes go round in 50 ms, shares and the broadcast in 100. */
const KILL_WITHIN_MS = 150

describe('members and bitcoinds that come back', function () {
  this.timeout(TEST_LIMIT_MS)
  const cluster = useCluster()
  let whileDown: EnrolledVault
  let underFire: EnrolledVault
  let withoutBitcoind: EnrolledVault

  before(async () => {
    whileDown = await setUpVault(cluster(), { name: 'while all are down', act_at: 'confirmation' })
    underFire = await setUpVault(cluster(), { name: 'under fire', act_at: 'confirmation' })
    withoutBitcoind = await setUpVault(cluster(), { name: 'without bitcoind', act_at: 'confirmation' })
  })

  it('finds a theft that entered the chain while all nodes were down, and claws back', async () => {
    const { regtest, members } = cluster()
    await Promise.all(members.map((member) => member.kill()))
    await new Thief(whileDown).mineUnvault(regtest.node(2), await regtest.freshAddress())
    await regtest.waitForSameTip()
    await regtest.mine(0, 2)
    await regtest.waitForSameTip()

    await revive(cluster(), members)
    await told(members, whileDown, 'trigger-confirmed')
    await clawedBack(cluster(), whileDown, 'mempool')
    await mineEverywhere(cluster())
    await clawedBack(cluster(), whileDown, 'confirmed')
    await told(members, whileDown, 'recovery-confirmed')
  })

  it('never signs two payloads for one slot when killed at random instants, and joins the running incident', async () => {
    const { regtest, members, federation } = cluster()
    const ledgers = new Map<Member, Map<string, string>>()
    const instants: string[] = []

    /** Kills two members at random instants from now on, and reads what they had signed by then. */
    const killTwo = async (phase: string): Promise<void> => {
      const shuffled = members.map((member) => ({ member, key: randomInt(1_000_000) })).toSorted((a, b) => a.key - b.key)
      const victims = shuffled.slice(0, 2).map(({ member }) => member)
      await Promise.all(victims.map(async (member) => {
        const after_ms = randomInt(KILL_WITHIN_MS)
        instants.push(`${member.name} ${after_ms} ms into ${phase}`)
        await sleep(after_ms)
        await member.kill()
        const signed = ledgerOf(await durableOf(member, federation))
        assertExtends(ledgers.get(member), signed, instants.join(', '))
        ledgers.set(member, signed)
      }))
      await revive(cluster(), victims)
    }

    await new Thief(underFire).unvault(regtest.node(0))
    await killTwo('the votes')
    await relayed(cluster(), underFire.unvault.txid)
    await told(members, underFire, 'certified')

    await regtest.waitForSameTip()
    await regtest.mine(1, 1)
    await killTwo('the release of shares')
    await regtest.waitForSameTip()
    await regtest.mine(2, 1)
    await killTwo('the broadcast')
    await eventually(`a clawback confirmed (${instants.join(', ')})`, async () => {
      const found = await clawbackAt(regtest.node(0), underFire)
      if (found?.place === 'confirmed') return true
      await mineEverywhere(cluster())
      return false
    })
    await clawedBack(cluster(), underFire, 'confirmed')
    await told(members, underFire, 'recovery-confirmed')

    await Promise.all(members.map((member) => member.kill()))
    const states = new Map<Member, Durable>()
    for (const member of members) states.set(member, await durableOf(member, federation))
    for (const [member, durable] of states) {
      assertExtends(ledgers.get(member), ledgerOf(durable), instants.join(', '))
      assert.equal(durable.evidence.size, 0, `${member.name} has evidence against nobody`)
      for (const holder of states.values()) assertSignedOnce(member, federation.lock_hash, durable, holder, instants.join(', '))
    }
    await revive(cluster(), members)
  })

  it('stays up while its bitcoind is gone, says so, and catches up when it is back', async () => {
    const { regtest, members } = cluster()
    const member = cluster().member(3)
    const { pid } = member
    await member.bitcoind.stop()
    const lost = await eventually('bitcoind is missed', async () =>
      (await member.api.readiness())?.reasons.find(({ reason }) => reason === 'bitcoind-unreachable') ?? null)
    assert.match(lost.message, /bitcoind does not answer/)
    assert.equal((await member.api.get('/livez'))?.status, 200)
    assert.match((await belfry('node', 'status', '--config', member.files.config)).stdout, /bitcoind-unreachable/)

    await new Thief(withoutBitcoind).unvault(regtest.node(0))
    await told(members.filter((one) => one !== member), withoutBitcoind, 'certified')
    await regtest.mine(0, 1)
    await eventually('the others claw back', async () => (await clawbackAt(regtest.node(0), withoutBitcoind)) !== null)
    await regtest.mine(0, 1)

    await member.bitcoind.restart()
    await told([member], withoutBitcoind, 'recovery-confirmed')
    await member.ready(4)
    assert.equal(member.pid, pid, 'the node was not restarted')
    await mineEverywhere(cluster(), 1, member.bitcoind.index)
    await clawedBack(cluster(), withoutBitcoind, 'confirmed')
  })

  it('follows a bitcoind that was restarted at once', async () => {
    const member = cluster().member(5)
    const { pid } = member
    await member.bitcoind.restart()
    await mineEverywhere(cluster(), 2)
    await member.ready(4)
    assert.equal(member.pid, pid)
  })
})
