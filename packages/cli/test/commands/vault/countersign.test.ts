/** What another owner is shown and asked before his key signs an enrolment that somebody else made. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import {
  type OwnerKey,
  type OwnerKeys,
  SecretBytes,
  hashOfBundle,
  makeBundle,
  openOwnerKey,
  readBundle,
  readWithdrawal,
  resumeOrStore,
  writeRecoverySet,
  writeWithdrawal,
} from '@belfry/client'
import { testSet, testVault } from '../../../../client/test/support/vault.ts'
import { OWNER_KEY } from '../../../src/files/names.ts'
import { readFederation } from '../../../src/files/owner.ts'
import { belfry, refusal, result } from '../../support/belfry.ts'
import { holdCeremony } from '../../support/ceremony.ts'
import { workspace } from '../../support/workspace.ts'

describe('the enrolment that another owner countersigns', function () {
  this.timeout(60_000)
  const space = workspace()
  const enrolment = (): string => space.file('enrolment.json')
  const countersign = (...more: string[]): string[] =>
    ['vault', 'countersign', '--enrolment', enrolment(), '--data', space.file('bob'), '--passphrase-file', space.passphrase, ...more]
  const lock = (): string => space.file('federation.lock.json')
  let owner: OwnerKeys
  let other = ''

  before(async () => {
    await holdCeremony(space, { members: 3 })
    for (const name of ['alice', 'bob'])
      await result(['init', '--role', 'owner', '--data', space.file(name), '--name', name, '--passphrase-file', space.passphrase])
    using passphrase = SecretBytes.from(Buffer.from('correct horse battery staple'))
    const keyOf = (name: string): Promise<OwnerKey> => openOwnerKey({ path: space.file(name, OWNER_KEY), passphrase })
    using alice = await keyOf('alice')
    using bob = await keyOf('bob')
    const keys = [alice.publicKey, bob.publicKey]
    owner = { enrol: { k: 2, keys }, announce: [], panic: { k: 1, keys: [...keys, 'ab'.repeat(32)] } }
    const federation = await readFederation(lock())
    await resumeOrStore({ path: enrolment(), federation, root: alice.publicKey }, async () => {
      using vault = testVault()
      return await makeBundle({ federation, vault, root: alice, owner })
    })
    await writeRecoverySet(testSet(), { path: space.file('set.json'), passphrase })
    other = space.file('other-set.json')
    await writeRecoverySet(testSet('regtest', { csv: 288 }), { path: other, passphrase })
  })

  it('is shown whole, and not signed while nobody says yes', async () => {
    const before = await readFile(enrolment(), 'utf8')
    const { code, stdout, stderr } = await belfry(countersign())
    assert.equal(code, 2, stderr)
    assert.equal(stdout, '')
    const { manifest } = await readBundle(enrolment())
    for (const shown of [
      manifest.vault_id,
      manifest.lock_hash,
      manifest.deposit.outpoint,
      `panic              1 of ${owner.panic.keys.join(', ')}`,
      ...manifest.unvaults.map(({ txid }) => txid),
      ...manifest.emergency.map(({ txid }) => txid),
      'compared with no recovery set',
    ])
      assert.ok(stderr.includes(shown), `${shown}\n${stderr}`)
    assert.equal(await readFile(enrolment(), 'utf8'), before)
  })

  it('is not signed for another federation or of another recovery set', async () => {
    const before = await readFile(enrolment(), 'utf8')
    assert.equal((await refusal(2, countersign('--yes', '--set', other))).code, 'usage')
    assert.equal((await refusal(3, countersign('--yes', '--lock', lock(), '--set', other))).code, 'files-disagree')
    assert.equal(await readFile(enrolment(), 'utf8'), before)
  })

  it('takes its withdrawal by a yes of its own', async () => {
    const withdrawal = space.file('withdrawal.json')
    const { code, stderr } = await belfry(countersign('--withdrawal', withdrawal))
    assert.equal(code, 2)
    assert.match(stderr, /takes generation 1 of vault savings back/)
    const { signs } = await result<{ signs: string }>(countersign('--withdrawal', withdrawal, '--yes'))
    assert.equal(signs, 'withdrawal')
  })

  it('is told whose signature in a file is wrong, and counts it nowhere', async () => {
    const [alice = assert.fail(), bob = assert.fail()] = owner.enrol.keys
    const forged = { key: alice, signature: new Uint8Array(64) }
    const withdrawal = space.file('forged-withdrawal.json')
    const { bundle } = await readBundle(enrolment())
    await writeWithdrawal(withdrawal, { manifest_hash: hashOfBundle(bundle), signatures: [forged] })
    const { code, stdout, stderr } = await belfry(countersign('--withdrawal', withdrawal, '--yes', '--json'))
    assert.equal(code, 0, stderr)
    assert.match(stderr, new RegExp(`warning: The signature of the key ${alice} in \\S+ is wrong`))
    const { result: told } = JSON.parse(stdout) as { result: { signed: string[]; missing: number } }
    assert.deepEqual([told.signed, told.missing], [[bob], 1])
    assert.deepEqual((await readWithdrawal(withdrawal)).signatures.map(({ key }) => key), [bob])
  })

  it('is signed with a yes, and compared with the recovery set where that is given', async () => {
    interface Signed {
      readonly missing: number
      readonly compared_with_set: boolean
      readonly manifest: { readonly keys: unknown; readonly transactions: readonly { id: string }[] }
    }
    const signed = await result<Signed>(countersign('--yes', '--lock', lock(), '--set', space.file('set.json')))
    assert.deepEqual([signed.missing, signed.compared_with_set], [0, true])
    assert.deepEqual(signed.manifest.keys, owner)
    assert.ok(signed.manifest.transactions.some(({ id }) => id === 'emergency-0'))
  })
})
