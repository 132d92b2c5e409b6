/** What becomes of a vault after its first day, by commands alone: several owners, renewal, withdrawal, other schemes' vaults. */
import assert from 'node:assert/strict'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { type Outpoint, type VaultKeys, custodyToJson, multisigScript, sats } from '@belfry/client'
import { findFreePorts, pollUntil } from '@belfry/client/regtest'
import { PURSE_SCRIPT, PURSE_WITNESS_SCRIPT, serialise, txidOf } from '../../bitcoind/src/index.ts'
import { useRegtest } from '../../bitcoind/test/support/regtest-suite.ts'
import { belfry, refusal, result } from './support/belfry.ts'
import { type Ceremony, holdCeremony } from './support/ceremony.ts'
import { NodeProcess } from './support/nodes.ts'
import { workspace } from './support/workspace.ts'

const MEMBERS = 3
const VALUE_SATS = 50_000_000
const REACTION_LIMIT_MS = 60_000
const ELSEWHERE = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080'

interface Renewed {
  readonly generation: number
  readonly states: readonly { readonly state: string }[]
  readonly active: readonly unknown[]
  readonly activates_at_latest: number | null
  readonly files: { readonly unvault: string | null }
}

describe('a vault in custody, by commands', function () {
  this.timeout(180_000)
  const space = workspace()
  const regtest = useRegtest(1)
  const nodes: NodeProcess[] = []
  let ceremony: Ceremony
  const bitcoind = () => regtest().node(0).bitcoind
  const secret = (): string[] => ['--passphrase-file', space.passphrase]
  const owner = (): string[] => ['--lock', ceremony.lock, '--data', space.file('alice'), ...secret()]
  const asked = (): string[] => {
    const { rpcPort, cookieFile } = regtest().node(0)
    return ['--bitcoind-port', String(rpcPort), '--bitcoind-cookie', cookieFile]
  }

  before(async () => {
    const ports = await findFreePorts(Array.from({ length: 2 * MEMBERS }, (_, at) => `port ${at}`))
    const port = (at: number): number => ports[`port ${at}`] ?? 0
    ceremony = await holdCeremony(space, {
      members: MEMBERS,
      address: (index) => `/ip4/127.0.0.1/tcp/${port(index - 1)}`,
      define: ['--heartbeat-ms', '500'],
    })
    for (const [name, role] of [['alice', 'owner'], ['bob', 'owner'], ['mallory', 'owner'], ['gwen', 'guardian']] as const)
      await result(['init', '--role', role, '--data', space.file(name), '--name', name, ...secret()])
    for (const [at, data] of ceremony.data.entries()) {
      const node = await NodeProcess.configure({
        data,
        lock: ceremony.lock,
        passphrase: space.passphrase,
        listen: `/ip4/127.0.0.1/tcp/${port(at)}`,
        httpPort: port(MEMBERS + at),
        owners: [space.file('alice', 'belfry-card.json')],
        bitcoind: regtest().node(0),
      })
      nodes.push(node)
      await node.start()
    }
    await regtest().purse.fill()
    await Promise.all(nodes.map((node) => node.ready(MEMBERS - 1)))
    await result(['vault', 'keys', '--out', space.file('keys'), ...secret()])
  })

  after(async () => {
    await Promise.all(nodes.map((node) => node.stop('SIGKILL')))
  })

  const card = (name: string): string => space.file(name, 'belfry-card.json')
  const countersign = (name: string, ...more: string[]): string[] =>
    ['vault', 'countersign', '--data', space.file(name), ...secret(), '--yes', ...more]

  async function depositScript(): Promise<Uint8Array> {
    const { cold } = JSON.parse(await readFile(space.file('keys', 'vault-keys.json'), 'utf8')) as VaultKeys
    return multisigScript({ threshold: 2, keys: cold }, 'regtest').script
  }

  /** A signed set of the coin, by two of the three keys. */
  async function signedSet(name: string, deposit: string, ...more: string[]): Promise<string> {
    const [plan, set] = [space.file(`${name}-plan.json`), space.file(`${name}-set.json`)]
    const keys = ['--keys', space.file('keys', 'vault-keys.json')]
    const coin = ['--deposit', deposit, '--value', String(VALUE_SATS), '--csv', '12']
    await result(['vault', 'plan', '--network', 'regtest', ...keys, ...coin, '--out', plan, ...more])
    const cold = ['cold-1.key', 'cold-2.key'].map((key) => space.file('keys', key))
    await result(['vault', 'sign', '--plan', plan, '--keys', ...cold, '--out', set, ...secret()])
    return set
  }

  const enrol = (...more: string[]): string[] => ['vault', 'enrol', ...owner(), '--wait', '30', ...more]
  const renew = (set: string, ...more: string[]): string[] =>
    ['vault', 'renew', ...owner(), '--wait', '30', '--set', set, '--from', space.file('enrolment.json'), ...more]

  describe('of two owners and a guardian', () => {
    let first = ''
    let second = ''
    let held = 0
    const files = (): string[] => [
      '--enrolment',
      space.file('enrolment.json'),
      '--receipts',
      space.file('enrolment-receipts.json'),
      '--unvault',
      space.file('unvault.json'),
    ]

    before(async () => {
      const { outpoints } = await regtest().purse.fund([{ script: await depositScript(), value: sats(VALUE_SATS) }])
      const [deposit] = outpoints
      assert.ok(deposit)
      first = await signedSet('first', deposit)
      second = await signedSet('second', deposit, '--deep-cold-address', ELSEWHERE)
      held = (await vaultsHeld()).length
    })

    it('is stored before the other owner has signed, and sent to nobody', async () => {
      const cards = ['--owner-card', card('bob'), '--guardian-card', card('gwen')]
      const wrong = enrol('--set', first, ...files(), '--owner-card', card('gwen'))
      assert.match((await refusal(2, wrong)).message, /card of a guardian/)
      assert.equal((await refusal(2, enrol('--set', first, ...files(), '--enrol-k', '2'))).code, 'usage')
      const { code, message, remedy } = await refusal(3, enrol('--set', first, ...files(), ...cards))
      assert.equal(code, 'signatures-missing')
      assert.match(message, /1 more signature is needed/)
      assert.match(remedy, /belfry vault countersign --enrolment/)
      assert.equal((await vaultsHeld()).length, held)
    })

    it('is countersigned by an owner that it names, and by no other', async () => {
      const enrolment = ['--enrolment', space.file('enrolment.json')]
      assert.equal((await refusal(3, countersign('mallory', ...enrolment))).code, 'not-a-signer')
      const { missing } = await result<{ missing: number }>(countersign('bob', ...enrolment))
      assert.equal(missing, 0)
      interface Result {
        readonly active: readonly unknown[]
        readonly keys: { readonly enrol: { k: number; keys: string[] }; readonly panic: { k: number; keys: string[] } }
      }
      const { code } = await refusal(3, enrol('--set', first, ...files(), '--owner-card', card('bob')))
      assert.equal(code, 'files-disagree', 'without the guardian it would be another')
      const { active, keys } = await result<Result>(enrol('--set', first, ...files()))
      assert.equal(active.length, MEMBERS)
      assert.deepEqual([keys.enrol.k, keys.enrol.keys.length, keys.panic.k, keys.panic.keys.length], [2, 2, 2, 3])
    })

    it('is renewed under the keys of both, and waits', async () => {
      assert.equal((await refusal(3, renew(second))).code, 'signatures-missing')
      await result(countersign('bob', '--enrolment', space.file('enrolment-2.json')))
      const renewed = await result<Renewed>(renew(second))
      assert.equal(renewed.generation, 2)
      assert.deepEqual(renewed.states.map(({ state }) => state), ['waiting', 'waiting', 'waiting'])
      const { blocks } = await bitcoind().getBlockchainInfo()
      assert.equal(renewed.activates_at_latest, blocks + 1)
      assert.equal(renewed.files.unvault, null)
      await assert.rejects(stat(space.file('unvault-2.json')), { code: 'ENOENT' })
    })

    it('gives the hot device its file once the generation is active', async () => {
      await regtest().mine(0, 1)
      const renewed = await pollUntil('an active generation', REACTION_LIMIT_MS, async () => {
        const told = await result<Renewed>(renew(second))
        return told.active.length === MEMBERS && told
      })
      assert.equal(renewed.activates_at_latest, null)
      assert.equal((await stat(space.file('unvault-2.json'))).mode & 0o777, 0o600)
    })

    it('is renewed from the active generation only, and for the same coin', async () => {
      const out = ['--enrolment', space.file('never.json'), '--unvault', space.file('never-unvault.json')]
      assert.match((await refusal(3, renew(first, ...out))).message, /Generation 2 is active/)
      const other = await signedSet('other', `${'ab'.repeat(32)}:0`)
      assert.equal((await refusal(3, renew(other, ...out))).code, 'files-disagree')
      // Another owner's root would make another vault of the same coin.
      assert.equal((await refusal(3, renew(second, ...out, '--data', space.file('bob')))).code, 'wrong-keys')
      await assert.rejects(stat(space.file('never.json')), { code: 'ENOENT' })
    })

    it('takes another of a generation once the first is withdrawn, by both', async () => {
      const from = ['--from', space.file('enrolment-2.json')]
      const third = space.file('enrolment-3.json')
      await refusal(3, renew(first, ...from))
      await result(countersign('bob', '--enrolment', third))
      assert.equal((await result<Renewed>(renew(first, ...from))).generation, 3)

      const rival = ['--enrolment', space.file('rival.json'), '--receipts', space.file('rival-receipts.json')]
      await refusal(3, renew(second, ...from, ...rival))
      await result(countersign('bob', '--enrolment', space.file('rival.json')))
      assert.match((await refusal(3, renew(second, ...from, ...rival))).message, /Another manifest of this generation/)

      const withdraw = ['vault', 'withdraw', ...owner(), '--enrolment', third]
      const { remedy } = await refusal(3, withdraw)
      const [, withdrawal = ''] = /--withdrawal (\S+)/.exec(remedy) ?? []
      await result(countersign('bob', '--enrolment', third, '--withdrawal', withdrawal))
      const { members } = await result<{ members: readonly { state: string }[] }>(withdraw)
      assert.deepEqual(members.map(({ state }) => state), ['withdrawn', 'withdrawn', 'withdrawn'])
      assert.equal((await refusal(3, renew(first, ...from))).code, 'enrolment-ended')
      assert.equal((await result<Renewed>(renew(second, ...from, ...rival, '--unvault', space.file('unvault-2.json')))).generation, 3)
    })

    it('is cancelled by one owner alone, and then withdrawn before another comes', async () => {
      const rival = space.file('rival.json')
      await result(['vault', 'cancel', ...owner(), '--vault', rival, '--yes', ...asked()])
      const again = ['--enrolment', rival, '--receipts', space.file('rival-receipts.json'), '--unvault', space.file('unvault-2.json')]
      const { code, remedy } = await refusal(3, renew(second, '--from', space.file('enrolment-2.json'), ...again))
      assert.equal(code, 'enrolment-ended')
      assert.match(remedy, /First take it back/)
    })

    it('cannot withdraw what is active', async () => {
      const enrolment = space.file('enrolment-2.json')
      const withdraw = ['vault', 'withdraw', ...owner(), '--enrolment', enrolment]
      const { remedy } = await refusal(3, withdraw)
      const [, withdrawal = ''] = /--withdrawal (\S+)/.exec(remedy) ?? []
      await result(countersign('bob', '--enrolment', enrolment, '--withdrawal', withdrawal))
      assert.equal((await refusal(3, withdraw)).code, 'already-active')
    })
  })

  it('may be funded after the receipts, and is guarded from then on', async () => {
    const funding = await regtest().purse.pay([{ script: await depositScript(), value: sats(VALUE_SATS) }])
    const [deposit] = funding.outpoints
    assert.ok(deposit)
    const set = await signedSet('later', deposit, '--signing', 'ephemeral')
    const unvault = space.file('later-unvault.json')
    const files = ['--enrolment', space.file('later.json'), '--receipts', space.file('later-receipts.json'), '--unvault', unvault]
    const enrolled = await result<{ funding: string; active: unknown[] }>(enrol('--set', set, '--name', 'later', ...files))
    assert.deepEqual([enrolled.funding, enrolled.active.length], ['after-receipts', MEMBERS])

    const show = ['vault', 'show', space.file('later.json'), ...owner()]
    assert.match((await belfry(show)).stdout, /not funded yet: the coin has not been paid in, as tower-1, tower-2 and tower-3 see it/)
    await bitcoind().sendRawTransaction(funding.transaction)
    await regtest().mine(0, 1)
    await pollUntil('members that see the coin', REACTION_LIMIT_MS, async () => {
      const { code, stdout } = await belfry(show)
      return code === 0 && !stdout.includes('not funded yet')
    })
    const { transactions } = JSON.parse(await readFile(unvault, 'utf8')) as { transactions: { raw: string; txid: string }[] }
    const [theft] = transactions
    assert.ok(theft)
    await bitcoind().sendRawTransaction(Buffer.from(theft.raw, 'hex'))
    await regtest().mine(0, 1)
    const { txid } = await spenderOf(`${theft.txid}:0` as Outpoint)
    const manifest = await result<{ unvaults: { clawback: { txid: string }[] }[] }>(['vault', 'show', space.file('later.json')])
    assert.ok(manifest.unvaults.some(({ clawback }) => clawback.some((one) => one.txid === txid)), 'it is a clawback')
  })

  it('may be of another scheme, and is answered with the transactions of that', async () => {
    const { outpoints } = await regtest().purse.fund([{ script: PURSE_SCRIPT, value: sats(VALUE_SATS) }])
    const [deposit] = outpoints
    assert.ok(deposit)
    const pay = (fee: number) => ({
      version: 2,
      inputs: [{ outpoint: deposit, witness: [PURSE_WITNESS_SCRIPT] }],
      outputs: [{ script: PURSE_SCRIPT, value: sats(VALUE_SATS - fee) }],
    })
    const emergency = [60_000, 20_000].map((fee) => pay(fee))
    const vault = {
      network: 'regtest' as const,
      deposit: { outpoint: deposit, value: sats(VALUE_SATS), script: PURSE_SCRIPT, funding: 'confirmed' as const },
      csv: 12,
      act_at: 'confirmation' as const,
      unvaults: [],
      emergency: emergency.map(serialise),
      dead_man: [],
    }
    const [plain, custody] = [space.file('theirs.json'), space.file('custody.json')]
    await writeFile(plain, custodyToJson(vault))
    const imported = ['vault', 'import', '--custody', plain, '--out', custody, ...secret(), ...asked()]
    assert.deepEqual((await result<{ tried: unknown }>(imported)).tried, { tried: 2, of: 2 })

    const files = ['--enrolment', space.file('theirs-enrolment.json'), '--receipts', space.file('theirs-receipts.json')]
    const { active } = await result<{ active: unknown[] }>(enrol('--custody', custody, '--name', 'theirs', ...files))
    assert.equal(active.length, MEMBERS)
    const other = space.file('both.json')
    assert.equal((await refusal(2, enrol('--custody', custody, '--set', other, ...files))).code, 'usage')

    await bitcoind().sendRawTransaction(serialise(pay(1_000)))
    const txids = emergency.map((one) => txidOf(one) as string)
    await pollUntil('an emergency transaction in the mempool', REACTION_LIMIT_MS, async () => {
      const [found] = await bitcoind().getTxSpendingPrevout([deposit])
      return found !== undefined && txids.includes(String(found.spender))
    })
  })

  async function vaultsHeld(): Promise<readonly unknown[]> {
    return (await result<{ vaults: unknown[] }>(['vault', 'list', ...owner()])).vaults
  }

  async function spenderOf(outpoint: Outpoint): Promise<{ txid: string }> {
    return await pollUntil(`a spender of ${outpoint}`, REACTION_LIMIT_MS, async () => {
      const [found] = await bitcoind().getTxSpendingPrevout([outpoint])
      return found?.spender ? { txid: String(found.spender) } : false
    })
  }
})
