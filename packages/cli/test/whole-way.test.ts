/** The whole way by commands alone: a federation of three nodes on a real bitcoind, a vault, a theft, the story of it. */
import assert from 'node:assert/strict'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { type VaultKeys, multisigScript, sats } from '@belfry/client'
import { findFreePorts, pollUntil } from '@belfry/client/regtest'
import { useRegtest } from '../../bitcoind/test/support/regtest-suite.ts'
import { belfry, refusal, result, spawnBelfry } from './support/belfry.ts'
import { type Ceremony, holdCeremony } from './support/ceremony.ts'
import { NodeProcess } from './support/nodes.ts'
import { workspace } from './support/workspace.ts'

const MEMBERS = 3
const VALUE_SATS = 50_000_000
const REACTION_LIMIT_MS = 60_000

interface Explained {
  readonly incident: { readonly status: string; readonly recovery_tx: { readonly txid: string } | null }
  readonly summary: readonly string[]
  readonly story: readonly { readonly event: string; readonly sentence: string }[]
  readonly proofs: readonly {
    readonly kind: string
    readonly member: { readonly name: string }
    readonly valid: boolean | null
    readonly frame: string
  }[]
}

describe('the whole way by commands', function () {
  this.timeout(180_000)
  const space = workspace()
  const regtest = useRegtest(1)
  const nodes: NodeProcess[] = []
  let ceremony: Ceremony
  let bitcoind: string[] = []
  let config = ''
  const secret = (): string[] => ['--passphrase-file', space.passphrase]
  const owner = (name = 'alice'): string[] => ['--lock', ceremony.lock, '--data', space.file(name), ...secret()]

  before(async () => {
    const ports = await findFreePorts(Array.from({ length: 2 * MEMBERS }, (_, at) => `port ${at}`))
    const port = (at: number): number => ports[`port ${at}`] ?? 0
    ceremony = await holdCeremony(space, {
      members: MEMBERS,
      address: (index) => `/ip4/127.0.0.1/tcp/${port(index - 1)}`,
      define: ['--heartbeat-ms', '500'],
    })
    for (const name of ['alice', 'mallory']) {
      await result(['init', '--role', 'owner', '--data', space.file(name), '--name', name, ...secret()])
    }
    const node = regtest().node(0)
    bitcoind = ['--bitcoind-port', String(node.rpcPort), '--bitcoind-cookie', node.cookieFile]
    for (const [at, data] of ceremony.data.entries()) {
      nodes.push(
        await NodeProcess.configure({
          data,
          lock: ceremony.lock,
          passphrase: space.passphrase,
          listen: `/ip4/127.0.0.1/tcp/${port(at)}`,
          httpPort: port(MEMBERS + at),
          owners: [space.file('alice', 'belfry-card.json')],
          bitcoind: node,
        }),
      )
    }
    config = nodes[0]?.config ?? ''
    await regtest().purse.fill()
  })

  after(async () => {
    await Promise.all(nodes.map((node) => node.stop('SIGKILL')))
  })

  it('plans, signs and verifies a vault against a bitcoind', async () => {
    await result(['vault', 'keys', '--out', space.file('keys'), ...secret()])
    const deposit = await fund()
    const plan = [
      'vault',
      'plan',
      '--network',
      'regtest',
      '--keys',
      space.file('keys', 'vault-keys.json'),
      '--deposit',
      deposit,
      '--csv',
      '12',
      '--out',
      space.file('plan.json'),
    ]
    const made = await result<{ deposit: { value_sats: number }; deposit_checked: boolean }>([...plan, ...bitcoind])
    assert.deepEqual([made.deposit.value_sats, made.deposit_checked], [VALUE_SATS, true])
    await result([
      'vault',
      'sign',
      '--plan',
      space.file('plan.json'),
      '--keys',
      space.file('keys', 'cold-1.key'),
      space.file('keys', 'cold-2.key'),
      '--out',
      space.file('set.json'),
      ...secret(),
    ])
    const { bitcoind_asked } = await result<{ bitcoind_asked: boolean }>([
      'vault',
      'verify',
      '--plan',
      space.file('plan.json'),
      '--set',
      space.file('set.json'),
      ...secret(),
      ...bitcoind,
    ])
    assert.equal(bitcoind_asked, true)
  })

  it('refuses a deposit that is none, and one of another value or network', async () => {
    const planWith = (keys: string): string[] => [
      'vault',
      'plan',
      '--keys',
      space.file(keys, 'vault-keys.json'),
      '--csv',
      '144',
      '--out',
      space.file('never.json'),
      ...bitcoind,
    ]
    const plan = planWith('keys')
    const nowhere = `${'00'.repeat(32)}:0`
    assert.equal((await refusal(3, [...plan, '--network', 'regtest', '--deposit', nowhere])).code, 'deposit-not-found')
    assert.equal((await refusal(3, [...plan, '--network', 'signet', '--deposit', nowhere])).code, 'wrong-network')
    const { deposit } = JSON.parse(await readFile(space.file('plan.json'), 'utf8')) as { deposit: { outpoint: string } }
    assert.equal(
      (await refusal(2, [...plan, '--network', 'regtest', '--deposit', deposit.outpoint, '--value', '1000000'])).code,
      'usage',
    )
    await result(['vault', 'keys', '--out', space.file('other-keys'), ...secret()])
    const foreign = [...planWith('other-keys'), '--network', 'regtest', '--deposit', deposit.outpoint]
    assert.equal((await refusal(3, foreign)).code, 'deposit-differs')
  })

  it('exits 4 when no member can be reached, and keeps what it made', async () => {
    assert.equal((await refusal(4, enrol())).code, 'unreachable')
    assert.equal((await stat(space.file('enrolment.json'))).mode & 0o777, 0o600)
  })

  it('refuses an unknown key in a configuration, and starts nothing', async () => {
    const path = space.file('odd.yaml')
    await writeFile(path, `${await readFile(config, 'utf8')}\nsecond_sight: true\n`)
    assert.equal((await refusal(3, ['node', 'run', '--config', path])).code, 'unknown-key')
  })

  it('enrols with no federation of another network, and with no lock that is half-signed', async () => {
    const elsewhere = {
      ...space,
      path: space.path,
      passphrase: space.passphrase,
      file: (...names: string[]) => space.file('signet', ...names),
    }
    const { lock } = await holdCeremony(elsewhere, { members: MEMBERS, define: ['--network', 'signet'] })
    const files = [
      '--set',
      space.file('set.json'),
      '--enrolment',
      space.file('never.json'),
      '--receipts',
      space.file('r.json'),
      '--unvault',
      space.file('never-unvault.json'),
    ]
    const other = ['vault', 'enrol', '--data', space.file('alice'), ...secret(), ...files, '--lock']
    assert.equal((await refusal(3, [...other, lock])).code, 'wrong-network')
    const half = space.file('half.json')
    const whole = JSON.parse(await readFile(ceremony.lock, 'utf8')) as { signatures: unknown[] }
    await writeFile(half, JSON.stringify({ ...whole, signatures: whole.signatures.slice(1) }))
    assert.equal((await refusal(3, [...other, half])).code, 'lock-half-signed')
    await assert.rejects(stat(space.file('never.json')), { code: 'ENOENT' })
  })

  it('runs nodes, and enrols with those that are there without giving the hot device anything', async () => {
    const [first, second] = nodes
    await Promise.all([first?.start(), second?.start()])
    await Promise.all([first?.ready(1), second?.ready(1)])
    const sent = await readFile(space.file('enrolment.json'))
    const { code, message, remedy } = await refusal(1, enrol())
    assert.equal(code, 'not-all-receipts')
    assert.match(
      message,
      /^2 of 3 members hold the vault: it is protected, but .*unvault\.json was not written \(tower-3 \(member 3\)/,
    )
    assert.match(remedy, /--accept-receipts 2: a clawback needs 2 of these 2/)
    assert.deepEqual(await readFile(space.file('enrolment.json')), sent, 'the same bytes again')
    await assert.rejects(stat(space.file('unvault.json')), { code: 'ENOENT' })
  })

  it('goes on when the last member is there', async () => {
    const [first, , third] = nodes
    await third?.start()
    await third?.ready(2)
    const enrolled = await result<{ resumed: boolean; receipts: unknown[]; active: unknown[]; protected: boolean }>(
      enrol(),
    )
    assert.equal(enrolled.resumed, true)
    assert.deepEqual([enrolled.receipts.length, enrolled.active.length, enrolled.protected], [3, 3, true])
    assert.equal((await stat(space.file('unvault.json'))).mode & 0o777, 0o600)
    const status = await first?.status()
    assert.deepEqual([status?.vaults.active, status?.vaults.protected], [1, 1])
  })

  it('may be run again, also while a member is away whose receipt is held', async () => {
    await nodes[2]?.stop()
    const { code } = await refusal(1, enrol())
    assert.equal(code, 'not-active', 'it holds the receipt, but cannot be asked whether the vault is active')
    await nodes[2]?.start()
    await nodes[2]?.ready(2)
    await result(enrol())
  })

  it('lets no stranger enrol', async () => {
    const stranger = [
      'vault',
      'enrol',
      ...owner('mallory'),
      '--set',
      space.file('set.json'),
      '--enrolment',
      space.file('mallory.json'),
      '--receipts',
      space.file('mallory-receipts.json'),
      '--unvault',
      space.file('mallory-unvault.json'),
    ]
    const { code, stdout } = await belfry([...stranger, '--json'])
    assert.ok(code === 3 || code === 4, stdout)
    await assert.rejects(stat(space.file('mallory-unvault.json')), { code: 'ENOENT' })
  })

  it('refuses to go on with an enrolment of another owner, federation or vault', async () => {
    const files = [
      '--set',
      space.file('set.json'),
      '--enrolment',
      space.file('enrolment.json'),
      '--receipts',
      space.file('r.json'),
      '--unvault',
      space.file('unvault.json'),
    ]
    assert.equal((await refusal(3, ['vault', 'enrol', ...owner('mallory'), ...files])).code, 'wrong-owner')
    assert.equal((await refusal(2, [...enrol(), '--accept-receipts', '1'])).code, 'usage')
  })

  it('refuses to go on with the enrolment of a set that leads elsewhere, though its unvault is the same', async () => {
    const file = (name: string): string => space.file(`elsewhere-${name}`)
    const planned = JSON.parse(await readFile(space.file('plan.json'), 'utf8')) as {
      readonly deposit: { readonly outpoint: string; readonly value: number }
      readonly csv: number
    }
    const { outpoint, value } = planned.deposit
    const plan = ['vault', 'plan', '--network', 'regtest', '--keys', space.file('keys', 'vault-keys.json')]
    const coin = ['--deposit', outpoint, '--value', `${value}`, '--csv', `${planned.csv}`]
    const address = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080'
    await result([...plan, ...coin, '--deep-cold-address', address, '--out', file('plan.json')])
    const keys = ['cold-1.key', 'cold-2.key'].map((name) => space.file('keys', name))
    const sign = ['vault', 'sign', '--plan', file('plan.json'), '--keys', ...keys, '--out', file('set.json')]
    await result([...sign, ...secret()])
    const files = ['--set', file('set.json'), '--receipts', file('r.json'), '--unvault', file('unvault.json')]
    const resume = ['vault', 'enrol', ...owner(), '--enrolment', space.file('enrolment.json'), ...files]
    const { code, message } = await refusal(3, resume)
    assert.equal(code, 'files-disagree')
    assert.match(message, /enrolment\.json enrols another recovery set/)
  })

  it('replaces no receipts of another enrolment', async () => {
    const receipts = space.file('receipts-of-another.json')
    const held = JSON.parse(await readFile(space.file('receipts.json'), 'utf8')) as object
    const content = JSON.stringify({ ...held, manifest_hash: 'ab'.repeat(32) })
    await writeFile(receipts, content)
    const { code } = await refusal(3, [...enrol(), '--receipts', receipts])
    assert.equal(code, 'files-disagree')
    assert.equal(await readFile(receipts, 'utf8'), content)
  })

  it('lists and shows the vault as the members know it', async () => {
    interface Listed {
      readonly vaults: readonly {
        readonly vault_id: string
        readonly members: readonly { readonly manifests: readonly { readonly state: string }[] }[]
      }[]
    }
    const { vaults } = await result<Listed>(['vault', 'list', ...owner()])
    assert.deepEqual(
      vaults.map(({ members }) => members.map(({ manifests }) => manifests.map(({ state }) => state).join())),
      [['active', 'active', 'active']],
    )
    const shown = await result<{ vault_id: string; survey: { vault: { members: unknown[] } } }>([
      'vault',
      'show',
      space.file('enrolment.json'),
      ...owner(),
    ])
    assert.equal(shown.vault_id, vaults[0]?.vault_id)
    assert.equal(shown.survey.vault.members.length, 3)
    assert.match(
      (await belfry(['vault', 'show', space.file('enrolment.json')])).stdout,
      /^vault: 0\.50000000 BTC at [0-9a-f]{64}:0\n/,
    )
  })

  it('knows of no incident before the theft', async () => {
    assert.deepEqual(await result(['incident', 'list', '--config', config]), { incidents: [] })
    assert.equal((await refusal(3, ['incident', 'explain', '--config', config])).code, 'no-such-incident')
    assert.equal((await refusal(3, ['incident', 'show', 'ab'.repeat(32), '--config', config])).code, 'no-such-incident')
    assert.equal((await refusal(2, ['incident', 'show', 'xyz', '--config', config])).code, 'usage')
  })

  it('tells the story of a theft and its clawback, every proof checked', async () => {
    await steal()
    const told = await pollUntil('a clawback that confirms', REACTION_LIMIT_MS, async () => {
      const { code, stdout } = await belfry(['incident', 'explain', '--config', config, '--json'])
      if (code !== 0) return false
      const { result: told } = JSON.parse(stdout) as { result: Explained }
      if (told.incident.status === 'recovering') await regtest().mine(0, 1)
      return told.incident.status === 'recovered' ? told : false
    })
    const events = told.story.map(({ event }) => event)
    for (const event of ['opened', 'voted', 'certified', 'recovery-confirmed'])
      assert.ok(events.includes(event), events.join(' '))
    assert.ok(told.story.every(({ event, sentence }) => sentence.endsWith('.') && !sentence.startsWith(event)))
    const votes = told.proofs.filter(({ kind }) => kind === 'vote')
    assert.ok(votes.length >= 2)
    assert.ok(told.proofs.every(({ valid, frame }) => valid === true && frame.length > 100))
    assert.ok(told.proofs.some(({ kind }) => kind === 'broadcast'))
  })

  it('tells it to people as well, and short by list and show', async () => {
    const { stdout } = await belfry(['incident', 'explain', '--config', config])
    for (const line of [
      /^The theft of vault vault: recovered\n/,
      /an unvault of vault that its owner had not announced began to move the coin/,
      /members? voted for the clawback: tower-\d/,
      /The clawback is [0-9a-f]{64} at \d+ sat\/vB, in block \d+, \d+ deep\./,
      /\nWhat happened \(UTC\)\n {2}\d{4}-\d\d-\d\d\n/,
      /holds a certificate: \d votes\./,
      /\nTransactions\n {2}[0-9a-f]{16}… {2}[0-9a-f]{64}\n/,
      /\nSigned proofs\n/,
      /signature valid, message [0-9a-f]{64}/,
    ])
      assert.match(stdout, line)
    assert.match(
      (await belfry(['incident', 'list', '--config', config])).stdout,
      /theft +vault +recovered +\d votes, 2 needed/,
    )
    assert.match((await belfry(['incident', 'show', '--config', config])).stdout, /^theft of vault vault: recovered\n/)
    assert.match((await belfry(['node', 'status', '--config', config])).stdout, /incidents +1 recovered\n/)
  })

  it('refuses to verify a vault whose coin has moved', async () => {
    const args = [
      'vault',
      'verify',
      '--plan',
      space.file('plan.json'),
      '--set',
      space.file('set.json'),
      ...secret(),
      ...bitcoind,
    ]
    assert.equal((await refusal(3, args)).code, 'deposit-not-found')
  })

  it('finds fault with proofs when the lock is another', async () => {
    const other = await holdCeremony(
      {
        ...space,
        file: (...names) => space.file('elsewhere', ...names),
        path: space.path,
        passphrase: space.passphrase,
      },
      { members: MEMBERS },
    )
    const { proofs } = await result<Explained>(['incident', 'explain', '--config', config, '--lock', other.lock])
    assert.ok(proofs.length > 0 && proofs.every(({ valid }) => valid === false))
  })

  it('refuses a wrong token, and a second process on the same data', async () => {
    const token = space.file('wrong-token')
    await writeFile(token, '00'.repeat(32))
    assert.equal((await refusal(3, ['node', 'status', '--config', config, '--token-file', token])).code, 'api-refused')
    const second = spawnBelfry(['node', 'run', '--config', config, '--http-port', '0', '--json'])
    assert.ok(second.stdout)
    let stdout = ''
    for await (const chunk of second.stdout) stdout += String(chunk)
    assert.match(stdout, /"code":"(store-locked|listen-failed)"/)
  })

  it('ends with 0 on SIGTERM, and with 130 on SIGINT', async () => {
    assert.equal(await nodes[0]?.stop('SIGTERM'), 0)
    assert.equal(await nodes[1]?.stop('SIGINT'), 130)
  })

  function enrol(): string[] {
    return [
      'vault',
      'enrol',
      ...owner(),
      '--set',
      space.file('set.json'),
      '--enrolment',
      space.file('enrolment.json'),
      '--receipts',
      space.file('receipts.json'),
      '--unvault',
      space.file('unvault.json'),
    ]
  }

  async function fund(): Promise<string> {
    const { cold } = JSON.parse(await readFile(space.file('keys', 'vault-keys.json'), 'utf8')) as VaultKeys
    const { script } = multisigScript({ threshold: 2, keys: cold }, 'regtest')
    const { outpoints } = await regtest().purse.fund([{ script, value: sats(VALUE_SATS) }])
    return outpoints[0] ?? ''
  }

  /** Whoever holds unvault.json and the hot key is the thief. */
  async function steal(): Promise<void> {
    const { transactions } = JSON.parse(await readFile(space.file('unvault.json'), 'utf8')) as {
      transactions: { raw: string }[]
    }
    await regtest()
      .node(0)
      .bitcoind.sendRawTransaction(Buffer.from(transactions[0]?.raw ?? '', 'hex'))
    await regtest().mine(0, 1)
  }
})
