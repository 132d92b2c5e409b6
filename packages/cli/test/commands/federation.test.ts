import assert from 'node:assert/strict'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { belfry, refusal, result } from '../support/belfry.ts'
import { type Ceremony, holdCeremony } from '../support/ceremony.ts'
import { workspace } from '../support/workspace.ts'

interface Shown {
  readonly kind: string
  readonly name: string
  readonly lock_hash: string
  readonly members: readonly { readonly index: number; readonly name: string }[]
  readonly actions: { readonly clawback: { readonly q: number; readonly protected: number; readonly meaning: string } }
}

describe('belfry federation', () => {
  const space = workspace()
  let ceremony: Ceremony

  before(async () => {
    ceremony = await holdCeremony(space, { members: 5, address: (index) => `/ip4/127.0.0.1/tcp/${9740 + index}` })
  })

  it('makes a lock of five members that all show alike', async () => {
    const shown = await result<Shown>(['federation', 'show', ceremony.lock])
    assert.equal(shown.kind, 'lock')
    assert.deepEqual(
      shown.members.map(({ index, name }) => `${index} ${name}`),
      [1, 2, 3, 4, 5].map((at) => `${at} tower-${at}`),
    )
    assert.equal(shown.actions.clawback.meaning, 'any 3 of 5 can claw back; 2 alone can do nothing; works with 2 down')
    assert.equal(shown.actions.clawback.protected, 4)
  })

  it('says in words what a lock means', async () => {
    const { stdout } = await belfry(['federation', 'show', ceremony.lock])
    assert.match(stdout, /^Federation harbour on regtest: 5 members/)
    assert.match(stdout, /any 3 of 5 can claw back; 2 alone can do nothing; works with 2 down/)
    assert.match(stdout, /A vault is protected once 4 of 5 members hold it/)
    assert.match(stdout, /valid, signed by all 5 members\.\n$/)
  })

  it('shows a definition as what it is: not locked', async () => {
    assert.equal((await result<Shown>(['federation', 'show', ceremony.definition])).kind, 'definition')
    assert.match((await belfry(['federation', 'show', ceremony.definition])).stdout, /not locked yet/)
  })

  it('makes the same members of the cards in any order', async () => {
    const out = space.file('reversed.json')
    const cards = ceremony.data.map((dir) => `${dir}/belfry-card.json`).toReversed()
    const { members } = await result<Shown>([
      'federation',
      'define',
      ...cards,
      '--name',
      'harbour',
      '--network',
      'regtest',
      '--out',
      out,
    ])
    assert.deepEqual(
      members.map(({ name }) => name),
      ['tower-1', 'tower-2', 'tower-3', 'tower-4', 'tower-5'],
    )
  })

  it('refuses a half-signed lock and names who is missing', async () => {
    const out = space.file('half.json')
    const [one = '', two = '', three = ''] = ceremony.signatures
    const { code, message } = await refusal(3, [
      'federation',
      'lock',
      one,
      two,
      three,
      '--definition',
      ceremony.definition,
      '--out',
      out,
    ])
    assert.equal(code, 'lock-half-signed')
    assert.match(message, /Missing 2 of 5 signatures: tower-4 \(member 4\), tower-5 \(member 5\)/)
    await assert.rejects(stat(out), { code: 'ENOENT' })
  })

  it('refuses a lock from which a signature was taken', async () => {
    const lock = JSON.parse(await readFile(ceremony.lock, 'utf8')) as { signatures: unknown[] }
    const path = space.file('robbed.json')
    await writeFile(path, JSON.stringify({ ...lock, signatures: lock.signatures.slice(1) }))
    assert.equal((await refusal(3, ['federation', 'show', path])).code, 'lock-half-signed')
  })

  it('refuses a definition that was changed after it was made', async () => {
    const definition = await readFile(ceremony.definition, 'utf8')
    const path = space.file('changed.json')
    await writeFile(path, definition.replace('"harbour"', '"harbor"'))
    const [data = ''] = ceremony.data
    const sign = [
      'federation',
      'sign',
      path,
      '--data',
      data,
      '--out',
      space.file('never.json'),
      '--passphrase-file',
      space.passphrase,
    ]
    assert.equal((await refusal(3, sign)).code, 'definition-hash-differs')
    assert.equal((await refusal(3, ['federation', 'show', path])).code, 'definition-hash-differs')
  })

  it('refuses the genesis hash of another network', async () => {
    const definition = await readFile(ceremony.definition, 'utf8')
    const path = space.file('other-network.json')
    await writeFile(path, definition.replace('"network": "regtest"', '"network": "signet"'))
    assert.equal((await refusal(3, ['federation', 'show', path])).code, 'genesis-hash-differs')
  })

  const define = (...more: string[]): string[] => [
    'federation',
    'define',
    ...ceremony.data.map((dir) => `${dir}/belfry-card.json`),
    '--name',
    'harbour',
    '--out',
    space.file('refused.json'),
    ...more,
  ]

  it('refuses mainnet without its flag, and takes it with it', async () => {
    assert.equal((await refusal(3, define('--network', 'mainnet'))).code, 'mainnet-without-flag')
    await result(define('--network', 'mainnet', '--experimental-mainnet'))
  })

  for (const [rule, ...flags] of [
    ['no-spare-member', '--quorum', '5'],
    ['threshold-too-low', '--quorum', '1', '--liars', '0'],
    ['threshold-above-members', '--quorum', '6'],
    ['liars-reach-threshold', '--quorum', '2', '--liars', '2'],
    ['liars-exceed-spare', '--quorum', '4', '--liars', '2'],
  ] as const) {
    it(`refuses thresholds by the rule ${rule}`, async () => {
      const { code, message } = await refusal(3, define('--network', 'regtest', '--force', ...flags))
      assert.equal(code, rule)
      assert.match(message, /q = \d, t = \d/)
    })
  }

  it('takes thresholds that need every member only when told to', async () => {
    const args = define(
      '--network',
      'regtest',
      '--force',
      '--quorum',
      '5',
      '--succession-quorum',
      '5',
      '--liars',
      '0',
      '--accept-no-spare-member',
    )
    const { actions } = await result<Shown>(args)
    assert.match(actions.clawback.meaning, /only all 5 can claw back/)
  })

  it('refuses a card of another role, and a card given twice', async () => {
    await result([
      'init',
      '--role',
      'owner',
      '--data',
      space.file('alice'),
      '--name',
      'alice',
      '--passphrase-file',
      space.passphrase,
    ])
    const owner = await refusal(3, [
      ...define('--network', 'regtest', '--force'),
      space.file('alice', 'belfry-card.json'),
    ])
    assert.equal(owner.code, 'not-a-member-card')
    const [first = ''] = ceremony.data
    assert.equal(
      (await refusal(3, [...define('--network', 'regtest', '--force'), `${first}/belfry-card.json`])).code,
      'duplicate-name',
    )
  })

  it('refuses the signature of a node that is no member', async () => {
    const stranger = space.file('stranger')
    await result([
      'init',
      '--role',
      'member',
      '--data',
      stranger,
      '--name',
      'stranger',
      '--passphrase-file',
      space.passphrase,
    ])
    const sign = [
      'federation',
      'sign',
      ceremony.definition,
      '--data',
      stranger,
      '--out',
      space.file('stranger.json'),
      '--passphrase-file',
      space.passphrase,
    ]
    assert.equal((await refusal(3, sign)).code, 'not-a-member')
  })

  it('refuses a wrong passphrase without saying more than that', async () => {
    const wrong = space.file('wrong')
    await writeFile(wrong, 'incorrect horse', { mode: 0o600 })
    const [data = ''] = ceremony.data
    const { code, message } = await refusal(3, [
      'federation',
      'sign',
      ceremony.definition,
      '--data',
      data,
      '--out',
      space.file('x.json'),
      '--passphrase-file',
      wrong,
    ])
    assert.equal(code, 'wrong-passphrase-or-damaged')
    assert.doesNotMatch(message, /horse/)
  })

  it('refuses a signature of another definition', async () => {
    const other = space.file('other.definition.json')
    const cards = ceremony.data.map((dir) => `${dir}/belfry-card.json`)
    await result(['federation', 'define', ...cards, '--name', 'other', '--network', 'regtest', '--out', other])
    const { code } = await refusal(3, [
      'federation',
      'lock',
      ...ceremony.signatures,
      '--definition',
      other,
      '--out',
      space.file('mixed.json'),
    ])
    assert.equal(code, 'signature-for-other-lock')
  })

  it('replaces no file without --force', async () => {
    const before = await readFile(ceremony.lock)
    const lock = [
      'federation',
      'lock',
      ...ceremony.signatures,
      '--definition',
      ceremony.definition,
      '--out',
      ceremony.lock,
    ]
    assert.equal((await refusal(3, lock)).code, 'file-exists')
    assert.deepEqual(await readFile(ceremony.lock), before)
    await result([...lock, '--force'])
    assert.deepEqual(await readFile(ceremony.lock), before, 'the same signatures make the same lock')
  })

  for (const [what, content, code] of [
    ['a file that is no JSON', 'Federation', 'file-malformed'],
    ['a file with an unknown field', '{"format":"belfry-federation-lock","version":1,"more":1}', 'file-malformed'],
    ['a file of a later version', '{"format":"belfry-federation-lock","version":2}', 'file-of-other-version'],
    ['a file of another kind', '{"format":"belfry-card","version":1}', 'file-of-other-format'],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const path = space.file('odd.json')
      await writeFile(path, content)
      assert.equal((await refusal(3, ['federation', 'show', path])).code, code)
    })
  }

  it('says which of several cards is none', async () => {
    const odd = space.file('odd-card.json')
    await writeFile(odd, '{')
    const cards = [...ceremony.data.map((dir) => `${dir}/belfry-card.json`), odd]
    const args = ['federation', 'define', ...cards, '--name', 'x', '--network', 'regtest', '--out', space.file('no.json')]
    const { code, message } = await refusal(3, args)
    assert.equal(code, 'file-malformed')
    assert.ok(message.startsWith(`${odd}: `), message)
  })

  it('refuses a file that is no text, and a folder', async () => {
    const path = space.file('binary')
    await writeFile(path, Uint8Array.of(0xff, 0xfe, 0x00))
    assert.equal((await refusal(3, ['federation', 'show', path])).code, 'file-unreadable')
    assert.equal((await refusal(3, ['federation', 'show', space.path])).code, 'file-unreadable')
  })

  it('refuses a name that breaks its form', async () => {
    const args = [
      'federation',
      'define',
      ...ceremony.data.map((dir) => `${dir}/belfry-card.json`),
      '--network',
      'regtest',
      '--out',
      space.file('named.json'),
    ]
    assert.equal((await refusal(2, [...args, '--name', 'har\u001bbour'])).code, 'usage')
  })
})
