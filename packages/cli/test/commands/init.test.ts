import assert from 'node:assert/strict'
import { chmod, mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises'
import { parseCard, verifier, verifyCard } from '@belfry/client'
import { belfry, refusal, result } from '../support/belfry.ts'
import { workspace } from '../support/workspace.ts'

describe('belfry init', () => {
  const space = workspace()
  const init = (role: string, dir: string, ...more: string[]): string[] => [
    'init',
    '--role',
    role,
    '--data',
    space.file(dir),
    '--name',
    'tower-1',
    '--passphrase-file',
    space.passphrase,
    ...more,
  ]

  it('makes encrypted keys and a card that verifies, for a member', async () => {
    const address = '/ip4/192.0.2.1/tcp/9740'
    const { files, peer_id } = await result<{ files: string[]; peer_id: string }>(
      init('member', 'member', '--address', address),
    )
    assert.deepEqual(files, [space.file('member', 'node-keys.json'), space.file('member', 'belfry-card.json')])
    const card = parseCard(await readFile(space.file('member', 'belfry-card.json'), 'utf8'))
    assert.deepEqual(verifyCard(verifier, card), [])
    assert.deepEqual(
      [card.role, card.name, card.peer_id, card.addresses, card.owner_key],
      ['member', 'tower-1', peer_id, [address], null],
    )
    assert.equal(await mode('member', 'node-keys.json'), 0o600)
    assert.equal(await mode('member'), 0o700)
    const keys = JSON.parse(await readFile(space.file('member', 'node-keys.json'), 'utf8')) as { kdf: { name: string } }
    assert.equal(keys.kdf.name, 'argon2id')
  })

  for (const [role, own] of [
    ['owner', 'owner-key.json'],
    ['guardian', 'guardian-key.json'],
  ] as const) {
    it(`makes a key of its own too, for the role ${role}`, async () => {
      await result(init(role, role))
      assert.deepEqual(
        (await readdir(space.file(role))).toSorted(),
        ['belfry-card.json', 'node-keys.json', own].toSorted(),
      )
      const card = parseCard(await readFile(space.file(role, 'belfry-card.json'), 'utf8'))
      assert.deepEqual(verifyCard(verifier, card), [])
      assert.ok(card.owner_key !== null && card.encryption_key === null)
      assert.equal(await mode(role, own), 0o600)
    })
  }

  it('replaces nothing without --force', async () => {
    await result(init('member', 'kept'))
    const before = await readFile(space.file('kept', 'node-keys.json'))
    const { code, message } = await refusal(3, init('member', 'kept'))
    assert.equal(code, 'file-exists')
    assert.match(message, /node-keys\.json and .*belfry-card\.json exist/)
    assert.deepEqual(await readFile(space.file('kept', 'node-keys.json')), before)
    await result(init('member', 'kept', '--force'))
    assert.notDeepEqual(await readFile(space.file('kept', 'node-keys.json')), before)
  })

  it('makes nothing where only the card is there', async () => {
    await mkdir(space.file('card-only'))
    await writeFile(space.file('card-only', 'belfry-card.json'), 'mine')
    assert.equal((await refusal(3, init('member', 'card-only'))).code, 'file-exists')
    assert.deepEqual(await readdir(space.file('card-only')), ['belfry-card.json'])
  })

  it('refuses a passphrase file that others can read, and makes nothing', async () => {
    const open = space.file('open')
    await writeFile(open, 'secret')
    await chmod(open, 0o644)
    const args = ['init', '--role', 'member', '--data', space.file('none'), '--name', 'x', '--passphrase-file', open]
    const { code, remedy } = await refusal(3, args)
    assert.equal(code, 'file-permissions')
    assert.equal(remedy, `Close it: chmod 600 ${open}`)
    await assert.rejects(stat(space.file('none')), { code: 'ENOENT' })
  })

  it('takes a passphrase file that its group can read only when told to', async () => {
    const mounted = space.file('mounted')
    await writeFile(mounted, 'secret')
    await chmod(mounted, 0o440)
    const args = [
      'init',
      '--role',
      'member',
      '--data',
      space.file('mounted-member'),
      '--name',
      'x',
      '--passphrase-file',
      mounted,
    ]
    assert.equal((await refusal(3, args)).code, 'file-permissions')
    await result([...args, '--allow-group-readable-passphrase'])
  })

  for (const [what, flag, value] of [
    ['name', '--name', ' tower'],
    ['address', '--address', 'tower.example:9740'],
  ] as const) {
    it(`refuses a ${what} that no card can carry, and leaves nothing behind`, async () => {
      const args = [
        'init',
        '--role',
        'member',
        '--data',
        space.file(`bad-${what}`),
        '--name',
        'x',
        '--passphrase-file',
        space.passphrase,
      ]
      const { code, message } = await refusal(2, [...args, flag, value])
      assert.equal(code, 'usage')
      assert.match(message, new RegExp(`^${flag}: `))
      await assert.rejects(stat(space.file(`bad-${what}`)), { code: 'ENOENT' })
    })
  }

  it('costs no key that --force would replace where the card cannot be made', async () => {
    await result(init('owner', 'forced'))
    const read = () => Promise.all(['node-keys.json', 'owner-key.json'].map((name) => readFile(space.file('forced', name))))
    const before = await read()
    await refusal(2, init('owner', 'forced', '--force', '--address', 'tower.example:9740'))
    const foreign = '/ip4/192.0.2.1/tcp/9740/p2p/12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp'
    assert.equal(
      (await refusal(3, init('owner', 'forced', '--force', '--address', foreign))).code,
      'card-address-of-other',
    )
    assert.deepEqual(await read(), before)
  })

  it('leaves the files of one of two that run at once', async () => {
    const outcomes = await Promise.all([1, 2].map(() => belfry(init('owner', 'raced'))))
    assert.deepEqual(new Set(outcomes.map(({ code }) => code)), new Set([0, 3]))
    assert.deepEqual(
      (await readdir(space.file('raced'))).toSorted(),
      ['belfry-card.json', 'node-keys.json', 'owner-key.json'],
    )
  })

  it('says nothing of the passphrase or the keys', async () => {
    const told = JSON.stringify(await result(init('owner', 'silent')))
    assert.doesNotMatch(told, /correct horse/)
  })

  async function mode(...names: string[]): Promise<number> {
    return (await stat(space.file(...names))).mode & 0o777
  }
})
