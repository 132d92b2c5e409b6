/** Full recovery sets by commands: every option of the plan, key files and PSBTs, and the whole ladder on a real bitcoind. */
import assert from 'node:assert/strict'
import { readFile, readdir } from 'node:fs/promises'
import { type VaultKeys, multisigScript, sats } from '@belfry/client'
import { useRegtest } from '../../../bitcoind/test/support/regtest-suite.ts'
import { belfry, refusal, result } from '../support/belfry.ts'
import { workspace } from '../support/workspace.ts'

const VALUE = 50_000_000
const AFTER = 6
const OUTPOINT = `${'ab'.repeat(32)}:0`

interface Planned {
  readonly transactions: readonly { readonly id: string; readonly purpose: string; readonly to: string }[]
  readonly signatures: number
  readonly deposit_checked: boolean
  readonly left_out: readonly string[]
  readonly steps: readonly string[]
  readonly dead_man: { readonly heir: string; readonly staging: { readonly address: string } } | null
}

interface Verified {
  readonly bitcoind_asked: boolean
  readonly bitcoind_skipped: string | null
  readonly accepted_later: readonly string[]
}

describe('belfry vault, with a full recovery set', () => {
  const space = workspace()
  const regtest = useRegtest(1)
  const secret = (): string[] => ['--passphrase-file', space.passphrase]
  const publicKeys = (): string => space.file('keys', 'vault-keys.json')
  const coldKeys = (): string[] => ['cold-1.key', 'cold-2.key'].map((name) => space.file('keys', name))
  const bitcoind = (): string[] => {
    const node = regtest().node(0)
    return ['--bitcoind-port', String(node.rpcPort), '--bitcoind-cookie', node.cookieFile]
  }
  const plan = (deposit: string, out: string, ...more: string[]): string[] => [
    'vault',
    'plan',
    '--network',
    'regtest',
    '--keys',
    publicKeys(),
    '--deposit',
    deposit,
    '--csv',
    '12',
    '--out',
    space.file(out),
    ...more,
  ]
  const offline = (out: string, ...more: string[]): string[] => plan(OUTPOINT, out, '--value', String(VALUE), ...more)
  const full = ['--profile', 'full', '--anyone-can-pay', '--heir-after', String(AFTER), '--staging', '5']
  const sign = (from: string, out: string, ...more: string[]): string[] => [
    'vault',
    'sign',
    '--plan',
    space.file(from),
    '--out',
    space.file(out),
    ...secret(),
    ...more,
  ]
  const verify = (from: string, set: string, ...more: string[]): string[] => [
    'vault',
    'verify',
    '--plan',
    space.file(from),
    '--set',
    space.file(set),
    ...secret(),
    ...more,
  ]

  async function depositScript(): Promise<Uint8Array> {
    const { cold } = JSON.parse(await readFile(publicKeys(), 'utf8')) as VaultKeys
    return multisigScript({ threshold: 2, keys: cold }, 'regtest').script
  }

  before(async () => {
    await result(['vault', 'keys', '--out', space.file('keys'), '--heir', '1', ...secret()])
  })

  it('plans as many transactions as its profile promises', async () => {
    const counts = await Promise.all(
      [
        [],
        ['--heir-after', '1000'],
        ['--profile', 'standard'],
        ['--profile', 'full'],
        ['--profile', 'full', '--no-anchored', '--anyone-can-pay', '--heir-after', '1000'],
        ['--anchored'],
      ].map(async (more, at) => (await result<Planned>(offline(`count-${at}.json`, ...more))).transactions.length),
    )
    assert.deepEqual(counts, [7, 8, 14, 21, 27, 8])
  })

  it('says in words what each is for, and how many signatures they need', async () => {
    const { stdout } = await belfry(offline('words.json', ...full))
    assert.match(stdout, /30 transactions, each signed by 2 of 3 cold keys: 60 signatures/)
    assert.match(stdout, /anyone-can-pay-0: takes unvault-0 back to deep cold with a coin of a member's own as further fee/)
    assert.match(stdout, /anchored-2: takes unvault-2 back to deep cold; a member's child transaction can pay for it/)
    assert.match(stdout, /dead-man-0: brings the deposit to staging for the heir, once it rested for 6 blocks/)
    assert.match(stdout, /The heir can spend it there after 5 blocks; until then your cold keys can take it back/)
  })

  it('says why a small vault gets no anyone-can-pay clawback', async () => {
    const small = plan(OUTPOINT, 'small.json', '--value', '5000000', '--anyone-can-pay')
    const { left_out, transactions } = await result<Planned>(small)
    assert.match(left_out.join('\n'), /the anyone-can-pay clawback, because strangers could pad it/)
    assert.ok(transactions.every(({ id }) => !id.startsWith('anyone')))
  })

  it('takes the heir from the key files or by name, and refuses half an heir', async () => {
    const { dead_man } = await result<Planned>(offline('heir.json', '--heir-after', '1000'))
    const heir = dead_man?.heir ?? assert.fail('no heir')
    const { transactions } = await result<Planned>(offline('again.json', '--heir', heir, '--heir-after', '1000'))
    assert.equal(transactions.at(-1)?.to, (await result<Planned>(offline('third.json', '--heir-after', '1000'))).transactions.at(-1)?.to)
    assert.equal((await refusal(2, offline('never.json', '--heir', heir))).code, 'usage')
    assert.equal((await refusal(2, offline('never.json', '--staging', '5'))).code, 'usage')
    assert.equal((await refusal(2, offline('never.json', '--heir', `05${heir.slice(2)}`, '--heir-after', '9'))).code, 'usage')
    assert.equal((await refusal(2, offline('never.json', '--heir-after', '65536'))).code, 'usage')
    const without = space.file('others')
    await result(['vault', 'keys', '--out', without, ...secret()])
    const args = offline('never.json', '--heir-after', '9').map((word) => (word === publicKeys() ? `${without}/vault-keys.json` : word))
    assert.match((await refusal(2, args)).message, /No heir is named/)
  })

  it('has the whole ladder tried by a bitcoind, and the dead man as accepted later', async () => {
    const { outpoints } = await regtest().purse.fund([{ script: await depositScript(), value: sats(VALUE) }])
    const { deposit_checked } = await result<Planned>(plan(outpoints[0] ?? '', 'full.json', ...full, ...bitcoind()))
    assert.equal(deposit_checked, true)
    await result(sign('full.json', 'full-set.json', '--keys', ...coldKeys()))
    const young = await result<Verified>(verify('full.json', 'full-set.json', ...bitcoind()))
    assert.deepEqual(young.accepted_later, ['dead-man-0', 'dead-man-1', 'dead-man-2'])
    assert.match(
      (await belfry(verify('full.json', 'full-set.json', ...bitcoind()))).stdout,
      /all but dead-man-0, dead-man-1, dead-man-2 would be taken now/,
    )
    await regtest().mine(0, AFTER)
    assert.deepEqual((await result<Verified>(verify('full.json', 'full-set.json', ...bitcoind()))).accepted_later, [])
  })

  it('is signed by two devices, one after the other or each for itself', async () => {
    await result(offline('devices.json', ...full))
    const psbts = (...more: string[]): string[] => ['vault', 'sign', '--plan', space.file('devices.json'), ...more]
    await result(psbts('--psbt-out', space.file('unsigned')))
    assert.equal((await readdir(space.file('unsigned'))).length, 30)
    assert.match((await belfry(psbts('--psbt-out', space.file('shown')))).stdout, /A wallet may warn of the sighash type/)
    for (const [at, key] of coldKeys().entries()) {
      await result(psbts('--psbt-in', space.file('unsigned'), '--psbt-out', space.file(`by-${at}`), '--keys', key, ...secret()))
    }
    await result(sign('devices.json', 'devices-set.json', '--psbt-in', space.file('by-0'), space.file('by-1')))
    await result(sign('devices.json', 'second-set.json', '--psbt-in', space.file('by-0'), '--keys', coldKeys()[1] ?? ''))
    await result(verify('devices.json', 'devices-set.json'))
    await result(verify('devices.json', 'second-set.json'))
  })

  it('plans around a funding transaction that nobody has seen yet, where keys are ephemeral', async () => {
    await regtest().purse.fill()
    const script = await depositScript()
    const { outpoints, transaction } = await regtest().purse.pay([{ script, value: sats(VALUE) }])
    const ephemeral = (...more: string[]): string[] =>
      plan(outpoints[0] ?? '', 'ephemeral.json', ...full, '--signing', 'ephemeral', ...bitcoind(), ...more)
    assert.match((await refusal(2, ephemeral())).remedy, /Give --value: the funding transaction is not broadcast yet/)
    const { deposit_checked, steps } = await result<Planned>(ephemeral('--value', String(VALUE)))
    assert.equal(deposit_checked, false)
    assert.equal(steps.length, 6)
    assert.match((await belfry(sign('ephemeral.json', 'ephemeral-set.json', '--keys', ...coldKeys()))).stdout, /then destroy them/)
    const before = await result<Verified>(verify('ephemeral.json', 'ephemeral-set.json', ...bitcoind()))
    assert.equal(before.bitcoind_asked, false)
    assert.match(before.bitcoind_skipped ?? '', /with ephemeral keys it is paid in last/)
    await regtest().node(0).bitcoind.sendRawTransaction(transaction)
    await regtest().mine(0, 1)
    const after = await result<Verified>(verify('ephemeral.json', 'ephemeral-set.json', ...bitcoind()))
    assert.deepEqual([after.bitcoind_asked, after.bitcoind_skipped, after.accepted_later.length], [true, null, 3])
  })
})
