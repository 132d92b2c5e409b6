import assert from 'node:assert/strict'
import { cp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { belfry, refusal, result } from '../support/belfry.ts'
import { workspace } from '../support/workspace.ts'

const OUTPOINT = `${'ab'.repeat(32)}:0`

interface Planned {
  readonly transactions: readonly { readonly id: string; readonly sat_vb: number; readonly purpose: string }[]
  readonly deep_cold: { readonly address: string; readonly descriptor: string }
  readonly deposit_checked: boolean
  readonly left_out: readonly string[]
}

describe('belfry vault, offline', () => {
  const space = workspace()
  const keys = (name: string): string => space.file('keys', name)
  const plan = (...more: string[]): string[] => [
    'vault',
    'plan',
    '--network',
    'regtest',
    '--keys',
    keys('vault-keys.json'),
    '--deposit',
    OUTPOINT,
    '--value',
    '50000000',
    '--out',
    space.file('plan.json'),
    ...more,
  ]
  const sign = (...more: string[]): string[] => [
    'vault',
    'sign',
    '--plan',
    space.file('plan.json'),
    '--out',
    space.file('set.json'),
    '--passphrase-file',
    space.passphrase,
    ...more,
  ]
  const verify = (...more: string[]): string[] => [
    'vault',
    'verify',
    '--plan',
    space.file('plan.json'),
    '--set',
    space.file('set.json'),
    '--passphrase-file',
    space.passphrase,
    ...more,
  ]

  before(async () => {
    await result(['vault', 'keys', '--out', space.file('keys'), '--passphrase-file', space.passphrase])
    await result(plan())
    await result(sign('--keys', keys('cold-1.key'), keys('cold-3.key')))
  })

  it('makes an encrypted file for every key, and one with the public keys', async () => {
    const names = (await readdir(space.file('keys'))).toSorted()
    assert.deepEqual(names, [
      'cold-1.key',
      'cold-2.key',
      'cold-3.key',
      'deep-cold-1.key',
      'deep-cold-2.key',
      'deep-cold-3.key',
      'hot-1.key',
      'vault-keys.json',
    ])
    assert.equal((await stat(keys('cold-1.key'))).mode & 0o777, 0o600)
    assert.equal(
      (await refusal(3, ['vault', 'keys', '--out', space.file('keys'), '--passphrase-file', space.passphrase])).code,
      'file-exists',
    )
  })

  it('gives the same address for keys of one device and of several', async () => {
    const all = JSON.parse(await readFile(keys('vault-keys.json'), 'utf8')) as { cold: string[]; hot: string[] }
    const parts = await Promise.all(
      all.cold.map(async (key, at) => {
        const path = space.file(`device-${at}.json`)
        await writeFile(path, JSON.stringify({ ...all, cold: [key], hot: [], deep_cold: [] }))
        return path
      }),
    )
    const address = (...files: string[]) =>
      result<{ address: string }>(['vault', 'address', '--network', 'regtest', '--keys', ...files])
    const { address: whole } = await address(keys('vault-keys.json'))
    assert.match(whole, /^bcrt1q/)
    assert.equal((await address(...parts)).address, whole)
    assert.notEqual((await address(...parts.toReversed())).address, whole, 'the order of the keys is part of the vault')
  })

  it('gives no address for keys that no plan takes', async () => {
    const make = ['vault', 'keys', '--out', space.file('many'), '--passphrase-file', space.passphrase]
    await result([...make, '--cold', '13', '--hot', '0', '--deep-cold', '0'])
    const address = ['vault', 'address', '--network', 'regtest', '--keys', keys('vault-keys.json')]
    assert.equal((await refusal(3, [...address, '--cold-threshold', '4'])).code, 'threshold-out-of-range')
    const many = space.file('many', 'vault-keys.json')
    assert.equal((await refusal(3, [...address, many])).code, 'threshold-out-of-range')
    const all = JSON.parse(await readFile(keys('vault-keys.json'), 'utf8')) as { cold: string[]; hot: string[] }
    const hotIsCold = space.file('hot-is-cold.json')
    await writeFile(hotIsCold, JSON.stringify({ ...all, hot: all.cold.slice(0, 1) }))
    assert.equal((await refusal(3, [...address.slice(0, -1), hotIsCold])).code, 'key-repeated')
  })

  it('plans what each transaction is for, and what it costs', async () => {
    const { transactions, deposit_checked, left_out } = await result<Planned>(plan('--force'))
    assert.deepEqual(
      transactions.map(({ id }) => id),
      ['unvault-0', 'clawback-0-0', 'clawback-0-1', 'clawback-0-2', 'clawback-0-3', 'emergency-0', 'emergency-1'],
    )
    assert.ok(transactions.every(({ purpose }) => purpose.length > 10))
    assert.equal(deposit_checked, false)
    assert.deepEqual(left_out, [])
    const { stdout } = await belfry(plan('--force'))
    assert.match(stdout, /clawback-0-3: takes unvault-0 back to deep cold; 250 sat\/vB, fee 42250 sat/)
    assert.match(stdout, /No bitcoind was asked about the deposit/)
  })

  it('says which rungs a small vault cannot afford', async () => {
    const small = ['--value', '1000000', '--out', space.file('small.json')]
    assert.match((await result<Planned>(plan(...small))).left_out.join(), /clawback at 250 sat\/vB costs/)
  })

  it('takes the value of the largest vault', async () => {
    const large = plan('--value', '2100000000000000', '--out', space.file('large.json'))
    assert.deepEqual((await result<Planned>(large)).left_out, [])
  })

  it('refuses a plan by the rule that it breaks', async () => {
    const other = ['--out', space.file('never.json')]
    assert.equal((await refusal(3, plan('--csv', '11', ...other))).code, 'csv-out-of-range')
    assert.equal((await refusal(3, plan('--value', '1000', ...other))).code, 'vault-too-small')
    assert.equal(
      (await refusal(3, plan('--deep-cold-address', 'bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq', ...other))).code,
      'address-invalid',
    )
    assert.equal((await refusal(2, plan('--deposit', 'here', ...other))).code, 'usage')
    assert.equal((await refusal(3, plan())).code, 'file-exists')
    await assert.rejects(stat(space.file('never.json')), { code: 'ENOENT' })
  })

  it('asks for a value where no bitcoind is named, and for a whole login where one is', async () => {
    const args = plan('--out', space.file('never.json')).filter((word) => word !== '--value' && word !== '50000000')
    assert.match((await refusal(2, args)).remedy, /--bitcoind-port/)
    assert.equal((await refusal(2, [...args, '--bitcoind-port', '18443'])).code, 'usage')
    assert.equal(
      (await refusal(2, [...args, '--bitcoind-port', '18443', '--bitcoind-cookie', 'x', '--bitcoind-user', 'y'])).code,
      'usage',
    )
  })

  it('exits 4 where the bitcoind does not answer', async () => {
    const cookie = space.file('cookie')
    await writeFile(cookie, '__cookie__:00')
    const args = plan('--out', space.file('never.json'), '--bitcoind-port', '1', '--bitcoind-cookie', cookie)
    assert.equal((await refusal(4, args)).code, 'unreachable')
  })

  it('signs an encrypted set with mode 0600 that verifies', async () => {
    assert.equal((await stat(space.file('set.json'))).mode & 0o777, 0o600)
    const stored = JSON.parse(await readFile(space.file('set.json'), 'utf8')) as { kind: string }
    assert.equal(stored.kind, 'recovery-set')
    const { transactions, destination_confirmed } = await result<Planned & { destination_confirmed: boolean }>(verify())
    assert.equal(transactions.length, 7)
    assert.equal(destination_confirmed, false)
    assert.match((await belfry(verify())).stdout, /Compare with your own record: the coin goes to bcrt1q/)
  })

  it('verifies against the destination that the owner confirms, by address or descriptor', async () => {
    const { deep_cold } = await result<Planned>(verify())
    await result(verify('--confirm', deep_cold.address))
    await result(verify('--confirm', deep_cold.descriptor))
    const { code, message } = await refusal(
      3,
      verify('--confirm', 'bcrt1qft5p2uhsdcdc3l2ua4ap5qqfg4pjaqlp250x7us7a8qqhrxrxfsqseac85'),
    )
    assert.equal(code, 'set-refused')
    assert.match(message, /not the destination that the owner confirmed/)
  })

  it('shows no byte of a transaction to anybody', async () => {
    const outputs = [
      await belfry(verify()),
      await belfry(verify('--json')),
      await belfry(sign('--keys', keys('cold-1.key'), keys('cold-2.key'), '--force')),
    ]
    for (const { stdout, stderr } of outputs)
      assert.doesNotMatch(stdout + stderr, /03000000|0{8}[0-9a-f]{100}|[0-9a-f]{140}/)
    await result(sign('--keys', keys('cold-1.key'), keys('cold-3.key'), '--force'))
  })

  it('refuses to verify a set against another plan', async () => {
    const other = space.file('other-plan.json')
    await result(plan('--out', other, '--csv', '20'))
    assert.equal((await refusal(3, verify('--plan', other))).code, 'files-disagree')
  })

  it('refuses a set that was changed, and one of another kind', async () => {
    const changed = space.file('changed.json')
    const text = await readFile(space.file('set.json'), 'utf8')
    await writeFile(
      changed,
      text.replace(
        /("ciphertext": ")(..)/,
        (_, before: string, byte: string) => before + (byte === '00' ? '01' : '00'),
      ),
      { mode: 0o600 },
    )
    assert.equal((await refusal(3, verify('--set', changed))).code, 'wrong-passphrase-or-damaged')
    assert.equal((await refusal(3, verify('--set', keys('cold-1.key')))).code, 'encrypted-file-kind')
  })

  it('refuses too few keys, and keys of no part in the plan', async () => {
    const out = ['--out', space.file('never.json')]
    assert.equal((await refusal(3, sign(...out, '--keys', keys('cold-1.key')))).code, 'signatures-missing')
    assert.equal(
      (await refusal(3, sign(...out, '--keys', keys('cold-1.key'), keys('hot-1.key')))).code,
      'signing-key-unknown',
    )
    assert.equal(
      (await refusal(3, sign(...out, '--keys', `${keys('cold-1.key')},${keys('cold-1.key')}`))).code,
      'signatures-missing',
      'one key twice is one key',
    )
    assert.equal((await refusal(2, sign(...out))).code, 'usage')
    await assert.rejects(stat(space.file('never.json')), { code: 'ENOENT' })
  })

  describe('by way of PSBTs', () => {
    const psbt = (...more: string[]): string[] => ['vault', 'sign', '--plan', space.file('plan.json'), ...more]
    const secret = ['--passphrase-file', '']
    before(async () => {
      secret[1] = space.passphrase
      await result(psbt('--psbt-out', space.file('unsigned')))
      for (const at of [1, 2]) {
        await result(
          psbt(
            '--psbt-in',
            space.file('unsigned'),
            '--psbt-out',
            space.file(`signed-${at}`),
            '--keys',
            keys(`cold-${at}.key`),
            ...secret,
          ),
        )
      }
    })

    it('writes one for every transaction, without needing a passphrase', async () => {
      assert.equal((await readdir(space.file('unsigned'))).length, 7)
      assert.equal((await stat(space.file('signed-1', 'unvault-0.psbt'))).mode & 0o777, 0o600)
    })

    it('combines what two devices signed into a set that verifies', async () => {
      const set = space.file('combined.json')
      await result(sign('--psbt-in', space.file('signed-1'), space.file('signed-2'), '--out', set))
      await result(verify('--set', set))
    })

    it('adds the keys at hand to what another device signed', async () => {
      const set = space.file('completed.json')
      await result(sign('--psbt-in', space.file('signed-1'), '--keys', keys('cold-2.key'), '--out', set))
      await result(verify('--set', set))
    })

    it('takes base64 as well, which some wallets write', async () => {
      const folder = space.file('base64')
      await cp(space.file('signed-2'), folder, { recursive: true })
      for (const name of await readdir(folder)) {
        await writeFile(`${folder}/${name}`, `${(await readFile(`${folder}/${name}`)).toString('base64')}\n`)
      }
      await result(sign('--psbt-in', space.file('signed-1'), folder, '--out', space.file('from-base64.json')))
    })

    it('refuses one signature alone, a changed PSBT, and a folder without any', async () => {
      const never = ['--out', space.file('never.json')]
      assert.equal((await refusal(3, sign(...never, '--psbt-in', space.file('signed-1')))).code, 'signatures-missing')
      assert.equal((await refusal(3, sign(...never, '--psbt-in', space.file('keys')))).code, 'no-psbts')
      const broken = space.file('broken')
      await cp(space.file('signed-1'), broken, { recursive: true })
      await writeFile(`${broken}/unvault-0.psbt`, 'psbt\xff what is this')
      assert.equal((await refusal(3, sign(...never, '--psbt-in', broken))).code, 'psbt-malformed')
      assert.equal(
        (await refusal(2, psbt('--psbt-in', broken, space.file('signed-2'), '--psbt-out', space.file('z')))).code,
        'usage',
      )
      await rm(broken, { recursive: true })
    })

    it('replaces no PSBT without --force', async () => {
      assert.equal((await refusal(3, psbt('--psbt-out', space.file('unsigned')))).code, 'file-exists')
    })
  })

  it('shows a plan', async () => {
    const shown = await result<{ kind: string; transactions: unknown[] }>(['vault', 'show', space.file('plan.json')])
    assert.equal(shown.kind, 'plan')
    assert.equal(shown.transactions.length, 7)
  })
})
