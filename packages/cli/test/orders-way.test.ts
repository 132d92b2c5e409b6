/** Owners' and guardians' orders by commands alone, on a federation of three nodes and a real bitcoind. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { type VaultKeys, multisigScript, sats } from '@belfry/client'
import { findFreePorts, pollUntil } from '@belfry/client/regtest'
import { useRegtest } from '../../bitcoind/test/support/regtest-suite.ts'
import { belfry, refusal, result, successIn } from './support/belfry.ts'
import { type Ceremony, holdCeremony } from './support/ceremony.ts'
import { NodeProcess } from './support/nodes.ts'
import { workspace } from './support/workspace.ts'

const MEMBERS = 3
const VALUE_SATS = 50_000_000
const REACTION_LIMIT_MS = 90_000
/** Deep enough for a command's anchor, at every member. */
const ANCHOR_BLOCKS = 10

interface Report {
  readonly member: { readonly index: number; readonly name: string }
  readonly result: string
  readonly tried: number
  readonly good: number
  readonly frame: string
  readonly valid?: boolean | null
}
interface Ran {
  readonly order: string
  readonly signed_by: readonly string[]
  readonly members: readonly { readonly name: string; readonly result: string; readonly state?: string }[]
  readonly drill: { readonly passed: boolean; readonly reports: readonly Report[] }
}
interface History {
  readonly drills: readonly {
    readonly level: number
    readonly vault_id: string
    readonly status?: string
    readonly statuses?: readonly { readonly status: string }[]
    readonly reports: readonly Report[]
  }[]
}

describe('the orders of owners and guardians by commands', function () {
  this.timeout(180_000)
  const space = workspace()
  const regtest = useRegtest(1)
  const nodes: NodeProcess[] = []
  let ceremony: Ceremony
  let bitcoind: string[] = []
  let vault_id = ''
  const secret = (): string[] => ['--passphrase-file', space.passphrase]
  const as = (name: string): string[] => ['--lock', ceremony.lock, '--data', space.file(name), ...secret()]
  const enrolment = (): string => space.file('enrolment.json')
  const drill = (level: number, ...more: string[]): string[] => [
    'drill', 'run', '--level', String(level), ...as('alice'), '--vault', enrolment(), '--wait', '60', ...more,
  ]
  const config = (): string => nodes[0]?.config ?? ''

  before(async () => {
    const ports = await findFreePorts(Array.from({ length: 2 * MEMBERS }, (_, at) => `port ${at}`))
    const port = (at: number): number => ports[`port ${at}`] ?? 0
    ceremony = await holdCeremony(space, {
      members: MEMBERS,
      address: (index) => `/ip4/127.0.0.1/tcp/${port(index - 1)}`,
      define: ['--heartbeat-ms', '500'],
    })
    await result(['init', '--role', 'owner', '--data', space.file('alice'), '--name', 'alice', ...secret()])
    await result(['init', '--role', 'guardian', '--data', space.file('gina'), '--name', 'gina', ...secret()])
    const node = regtest().node(0)
    bitcoind = ['--bitcoind-port', String(node.rpcPort), '--bitcoind-cookie', node.cookieFile]
    await regtest().purse.fill()
    for (const [at, data] of ceremony.data.entries()) {
      const one = await NodeProcess.configure({
        data,
        lock: ceremony.lock,
        passphrase: space.passphrase,
        listen: `/ip4/127.0.0.1/tcp/${port(at)}`,
        httpPort: port(MEMBERS + at),
        owners: [space.file('alice', 'belfry-card.json')],
        bitcoind: node,
      })
      await one.start()
      nodes.push(one)
    }
    await Promise.all(nodes.map((one) => one.ready(MEMBERS - 1)))
    await enrolVault()
  })

  after(async () => {
    await Promise.all(nodes.map((node) => node.stop('SIGKILL')))
  })

  it('orders nothing while no block is deep enough to say when', async () => {
    assert.equal((await refusal(3, drill(2))).code, 'no-anchor')
    await mine(ANCHOR_BLOCKS)
  })

  it('rehearses that every member opens its shares', async () => {
    const { drill: ran, members, signed_by } = await result<Ran>(drill(2))
    assert.equal(ran.passed, true)
    assert.deepEqual(ran.reports.map(({ member }) => member.name), ['tower-1', 'tower-2', 'tower-3'])
    assert.ok(ran.reports.every(({ result: of, tried, good, frame }) => of === 'good' && tried > 0 && good === tried && frame.length > 100))
    assert.ok(members.some(({ state }) => state === 'accepted'))
    assert.equal(signed_by.length, 1)
  })

  it('tries the whole ladder on a bitcoind, and has members sign what was found', async () => {
    assert.equal((await refusal(2, drill(3))).code, 'usage')
    const args = drill(3, '--set', space.file('set.json'), ...bitcoind)
    const { drill: ran } = await result<Ran>(args)
    assert.ok(ran.passed && ran.reports.every(({ tried, good }) => tried === 7 && good === 7))
  })

  it('rehearses from vote to rebuilding, also with a member held back', async () => {
    const { drill: whole } = await result<Ran>(drill(4))
    assert.ok(whole.passed && whole.reports.every(({ result: of }) => of === 'rebuilt'))
    assert.equal((await refusal(2, drill(5))).code, 'usage')
    assert.equal((await refusal(2, drill(5, '--hold-back', 'nobody'))).code, 'usage')
    const { drill: held } = await result<Ran>(drill(5, '--hold-back', 'tower-2'))
    assert.ok(held.passed && held.reports.every(({ member }) => member.name !== 'tower-2'))
  })

  it('says that the way of notifications is not there yet, and exits 1', async () => {
    const { code, message } = await refusal(1, drill(1))
    assert.equal(code, 'drill-failed')
    assert.match(message, /nobody could be notified/)
  })

  it('shows the drills to the owner from all members, and to an operator from his node', async () => {
    const { drills } = await result<History>(['drill', 'history', ...as('alice')])
    assert.deepEqual(drills.map(({ level }) => level), [1, 5, 4, 3, 2])
    assert.ok(drills.every(({ reports, statuses }) => reports.length > 0 && statuses?.length === MEMBERS))
    const { stdout } = await belfry(['drill', 'history', ...as('alice'), '--vault', enrolment()])
    assert.match(stdout, /Level 4, .*: vote, certificate, release and rebuild/)
    assert.match(stdout, /passed as tower-1, tower-2 and tower-3 see it/)
    const { drills: ofNode } = await result<History>(['drill', 'history', '--config', config()])
    assert.deepEqual(ofNode.map(({ level, status }) => `${level} ${status}`), ['1 failed', '5 passed', '4 passed', '3 passed', '2 passed'])
    assert.ok(ofNode.every(({ reports }) => reports.length > 0 && reports.every(({ valid }) => valid === true)))
    assert.deepEqual(await result(['drill', 'history', '--config', config(), '--vault', 'ab'.repeat(32)]), { drills: [] })
    assert.match((await belfry(['drill', 'history', '--config', config()])).stdout, /Level 2, .*\n {2}vault vault; passed, 3 reports\n/)
  })

  it('cancels a generation that is waiting, and no other', async () => {
    const cancel = ['vault', 'cancel', ...as('alice'), '--vault', enrolment()]
    assert.equal((await refusal(3, cancel)).code, 'nothing-to-cancel')
    const files = ['--enrolment', space.file('second.json'), '--receipts', space.file('second-r.json'), '--unvault', space.file('second-u.json')]
    const renew = ['vault', 'renew', ...as('alice'), '--from', enrolment(), '--set', space.file('set.json'), ...files]
    await result(renew)
    const { order, states } = await result<{ order: string; states: { state: string }[] }>([...cancel, '--wait', '5'])
    assert.equal(order, 'cancel-generation')
    assert.ok(states.length > 0 && states.every(({ state }) => state === 'cancelled'))
    await mine(3)
    assert.equal((await refusal(3, cancel)).code, 'nothing-to-cancel')
  })

  it('revokes a vault once somebody says yes', async () => {
    const revoke = ['vault', 'revoke', ...as('alice'), '--vault', enrolment()]
    assert.equal((await refusal(2, revoke)).code, 'usage')
    const { states } = await result<{ states: { revoked: boolean }[] }>([...revoke, '--yes'])
    assert.ok(states.some(({ revoked }) => revoked))
  })

  it('forgets no vault whose coin is still there', async () => {
    const { code } = await refusal(3, ['vault', 'destroy', ...as('alice'), '--vault', enrolment(), '--yes', '--wait', '0'])
    assert.equal(code, 'refused')
  })

  it('panics by the keys of owner and guardian together, and never by one', async () => {
    const panic = (name: string, ...more: string[]): string[] => ['panic', ...as(name), ...more, '--wait', '60']
    assert.equal((await refusal(3, panic('alice', '--vault', enrolment(), '--yes'))).code, 'too-few-signatures')
    assert.equal((await refusal(3, panic('alice', '--vault', vault_id, '--yes'))).code, 'refused', 'members ask by themselves')
    const file = space.file('panic.json')
    assert.equal((await refusal(2, panic('alice', '--vault', enrolment(), '--sign-only', file))).code, 'usage')
    const signed = await result<{ signatures_needed: number; signed_by: unknown[] }>(
      panic('alice', '--vault', enrolment(), '--sign-only', file, '--yes'),
    )
    assert.deepEqual([signed.signed_by.length, signed.signatures_needed], [1, 2])
    assert.equal((await refusal(2, ['vault', 'revoke', ...as('gina'), '--countersign', file, '--yes'])).code, 'usage')
    const both = await result<{ signed_by: unknown[] }>(panic('gina', '--countersign', file, '--yes'))
    assert.equal(both.signed_by.length, 2)
    const sending = belfry([...panic('alice', '--send', file, '--yes'), '--json'])
    const { bitcoind: chain } = regtest().node(0)
    await pollUntil('an emergency in the mempool', REACTION_LIMIT_MS, async () => (await chain.getRawMempool()).txids.length > 0)
    await mine(1)
    const { code, stdout, stderr } = await sending
    assert.equal(code, 0, stdout + stderr)
    const told = successIn(stdout) as unknown as { recovered: boolean; statuses: { status: string }[] }
    assert.equal(told.recovered, true)
    assert.equal(told.statuses.length, MEMBERS)
    assert.match(stderr, /All emergency transactions of the vault become public/)
  })

  it('has every member forget the vault once the coin has left, 100 deep', async () => {
    await mine(100)
    const destroy = ['vault', 'destroy', ...as('alice'), '--vault', enrolment(), '--yes', '--wait', '60']
    const { destroyed, members } = await result<{ destroyed: number; members: { receipt?: string }[] }>(destroy)
    assert.equal(destroyed, MEMBERS)
    assert.ok(members.every(({ receipt }) => (receipt ?? '').length > 100))
  })

  /** Until every node has followed. */
  async function mine(blocks: number): Promise<void> {
    await regtest().mine(0, blocks)
    const height = (await regtest().node(0).bitcoind.getBlockchainInfo()).blocks
    await pollUntil('nodes at the tip', REACTION_LIMIT_MS, async () => {
      const tips = await Promise.all(nodes.map(async (node) => (await node.status())?.chain.tip?.height))
      return tips.every((tip) => tip === height)
    })
  }

  async function enrolVault(): Promise<void> {
    await result(['vault', 'keys', '--out', space.file('keys'), ...secret()])
    const { cold } = JSON.parse(await readFile(space.file('keys', 'vault-keys.json'), 'utf8')) as VaultKeys
    const { script } = multisigScript({ threshold: 2, keys: cold }, 'regtest')
    const { outpoints } = await regtest().purse.fund([{ script, value: sats(VALUE_SATS) }])
    const coin = ['--deposit', outpoints[0] ?? '', '--value', String(VALUE_SATS), '--csv', '12']
    const plan = space.file('plan.json')
    await result(['vault', 'plan', '--network', 'regtest', '--keys', space.file('keys', 'vault-keys.json'), ...coin, '--out', plan])
    const keys = ['cold-1.key', 'cold-2.key'].map((name) => space.file('keys', name))
    await result(['vault', 'sign', '--plan', plan, '--keys', ...keys, '--out', space.file('set.json'), ...secret()])
    const files = ['--receipts', space.file('receipts.json'), '--unvault', space.file('unvault.json')]
    const cards = ['--guardian-card', space.file('gina', 'belfry-card.json')]
    await result(['vault', 'enrol', ...as('alice'), '--set', space.file('set.json'), '--enrolment', enrolment(), ...files, ...cards, '--wait', '30'])
    const shown = await result<{ vault_id: string }>(['vault', 'show', enrolment()])
    vault_id = shown.vault_id
  }
})
