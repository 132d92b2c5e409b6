import assert from 'node:assert/strict'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { type Outpoint, type VaultKeys, multisigScript, sats } from '@belfry/client'
import { PURSE_SCRIPT, serialise } from '../../../bitcoind/src/index.ts'
import { spend, useRegtest } from '../../../bitcoind/test/support/regtest-suite.ts'
import { EXAMPLE } from '../../../vault/test/bip128/example.ts'
import { belfry, refusal, result } from '../support/belfry.ts'
import { workspace } from '../support/workspace.ts'

const VALUE = 50_000_000
const HEIR = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080'

interface Plan {
  readonly alert_txid: string
  readonly recovery_txid: string
  readonly timelock_days: number
  readonly recovery_outputs: readonly unknown[]
}

describe('belfry vault import and export', () => {
  const space = workspace()
  const regtest = useRegtest(1)
  let deposit: Outpoint
  const secret = (): string[] => ['--passphrase-file', space.passphrase]
  const asked = (): string[] => {
    const { rpcPort, cookieFile } = regtest().node(0)
    return ['--bitcoind-port', String(rpcPort), '--bitcoind-cookie', cookieFile]
  }
  const key = (name: string): string => space.file('keys', name)
  const exported = (set: string, ...more: string[]): string[] => [
    'vault',
    'export',
    '--bip128',
    '--set',
    space.file(set),
    '--heir-key',
    key('heir-1.key'),
    '--to',
    HEIR,
    '--out',
    space.file('heir.json'),
    ...secret(),
    ...more,
  ]

  before(async () => {
    await result(['vault', 'keys', '--out', space.file('keys'), '--heir', '1', ...secret()])
    const { cold } = JSON.parse(await readFile(key('vault-keys.json'), 'utf8')) as VaultKeys
    const { script } = multisigScript({ threshold: 2, keys: cold }, 'regtest')
    const { outpoints } = await regtest().purse.fund([{ script, value: sats(VALUE) }])
    deposit = outpoints[0] ?? assert.fail()
    await sign('with-heir', '--heir-after', '20', '--staging', '4320')
    await sign('without')
  })

  async function sign(name: string, ...more: string[]): Promise<void> {
    const [plan, set] = [space.file(`${name}-plan.json`), space.file(`${name}.json`)]
    const coin = ['--deposit', deposit, '--value', String(VALUE)]
    await result(['vault', 'plan', '--network', 'regtest', '--keys', key('vault-keys.json'), ...coin, '--out', plan, ...more])
    await result(['vault', 'sign', '--plan', plan, '--keys', key('cold-1.key'), key('cold-2.key'), '--out', set, ...secret()])
  }

  describe('of a timelock-recovery plan', () => {
    it("writes the heir's way as such a plan, for this user only", async () => {
      const told = await result<{ timelock_days: number; lock: unknown }>(exported('with-heir.json'))
      assert.deepEqual([told.timelock_days, told.lock], [30, { unit: 'blocks', count: 4_320 }])
      const plan = JSON.parse(await readFile(space.file('heir.json'), 'utf8')) as Plan
      assert.equal(plan.timelock_days, 30)
      assert.equal(plan.recovery_outputs.length, 1)
      assert.equal((await stat(space.file('heir.json'))).mode & 0o777, 0o600)
    })

    it('says why a vault without an heir has none, and what else is missing', async () => {
      const { code, message } = await refusal(3, exported('without.json', '--force'))
      assert.equal(code, 'no-dead-man')
      assert.match(message, /names no heir/)
      assert.equal((await refusal(3, exported('with-heir.json', '--force', '--rung', '7'))).code, 'no-dead-man')
      assert.equal((await refusal(2, ['vault', 'export', ...secret()])).code, 'usage')
      assert.equal((await refusal(2, ['vault', 'export', '--bip128', ...secret()])).code, 'usage')
      const stranger = [...exported('with-heir.json', '--force'), '--heir-key', key('cold-1.key')]
      assert.equal((await refusal(3, stranger)).code, 'wrong-keys')
    })

    it('takes it over: its alert is the dead-man transaction of the coin', async () => {
      interface Imported {
        readonly deposit: { readonly outpoint: string; readonly value_sats: number; readonly funding: string }
        readonly transactions: readonly { readonly id: string; readonly txid: string }[]
        readonly timelock_plan: { readonly recovery_txid: string; readonly recovery_signatures_verified: boolean }
        readonly notes: readonly string[]
      }
      const plan = JSON.parse(await readFile(space.file('heir.json'), 'utf8')) as Plan
      const out = ['--out', space.file('from-plan.json')]
      const args = ['vault', 'import', '--bip128', space.file('heir.json'), '--network', 'regtest', ...out, ...secret()]
      assert.match((await refusal(2, args)).remedy, /--bitcoind-port/)
      const imported = await result<Imported>([...args, ...asked()])
      assert.deepEqual(imported.deposit, { outpoint: deposit, value_sats: VALUE, funding: 'confirmed' })
      assert.deepEqual(imported.transactions.map(({ id, txid }) => [id, txid]), [['dead-man-0', plan.alert_txid]])
      assert.equal(imported.timelock_plan.recovery_txid, plan.recovery_txid)
      assert.equal(imported.timelock_plan.recovery_signatures_verified, true)
      assert.match(imported.notes.join('\n'), /see and tell a theft, and can do nothing about it/)
      assert.match(imported.notes.join('\n'), /dead-man-0: it is not good yet, as is meant/)
      assert.equal((await refusal(3, [...args, ...asked()])).code, 'file-exists')
    })

    it('refuses one that was changed, and one of another network', async () => {
      const path = space.file('changed.json')
      const args = ['vault', 'import', '--bip128', path, '--out', space.file('never.json'), ...secret(), ...asked()]
      await writeFile(path, JSON.stringify({ ...EXAMPLE, alert_fee: 1 }))
      assert.equal((await refusal(3, args)).code, 'file-inconsistent')
      await writeFile(path, JSON.stringify(EXAMPLE))
      assert.equal((await refusal(3, args)).code, 'wrong-network', 'the plan is of mainnet, this bitcoind is not')
      assert.equal((await refusal(3, [...args, '--network', 'regtest'])).code, 'timelock-plan-refused')
      await assert.rejects(stat(space.file('never.json')), { code: 'ENOENT' })
    })
  })

  describe('of finished transactions', () => {
    const custody = (emergency: readonly Uint8Array[], outpoint: string) => ({
      format: 'belfry-custody',
      version: 1,
      network: 'regtest',
      deposit: { outpoint, value: 1_000_000, script: Buffer.from(PURSE_SCRIPT).toString('hex'), funding: 'confirmed' },
      csv: 20,
      act_at: 'confirmation',
      unvaults: [],
      emergency: emergency.map((raw) => Buffer.from(raw).toString('hex')),
      dead_man: [],
    })
    const imported = (...more: string[]): string[] => ['vault', 'import', '--custody', space.file('theirs.json'), ...secret(), ...more]

    it('says all that is wrong, and writes nothing', async () => {
      const other = spend(`${'22'.repeat(32)}:0` as Outpoint, 5_000)
      await writeFile(space.file('theirs.json'), JSON.stringify(custody([serialise(other), Uint8Array.of(1)], `${'11'.repeat(32)}:0`)))
      const args = imported('--out', space.file('never.json'))
      const { code, message } = await refusal(3, args)
      assert.equal(code, 'custody-refused')
      assert.match(message, /should spend 1111.* and spends another coin.*\(and 1 more findings\)/)
      assert.match((await belfry(args)).stderr, /emergency, number 2 as given: not a transaction/)
      await assert.rejects(stat(space.file('never.json')), { code: 'ENOENT' })
    })

    it('shows no byte of a transaction, and keeps them encrypted', async () => {
      const { outpoints } = await regtest().purse.fund([{ script: PURSE_SCRIPT, value: sats(1_000_000) }])
      const outpoint = outpoints[0] ?? assert.fail()
      const raw = Buffer.from(serialise(spend(outpoint, 5_000))).toString('hex')
      await writeFile(space.file('theirs.json'), JSON.stringify(custody([Buffer.from(raw, 'hex')], outpoint)))
      const out = space.file('custody.json')
      const { stdout, stderr, code } = await belfry(imported('--out', out, ...asked()))
      assert.equal(code, 0, stderr)
      assert.match(stdout, /bitcoind tried 1 of 1 transaction and would take them/)
      for (const text of [stdout, stderr, await readFile(out, 'utf8')]) assert.ok(!text.includes(raw.slice(0, 60)))
      assert.equal((await stat(out)).mode & 0o777, 0o600)
    })

    it('imports one file, and enrols one vault', async () => {
      assert.equal((await refusal(2, ['vault', 'import', ...secret()])).code, 'usage')
      assert.equal((await refusal(2, imported('--bip128', 'x', '--out', space.file('x.json')))).code, 'usage')
    })
  })
})
