/** Fifty kills at random instants while thefts are answered, and the ledgers of all members compared afterwards. */
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Member } from '../../../packages/cli/src/demo/cluster/index.ts'
import { Thief } from '../../../packages/cli/src/demo/scene/thief.ts'
import type { Durable } from '../../../packages/protocol/src/index.ts'
import { assertExtends, assertSignedOnce } from '../../support/ledgers.ts'
import { printedRandom } from '../../support/netns/random.ts'
import { progress, together } from '../../support/netns/steps.ts'
import type { Stage } from '../../support/netns/suite.ts'
import { durableOf, ledgerOf } from '../../support/records.ts'
import { clawbackAt, eventually, told } from '../../support/watch.ts'

const ROUNDS = 50
/** A start takes a second or two: some kills fall into it, most into the work after it. */
const KILL_WITHIN_MS = 600
/** With fewer that serve nothing is signed: every incident needs three of five. */
const LEAST_SERVING = 3

/** A round is as long as the start of a node, which takes long where others use the machine too. */
const LIMIT_MS = 600_000

/** One for every so many rounds. */
export const ROUNDS_PER_THEFT = 7
export const KILL_VAULTS = Array.from({ length: Math.ceil(ROUNDS / ROUNDS_PER_THEFT) }, (_, at) => `under fire ${at + 1}`)

export function kills({ net, vault }: Stage): void {
  it(`never signs two payloads for one slot in ${ROUNDS} kills at random instants`, async function () {
    this.timeout(LIMIT_MS)
    const { members, federation, regtest } = net()
    const random = printedRandom()
    const ledgers = new Map<Member, Map<string, string>>()
    const told_by = `seed ${random.seed}`
    const began = performance.now()
    let grown = 0

    for (let round = 0; round < ROUNDS; round++) {
      if (round % ROUNDS_PER_THEFT === 0) await new Thief(vault(KILL_VAULTS[round / ROUNDS_PER_THEFT] ?? '')).unvault(regtest.node(random.below(members.length)))
      else if (round % 2 === 0) await regtest.mine(random.below(members.length), 1)
      await eventually('enough members serve', async () => (await serving()).length >= LEAST_SERVING)
      // Of those that only start, too.
      const victim = members[random.below(members.length)] ?? assert.fail('there are members')
      await sleep(random.below(KILL_WITHIN_MS))
      await victim.kill()
      const signed = ledgerOf(await durableOf(victim, federation))
      assertExtends(ledgers.get(victim), signed, `${told_by}, round ${round}, ${victim.name}`)
      grown += signed.size - (ledgers.get(victim)?.size ?? 0)
      ledgers.set(victim, signed)
      await victim.start()
      if ((round + 1) % 10 === 0) progress(`${round + 1} kills, ${grown} slots seen signed, after ${Math.round((performance.now() - began) / 1_000)} s`)
    }

    await together(members)
    for (const name of KILL_VAULTS) {
      await eventually(`a clawback of "${name}" confirmed`, async () => {
        const found = await clawbackAt(regtest.node(0), vault(name))
        if (found?.place !== 'confirmed') await regtest.mine(0, 1)
        return found?.place === 'confirmed'
      })
      await told(members, vault(name), 'recovery-confirmed')
    }
    await Promise.all(members.map((member) => member.kill()))
    await compare(ledgers, told_by)
    await Promise.all(members.map((member) => member.start()))
    await together(members)
  })

  async function serving(): Promise<Member[]> {
    const answers = await Promise.all(net().members.map(async (member) => ((await member.api.status())?.ready ? [member] : [])))
    return answers.flat()
  }

  async function compare(ledgers: ReadonlyMap<Member, Map<string, string>>, told_by: string): Promise<void> {
    const { members, federation } = net()
    const states = new Map<Member, Durable>()
    for (const member of members) states.set(member, await durableOf(member, federation))
    let compared = 0
    for (const [member, durable] of states) {
      assertExtends(ledgers.get(member), ledgerOf(durable), told_by)
      assert.equal(durable.evidence.size, 0, `${member.name} has evidence against nobody`)
      for (const holder of states.values()) compared += assertSignedOnce(member, federation.lock_hash, durable, holder, told_by)
    }
    const slots = [...states.values()].reduce((sum, { ledger }) => sum + ledger.size, 0)
    progress(`${slots} slots in five ledgers; ${compared} of their messages found byte for byte at the other members`)
    assert.ok(compared > 0)
  }
}
