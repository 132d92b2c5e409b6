/**
 * A member dies and is replaced, as operators and the owner type it: the vault is guarded by the epoch before until the
 * members of the next one hold it, and then by these also where the epoch before could not act any more.
 */
import assert from 'node:assert/strict'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { type Outpoint, type VaultKeys, multisigScript, sats } from '@belfry/client'
import { findFreePorts } from '@belfry/client/regtest'
import { useRegtest } from '../../bitcoind/test/support/regtest-suite.ts'
import { belfry, refusal, result } from './support/belfry.ts'
import { type Ceremony, holdCeremony } from './support/ceremony.ts'
import { NodeProcess } from './support/nodes.ts'
import { type Succession, changeMembers } from './support/succession.ts'
import { workspace } from './support/workspace.ts'

const VALUE_SATS = 50_000_000
const LIMIT_MS = 90_000

interface Listed {
  readonly vaults: readonly { readonly epoch: number; readonly members: readonly { readonly name: string; readonly manifests: readonly unknown[] }[] }[]
}

interface Reenrolled {
  readonly epoch: number
  readonly generation: number
  readonly resumed: boolean
  readonly active: readonly { readonly name: string }[]
}

describe('a member that dies and is replaced, by commands', function () {
  this.timeout(240_000)
  const space = workspace()
  const regtest = useRegtest(1)
  const nodes = new Map<string, NodeProcess>()
  let first: Ceremony
  let next: Succession
  let ports: Readonly<Record<string, number>> = {}
  let set = ''
  const bitcoind = () => regtest().node(0).bitcoind
  const secret = (): string[] => ['--passphrase-file', space.passphrase]
  const alice = (): string[] => ['--data', space.file('alice'), ...secret()]
  const listen = (name: string): string => `/ip4/127.0.0.1/tcp/${ports[name] ?? 0}`
  const dataOf = (name: string): string => space.file(name === 'tower-4' ? name : name.replace('tower', 'member'))

  async function run(name: string, lock: string, previousLocks: readonly string[]): Promise<void> {
    await nodes.get(name)?.stop()
    const node = await NodeProcess.configure({
      data: dataOf(name),
      lock,
      previousLocks,
      passphrase: space.passphrase,
      listen: listen(name),
      httpPort: ports[`http ${name}`] ?? 0,
      owners: [space.file('alice', 'belfry-card.json')],
      bitcoind: regtest().node(0),
    })
    nodes.set(name, node)
    await node.start()
  }

  const ready = async (...names: string[]): Promise<void> => {
    await Promise.all(names.map(async (name) => await nodes.get(name)?.ready(names.length - 1)))
  }

  before(async () => {
    const names = [1, 2, 3, 4].map((at) => `tower-${at}`)
    ports = await findFreePorts([...names, ...names.map((name) => `http ${name}`)])
    first = await holdCeremony(space, {
      members: 3,
      address: (index) => listen(`tower-${index}`),
      define: ['--heartbeat-ms', '500'],
    })
    await result(['init', '--role', 'owner', '--data', space.file('alice'), '--name', 'alice', ...secret()])
    await result(['init', '--role', 'member', '--data', space.file('tower-4'), '--name', 'tower-4', '--address', listen('tower-4'), ...secret()])
    await regtest().purse.fill()
    for (const name of names.slice(0, 3)) await run(name, first.lock, [])
    await ready(...names.slice(0, 3))
    set = await signedSet()
    await result(['vault', 'enrol', '--lock', first.lock, ...alice(), '--set', set, ...files('enrolment'), '--wait', '30'])
  })

  after(async () => {
    await Promise.all([...nodes.values()].map((node) => node.stop('SIGKILL')))
  })

  const files = (name: string): string[] =>
    ['--enrolment', space.file(`${name}.json`), '--receipts', space.file(`${name}-receipts.json`), '--unvault', space.file('unvault.json')]

  async function signedSet(): Promise<string> {
    await result(['vault', 'keys', '--out', space.file('keys'), ...secret()])
    const keys = space.file('keys', 'vault-keys.json')
    const { cold } = JSON.parse(await readFile(keys, 'utf8')) as VaultKeys
    const { script } = multisigScript({ threshold: 2, keys: cold }, 'regtest')
    const { outpoints } = await regtest().purse.fund([{ script, value: sats(VALUE_SATS) }])
    const [deposit] = outpoints
    assert.ok(deposit)
    const [plan, out] = [space.file('plan.json'), space.file('recovery-set.json')]
    const coin = ['--deposit', deposit, '--value', String(VALUE_SATS), '--csv', '24']
    await result(['vault', 'plan', '--network', 'regtest', '--keys', keys, ...coin, '--out', plan])
    const cosigners = ['cold-1.key', 'cold-2.key'].map((key) => space.file('keys', key))
    await result(['vault', 'sign', '--plan', plan, '--keys', ...cosigners, '--out', out, ...secret()])
    return out
  }

  const renew = (...more: string[]): string[] =>
    ['vault', 'renew', '--lock', next.lock, ...alice(), '--set', set, '--from', space.file('enrolment.json'), ...more]

  it('is replaced without its word, and the others serve both epochs', async () => {
    await nodes.get('tower-3')?.stop('SIGKILL')
    next = await changeMembers(space, {
      name: 'next',
      previous: first.lock,
      change: ['--add', space.file('tower-4', 'belfry-card.json'), '--remove', 'tower-3'],
      signers: ['tower-1', 'tower-2', 'tower-4'].map(dataOf),
      consenters: ['tower-1', 'tower-2'].map(dataOf),
    })
    await run('tower-1', next.lock, [first.lock])
    await run('tower-2', next.lock, [first.lock])
    await run('tower-4', next.lock, [])
    await ready('tower-1', 'tower-2', 'tower-4')
    const { vaults } = await result<Listed>(['vault', 'list', '--lock', first.lock, next.lock, ...alice()])
    assert.deepEqual(vaults.map(({ epoch }) => epoch), [0], 'guarded in the epoch before, and in no other yet')
  })

  it('leaves the owner nothing to do but one command, which says what it lacks', async () => {
    const stranger = await refusal(3, renew('--earlier', next.lock))
    assert.equal(stranger.code, 'files-disagree')
    assert.match(stranger.remedy, /^Give that lock with --earlier/)
    // A lock that says that it follows, and that nobody of the epoch before consented to.
    const forged = space.file('forged.json')
    const lock = JSON.parse(await readFile(next.lock, 'utf8')) as object
    await writeFile(forged, JSON.stringify({ ...lock, consents: [] }))
    const refused = await refusal(3, renew('--earlier', first.lock, '--lock', forged))
    assert.equal(refused.code, 'consents-missing')
    await assert.rejects(stat(space.file('enrolment-epoch-1.json')), { code: 'ENOENT' })
    const done = await result<Reenrolled>(renew('--earlier', first.lock, '--wait', '30'))
    assert.deepEqual([done.epoch, done.generation, done.resumed], [1, 1, false])
    assert.deepEqual(done.active.map(({ name }) => name), ['tower-1', 'tower-2', 'tower-4'])
    const again = await result<Reenrolled>(renew('--earlier', first.lock))
    assert.equal(again.resumed, true)
  })

  it('is then guarded under both locks, as the list says', async () => {
    const list = ['vault', 'list', '--lock', first.lock, next.lock, ...alice()]
    const { vaults } = await result<Listed>(list)
    assert.deepEqual(
      vaults.map(({ epoch, members }) => [epoch, members.filter(({ manifests }) => manifests.length > 0).map(({ name }) => name).join(' ')]),
      [[0, 'tower-1 tower-2'], [1, 'tower-1 tower-2 tower-4']],
    )
    const { stdout } = await belfry(list)
    assert.match(stdout, /Under the lock [0-9a-f]{16}… of epoch 0:\n[^]*Under the lock [0-9a-f]{16}… of epoch 1:/)
  })

  it('is clawed back by the next epoch where too few of the one before are left', async () => {
    await nodes.get('tower-1')?.stop('SIGKILL')
    // Else the first share may go to it, and the next one a block later.
    for (const name of ['tower-2', 'tower-4']) {
      const node = nodes.get(name)
      await node?.until('a member held for dead', LIMIT_MS, async () => (await node.status())?.peers.dead === 1)
    }
    const { transactions } = JSON.parse(await readFile(space.file('unvault.json'), 'utf8')) as {
      readonly transactions: readonly { readonly txid: string; readonly raw: string }[]
    }
    const [theft] = transactions
    assert.ok(theft)
    await bitcoind().sendRawTransaction(Buffer.from(theft.raw, 'hex'))
    await regtest().mine(0, 1)
    const spender = await nodes.get('tower-4')?.until('a clawback', LIMIT_MS, async () => {
      const [found] = await bitcoind().getTxSpendingPrevout([`${theft.txid}:0` as Outpoint])
      return found?.spender ? String(found.spender) : false
    })
    assert.match(spender ?? '', /^[0-9a-f]{64}$/)
  })
})
