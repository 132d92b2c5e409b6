/** `belfry vault recover`, with a real bitcoind and with none. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import {
  type PublicKey,
  type VaultKeys,
  acceptRecoverySet,
  multisigScript,
  openOwnerKey,
  readPassphraseFile,
  readRecoverySet,
  sats,
  scriptsOf,
} from '@belfry/client'
import { type Feerate, buildColdSpend, pollUntil } from '@belfry/client/regtest'
import { useRegtest } from '../../../bitcoind/test/support/regtest-suite.ts'
import { belfry, belfryProcess, failureIn, refusal, result, spawnBelfry } from '../support/belfry.ts'
import { workspace } from '../support/workspace.ts'

const VALUE_SATS = 50_000_000
const SENT_LIMIT_MS = 30_000

interface Printed {
  readonly secret_until_sent: boolean
  readonly situations: readonly {
    readonly title: string
    readonly advice: readonly string[]
    readonly transactions: readonly { readonly id: string; readonly txid: string; readonly hex: string }[]
  }[]
}

describe('belfry vault recover', () => {
  const space = workspace()
  const regtest = useRegtest(1, () => ['-txindex=0'])
  const secret = (): string[] => ['--passphrase-file', space.passphrase]
  let asked: readonly string[] = []
  let made = 0

  before(async () => {
    await result(['vault', 'keys', '--out', space.file('keys'), ...secret()])
    const { rpcPort, cookieFile } = regtest().node(0)
    asked = ['--bitcoind-port', String(rpcPort), '--bitcoind-cookie', cookieFile]
  })

  /** A signed set whose deposit is confirmed. @returns its path */
  async function makeSet(...more: readonly string[]): Promise<string> {
    made += 1
    const { cold } = JSON.parse(await readFile(space.file('keys', 'vault-keys.json'), 'utf8')) as VaultKeys
    const { script } = multisigScript({ threshold: 2, keys: cold }, 'regtest')
    const { outpoints } = await regtest().purse.fund([{ script, value: sats(VALUE_SATS) }])
    const [plan, set] = [space.file(`plan-${made}.json`), space.file(`set-${made}.json`)]
    const coin = ['--deposit', outpoints[0] ?? '', '--value', String(VALUE_SATS), '--csv', '12']
    await result(['vault', 'plan', '--network', 'regtest', '--keys', space.file('keys', 'vault-keys.json'), ...coin, ...more, '--out', plan])
    const keys = ['cold-1.key', 'cold-2.key'].map((name) => space.file('keys', name))
    await result(['vault', 'sign', '--plan', plan, '--keys', ...keys, '--out', set, ...secret()])
    return set
  }

  async function rawOf(path: string, id: string): Promise<Uint8Array> {
    using passphrase = await readPassphraseFile(space.passphrase)
    const { plan, transactions } = await readRecoverySet({ path, passphrase })
    const set = acceptRecoverySet(plan, transactions, { deep_cold_descriptor: scriptsOf(plan).deep_cold.descriptor })
    return set.transactions.find((one) => one.id === id)?.raw ?? assert.fail(`no ${id}`)
  }

  const recover = (set: string, ...more: string[]): string[] => ['vault', 'recover', '--set', set, ...secret(), '--interval', '1', ...more]
  const mine = async (raw: Uint8Array) => await regtest().node(0).bitcoind.generateBlock(await regtest().freshAddress(), [raw])
  const mempool = async () => (await regtest().node(0).bitcoind.getRawMempool()).txids

  it('leaves the coin alone while it is where it should be', async () => {
    const { code, message, remedy } = await refusal(3, recover(await makeSet(), ...asked))
    assert.equal(code, 'nothing-to-recover')
    assert.match(message, /in its deposit/)
    assert.match(remedy, /--emergency/)
    assert.deepEqual(await mempool(), [])
  })

  it('claws a theft back, stopped and started again on the way', async () => {
    const set = await makeSet()
    await mine(await rawOf(set, 'unvault-0'))
    const first = spawnBelfry(recover(set, ...asked))
    assert.ok(first.stderr && first.stdout)
    first.stdout.resume()
    const said = text(first.stderr)
    const exit = once(first, 'close')
    await pollUntil('a clawback in the mempool', SENT_LIMIT_MS, async () => (await mempool()).length > 0)
    first.kill('SIGINT')
    const [code] = (await exit) as [number | null]
    assert.equal(code, 130)
    assert.match(await said, /Sent: clawback-0-\d [0-9a-f]{64} at \d+ sat\/vB/)
    await regtest().mine(0, 6)
    const { code: done, stdout } = await belfryProcess(recover(set, ...asked))
    assert.equal(done, 0)
    assert.match(stdout, /^Recovered: clawback-0-\d [0-9a-f]{64} brought the coin to deep cold, in block \d+, 6 deep\.\n.*final at 100/)
  })

  it('streams one JSON object per line with --json', async () => {
    const set = await makeSet()
    await mine(await rawOf(set, 'unvault-0'))
    await mine(await rawOf(set, 'clawback-0-0'))
    const { code, stdout } = await belfry([...recover(set, ...asked), '--until', '1', '--json'])
    assert.equal(code, 0, stdout)
    const lines = stdout.trim().split('\n').map((line) => JSON.parse(line) as { event: string; at_ms: number; id?: string })
    assert.deepEqual(lines.map(({ event }) => event), ['coin', 'depth', 'recovered'])
    assert.ok(lines.every(({ at_ms }) => at_ms > 0) && lines.at(-1)?.id === 'clawback-0-0')
  })

  it('asks before an emergency, and brings the deposit to deep cold when it is meant', async () => {
    const set = await makeSet()
    assert.equal((await refusal(2, recover(set, '--emergency', ...asked))).code, 'usage')
    assert.deepEqual(await mempool(), [])
    const ending = belfry(recover(set, '--emergency', '--yes', '--until', '1', ...asked))
    await pollUntil('an emergency in the mempool', SENT_LIMIT_MS, async () => (await mempool()).length > 0)
    await regtest().mine(0, 1)
    const { code, stdout, stderr } = await ending
    assert.equal(code, 0, stderr)
    assert.match(stdout, /^Recovered: emergency-\d/)
    assert.match(stderr, /warning: An emergency transaction becomes public/)
  })

  it('says that a coin is lost which another transaction took, and exits 1', async () => {
    const set = await makeSet()
    using passphrase = await readPassphraseFile(space.passphrase)
    const { plan } = await readRecoverySet({ path: set, passphrase })
    const [first, second] = await Promise.all(
      ['cold-1.key', 'cold-2.key'].map((name) => openOwnerKey({ path: space.file('keys', name), passphrase })),
    )
    assert.ok(first && second)
    const theft = buildColdSpend(
      plan,
      [first, second].map((key) => key.compressedPublicKey as PublicKey),
      scriptsOf(plan).unvault.script,
      20_000 as Feerate,
      (wanted, digest) => (wanted === first.compressedPublicKey ? first : second).signEcdsa(digest),
    )
    await mine(theft.raw)
    await regtest().mine(0, 5)
    const { code, stdout, stderr } = await belfry(recover(set, ...asked))
    assert.equal(code, 1)
    assert.equal(stdout, '')
    assert.match(stderr, /has taken the coin in block \d+\. It is too late/)
    assert.match(stderr, new RegExp(`error: Another transaction, ${theft.txid}, took the coin from the deposit`))
  })

  it('prints what to send when, as hex and with advice, without any bitcoind', async () => {
    const set = await makeSet()
    const printed = await result<Printed>(recover(set, '--print'))
    assert.equal(printed.secret_until_sent, true)
    const [theft, still] = printed.situations
    assert.deepEqual(theft?.transactions.map(({ id }) => id), ['clawback-0-0', 'clawback-0-1', 'clawback-0-2', 'clawback-0-3'])
    assert.deepEqual(still?.transactions.map(({ id }) => id), ['emergency-1', 'emergency-0'])
    assert.ok(theft.advice.some((sentence) => /at the latest 6 blocks after/.test(sentence)))
    // What it prints is what bitcoind takes.
    const hex = still.transactions[1]?.hex ?? ''
    assert.equal((await regtest().node(0).bitcoind.testAccept([Buffer.from(hex, 'hex')])).kind, 'accepted')
    const { stdout, stderr } = await belfry(recover(set, '--print'))
    assert.match(stdout, /^Each of these transactions is a secret until you send it/)
    assert.ok(stdout.includes(hex) && !stderr.includes(hex.slice(0, 40)))
  })

  it('lists what needs a fee coin, and never sends it by itself', async () => {
    const set = await makeSet('--profile', 'full')
    const { situations } = await result<Printed>(recover(set, '--print'))
    const aside = situations.at(-1)
    assert.match(aside?.title ?? '', /^For special occasions/)
    assert.ok(aside?.transactions.some(({ id }) => id.startsWith('anchored-')) && aside.transactions.every(({ id }) => !/^(clawback|emergency)-/.test(id)))
    await mine(await rawOf(set, 'unvault-0'))
    await mine(await rawOf(set, 'clawback-0-0'))
    const { stderr } = await belfry([...recover(set, ...asked), '--until', '1'])
    assert.match(stderr, /Not used by itself: .*anchored-0/)
  })

  it('wants either a bitcoind or --print, and a set', async () => {
    const set = await makeSet()
    assert.equal((await refusal(2, recover(set))).code, 'usage')
    assert.equal((await refusal(2, recover(set, '--print', ...asked))).code, 'usage')
    const { stdout } = await belfryProcess(['vault', 'recover', '--set', space.file('none.json'), '--print', ...secret(), '--json'])
    assert.equal(failureIn(stdout).code, 'file-missing')
  })
})
