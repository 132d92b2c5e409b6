import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmod, readFile, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Ceremony, holdCeremony } from '../../packages/cli/test/support/ceremony.ts'
import { workspace } from '../../packages/cli/test/support/workspace.ts'
import { type Member, MemberApi } from '../../packages/cli/src/demo/cluster/index.ts'
import { type EnrolledVault, setUpVault } from '../../packages/cli/src/demo/vault/enrolled-vault.ts'
import { type BundleInit, type EnrolmentBundle, FederationLink, enrol, guardedVaultOf, hashOfBundle, makeBundle } from '../../packages/client/src/index.ts'
import {
  LEAST_COST, OwnerKey, SecretBytes, readPassphraseFile, writeEncryptedFile,
} from '../../packages/keystore/src/index.ts'
import { recoverySetToJson } from '../../packages/vault/src/index.ts'
import { useCluster } from '../support/cluster.ts'
import { countAt, logOf } from '../support/liar-traces.ts'
import { type Finished, TEST_LIMIT_MS, belfry, eventually, startBelfry } from '../support/watch.ts'

const REFUSED = 3
const UNREACHABLE = 4
const SEED_BYTES = 32
/** A refusal takes a second or two; a machine may be busy. */
const END_LIMIT_MS = 30_000

interface Refusal {
  readonly code: string
  readonly message: string
  readonly remedy: string
}

/** Every file below, by content and mode. */
async function filesIn(dir: string): Promise<Record<string, string>> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const told = await Promise.all(files.map(async (path) => {
    const { mode } = await stat(path)
    return [path, `${mode.toString(8)} ${createHash('sha256').update(await readFile(path)).digest('hex')}`] as const
  }))
  return Object.fromEntries(told.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** Runs the command, which must end by itself: a node that runs where it should refuse is ended, and fails the test. */
async function endOf(...args: readonly string[]): Promise<Finished> {
  const { process: child, stdout, stderr } = startBelfry(...args)
  const late = setTimeout(() => child.kill('SIGKILL'), END_LIMIT_MS)
  const [exit] = (await once(child, 'close')) as [number | null]
  clearTimeout(late)
  return { exit, stdout: stdout(), stderr: stderr() }
}

/** Runs the command in a process of its own: it must end so, say what is wrong and what to do, and leave every file as it was. */
async function refused(args: readonly string[], { dir, exit = REFUSED }: { dir: string; exit?: number }): Promise<Refusal> {
  const before = await filesIn(dir)
  const ended = await endOf(...args, '--json')
  assert.equal(ended.exit, exit, ended.stdout + ended.stderr)
  assert.match(ended.stdout, /^\{[^\n]*\}\n$/, 'one object')
  const { ok, error } = JSON.parse(ended.stdout) as { ok: boolean; error: Refusal }
  assert.equal(ok, false)
  assert.match(error.message, /^\S.*[.!?:)]$/s)
  assert.match(error.remedy, /^\S.{8,}/s)
  assert.deepEqual(await filesIn(dir), before, 'nothing changed')
  return error
}

describe('what is wrong before a node runs', () => {
  const space = workspace()
  let ceremony: Ceremony

  before(async () => {
    ceremony = await holdCeremony(space, { members: 3 })
  })

  const data = (): string => ceremony.data[0] ?? assert.fail('a member was made')

  async function config(change: Readonly<Record<string, string>> = {}): Promise<string> {
    const settings = { data_dir: data(), lock: ceremony.lock, passphrase_file: space.passphrase, ...change }
    const path = space.file('node.yaml')
    const bitcoind = ['bitcoind:', '  rpc_port: 1', `  cookie_file: ${space.file('no-cookie')}`]
    const zmq = ['  zmq:', ...['rawblock', 'rawtx', 'sequence'].map((topic) => `    ${topic}: tcp://127.0.0.1:1`)]
    await writeFile(path, [...Object.entries(settings).map(([name, value]) => `${name}: ${value}`), ...bitcoind, ...zmq, ''].join('\n'))
    return path
  }

  it('refuses a half-signed lock, and names who is missing', async () => {
    const lock = ['federation', 'lock', ...ceremony.signatures.slice(0, 2), '--definition', ceremony.definition, '--out', space.file('half.json')]
    const { code, message } = await refused(lock, { dir: space.path })
    assert.equal(code, 'lock-half-signed')
    assert.match(message, /tower-3 \(member 3\)/)
  })

  it('starts no node on a lock that lacks a signature', async () => {
    const whole = JSON.parse(await readFile(ceremony.lock, 'utf8')) as { signatures: unknown[] }
    const lock = space.file('robbed.json')
    await writeFile(lock, JSON.stringify({ ...whole, signatures: whole.signatures.slice(1) }))
    const { code, message } = await refused(['node', 'run', '--config', await config({ lock })], { dir: space.path })
    assert.equal(code, 'lock-half-signed')
    assert.match(message, /tower-1 \(member 1\)/)
  })

  it('defines nothing on mainnet without the flag for it', async () => {
    const cards = ceremony.data.map((dir) => join(dir, 'belfry-card.json'))
    const define = ['federation', 'define', ...cards, '--name', 'harbour', '--network', 'mainnet', '--out', space.file('mainnet.json')]
    const { code, message } = await refused(define, { dir: space.path })
    assert.equal(code, 'mainnet-without-flag')
    assert.match(message, /experimental.mainnet/)
  })

  it('starts no node on a configuration with an unknown key', async () => {
    const { code, message } = await refused(['node', 'run', '--config', await config({ second_sight: 'true' })], { dir: space.path })
    assert.equal(code, 'unknown-key')
    assert.match(message, /second_sight/)
  })

  for (const [what, mode, path] of [
    ['key file that all can read', 0o644, () => join(data(), 'node-keys.json')],
    ['passphrase file that all can read', 0o644, () => space.passphrase],
    ['passphrase file that its group can read', 0o640, () => space.passphrase],
  ] as const) {
    it(`starts no node with a ${what}`, async () => {
      await chmod(path(), mode)
      try {
        const { code, message, remedy } = await refused(['node', 'run', '--config', await config()], { dir: space.path })
        assert.equal(code, 'file-permissions')
        assert.ok(message.includes(path()))
        assert.match(remedy, /chmod/)
      } finally {
        await chmod(path(), 0o600)
      }
    })
  }
})

describe('what nodes and their owners refuse', function () {
  this.timeout(TEST_LIMIT_MS)
  const cluster = useCluster({ members: 3 })
  const space = workspace()
  let vault: EnrolledVault

  before(async () => {
    vault = await setUpVault(cluster(), { name: 'kept', act_at: 'confirmation' })
  })

  /** A further manifest for the vault's deposit. */
  async function bundle(init: Partial<BundleInit> = {}): Promise<EnrolmentBundle> {
    const { federation, owner } = cluster()
    using guarded = guardedVaultOf(vault.set, { name: 'another', federation })
    return await makeBundle({ federation, vault: guarded, root: owner.root, ...init })
  }

  const next = (): Partial<BundleInit> => ({ generation: 2, previous: hashOfBundle(vault.bundle) })

  /** What every member holds, and how often it has signed. */
  async function custody(): Promise<unknown> {
    return await Promise.all(cluster().members.map(async (member) => ({
      vaults: await member.api.vaults(),
      signed: await countAt(member, 'belfry_ledger_entries'),
    })))
  }

  /** Sends it to all members, as the owner that they admit or with other keys. @returns the one code of all their answers */
  async function refusedByAll(sent: EnrolmentBundle, seed = cluster().owner.connect.identitySeed): Promise<string> {
    const before = await custody()
    const link = await FederationLink.open(cluster().federation, seed)
    try {
      const { results, protected: isProtected } = await enrol(link, sent)
      assert.equal(isProtected, false)
      const codes = results.map((result) => {
        assert.notEqual(result.result, 'receipt')
        if (result.result === 'receipt') return ''
        assert.match(result.message, /^\S.{8,}/s)
        assert.match(result.remedy, /^\S.{8,}/s)
        return result.code
      })
      assert.equal(new Set(codes).size, 1, codes.join(' '))
      return codes[0] ?? ''
    } finally {
      await link.close()
      assert.deepEqual(await custody(), before, 'nothing changed')
    }
  }

  async function refusalsLogged(detail: string): Promise<number[]> {
    return await Promise.all(cluster().members.map(async (member) => (await logOf(member)).filter((line) => line.detail === detail).length))
  }

  it('a second process on one data directory', async () => {
    const member = cluster().member(1)
    const before = member.pid
    // On other ports, so that the store is what they meet at.
    const ended = await endOf('node', 'run', '--config', member.files.config, '--http-port', '0', '--listen', '/ip4/127.0.0.1/tcp/0', '--json')
    assert.equal(ended.exit, REFUSED, ended.stdout + ended.stderr)
    const { error } = JSON.parse(ended.stdout) as { error: Refusal }
    assert.equal(error.code, 'store-locked')
    assert.match(error.remedy, /two of one member must never run/)
    assert.equal(member.pid, before)
    assert.equal((await member.api.status())?.ready, true)
  })

  it('a generation that was skipped, and one that is not higher', async () => {
    assert.equal(await refusedByAll(await bundle({ generation: 3, previous: hashOfBundle(vault.bundle) })), 'generation-not-next')
    assert.equal(await refusedByAll(await bundle()), 'generation-not-next')
    assert.equal(await refusedByAll(await bundle({ generation: 2 })), 'previous-differs')
    assert.ok((await refusalsLogged('generation-not-next')).every((times) => times === 2))
  })

  it('a share that does not open', async () => {
    const sound = await bundle(next())
    const shares = sound.shares.map((ofMember) => ofMember.map((sealed, at) => (at === 0 ? sealed.map((byte) => byte ^ 1) : sealed)))
    assert.equal(await refusedByAll({ ...sound, shares }), 'share-does-not-open')
    const [first = []] = sound.shares
    assert.equal(await refusedByAll({ ...sound, shares: sound.shares.map((_, at) => sound.shares[(at + 1) % sound.shares.length] ?? first) }), 'share-does-not-open')
    assert.ok((await refusalsLogged('share-does-not-open')).every((times) => times === 2))
  })

  it('a manifest for another root than that of the owner who sends it', async () => {
    using secret = SecretBytes.random(SEED_BYTES)
    using root = new OwnerKey(secret)
    assert.equal(await refusedByAll(await bundle({ root })), 'owner-not-admitted')
  })

  it('a stranger, even with a manifest that the owner signed', async () => {
    using seed = SecretBytes.random(SEED_BYTES)
    const code = await refusedByAll(await bundle(next()), seed)
    assert.ok(['unreachable', 'refused', 'closed'].includes(code), code)
  })

  it('a stranger who uses the command', async () => {
    const set = await writeSet('stranger-set.json', recoverySetToJson(vault.set))
    const made = await belfry('init', '--role', 'owner', '--data', space.file('mallory'), '--name', 'mallory', '--passphrase-file', space.passphrase)
    assert.equal(made.exit, 0, made.stderr)
    const before = await custody()
    const ended = await belfry(...enrolArgs(space.file('mallory'), set), '--json')
    assert.ok(ended.exit === REFUSED || ended.exit === UNREACHABLE, ended.stdout)
    const { error } = JSON.parse(ended.stdout) as { error: Refusal }
    assert.match(error.remedy, /^\S.{8,}/s)
    await assert.rejects(stat(space.file('unvault.json')), { code: 'ENOENT' })
    assert.deepEqual(await custody(), before)
  })

  function enrolArgs(data: string, set: string): string[] {
    return [
      'vault', 'enrol', '--lock', cluster().lock, '--data', data, '--passphrase-file', space.passphrase, '--set', set, '--name', 'refused',
      '--enrolment', space.file('enrolment.json'), '--receipts', space.file('receipts.json'), '--unvault', space.file('unvault.json'), '--wait', '0',
    ]
  }

  async function writeSet(name: string, json: string): Promise<string> {
    using passphrase = await readPassphraseFile(space.passphrase)
    using plaintext = SecretBytes.from(Buffer.from(json))
    const path = space.file(name)
    await writeEncryptedFile({ path, kind: 'recovery-set', passphrase, plaintext, cost: LEAST_COST })
    return path
  }

  it('a recovery set that fails verification, before a byte of it is sent', async () => {
    const { raw } = vault.set.transactions.find(({ place }) => place.purpose === 'clawback') ?? assert.fail()
    const hex = Buffer.from(raw).toString('hex')
    // One bit of a signature, which begins as DER does: the transaction id stays the same.
    const { index } = /30(?:43|44|45)02(?:1f|20|21)/.exec(hex) ?? assert.fail('it is signed')
    const forged = Buffer.from(raw)
    const at = index / 2 + 10
    forged[at] = (forged[at] ?? 0) ^ 1
    const json = recoverySetToJson(vault.set)
    assert.ok(json.includes(hex))
    const set = await writeSet('forged-set.json', json.replace(hex, forged.toString('hex')))
    const owner = await belfry('init', '--role', 'owner', '--data', space.file('alice'), '--name', 'alice', '--passphrase-file', space.passphrase)
    assert.equal(owner.exit, 0, owner.stderr)
    const before = await custody()
    const { code } = await refused(enrolArgs(space.file('alice'), set), { dir: space.path })
    assert.equal(code, 'set-refused')
    assert.deepEqual(await custody(), before)
  })

  it('two manifests of one generation: the second raises an alarm', async () => {
    const link = await FederationLink.open(cluster().federation, cluster().owner.connect.identitySeed)
    try {
      const { results } = await enrol(link, await bundle(next()))
      assert.ok(results.every(({ result }) => result === 'receipt'))
    } finally {
      await link.close()
    }
    assert.equal(await refusedByAll(await bundle(next())), 'generation-taken')
    for (const member of cluster().members) {
      const alarms = (await logOf(member)).filter(({ event }) => event === 'second-manifest-of-a-generation')
      assert.deepEqual(alarms.map(({ level }) => level), ['error'])
      assert.equal(await countAt(member, 'belfry_tells_total', { event: 'second-manifest-of-a-generation' }), 1)
    }
  })

  it('a bitcoind of another network than the lock\'s: the node says so, and is not ready', async () => {
    const elsewhere = { path: space.path, passphrase: space.passphrase, file: (...names: string[]) => space.file('signet', ...names) }
    const { lock, data: [data = ''] } = await holdCeremony(elsewhere, { members: 3, define: ['--network', 'signet'] })
    const regtest = cluster().member(1)
    const path = await configOnRegtest(regtest, { data, lock })
    const node = startBelfry('node', 'run', '--config', path, '--json')
    try {
      const started = await eventually('the node to start', async () => {
        assert.equal(node.process.exitCode, null, node.stdout() + node.stderr())
        const line = node.stdout().split('\n').find((one) => one.includes('"node-started"'))
        return line === undefined ? null : (JSON.parse(line) as { http_port: number })
      })
      const api = new MemberApi(started.http_port, join(data, 'api-token'))
      const reason = await eventually('it says that the chain is another', async () =>
        (await api.readiness())?.reasons.find((one) => one.reason === 'wrong-chain') ?? null)
      assert.match(reason.remedy, /^\S.{8,}/s)
      assert.equal((await api.get('/readyz'))?.status, 503)
      assert.match(await readFile(join(data, 'node.log'), 'utf8'), /"event":"chain-state".*"detail":"wrong-chain"/)
      const status = await api.status()
      assert.equal(status?.chain.tip, null, 'it follows nothing of that chain')
      assert.equal(status?.ready, false)
    } finally {
      node.process.kill('SIGTERM')
    }
    await eventually('the node to end', async () => node.process.exitCode !== null)
    assert.equal(node.process.exitCode, 0)
  })

  async function configOnRegtest({ files }: Member, { data, lock }: { data: string; lock: string }): Promise<string> {
    const there = await readFile(files.config, 'utf8')
    const bitcoind = there.slice(there.indexOf('bitcoind:'), there.indexOf('listen:'))
    const path = join(data, 'belfry.yaml')
    const own = [`data_dir: ${data}`, `lock: ${lock}`, `passphrase_file: ${space.passphrase}`, 'http:', '  port: 0', 'log:', `  file: ${join(data, 'node.log')}`]
    await writeFile(path, `${own.join('\n')}\n${bitcoind}`)
    return path
  }
})
