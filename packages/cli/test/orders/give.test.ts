/** What is said of an order's file by whoever adds a signature to it. */
import assert from 'node:assert/strict'
import { type CommandInit, OwnerKey, makeCommand, readCommandFile, signCommand, signersOf, writeCommandFile } from '@belfry/client'
import { readFederation } from '../../src/files/owner.ts'
import { belfry, result, successIn } from '../support/belfry.ts'
import { holdCeremony } from '../support/ceremony.ts'
import { workspace } from '../support/workspace.ts'

describe('the file of an order that another key countersigns', function () {
  this.timeout(60_000)
  const space = workspace()

  it('has a wrong signature named and left out, and the others counted', async () => {
    await holdCeremony(space, { members: 3 })
    await result(['init', '--role', 'owner', '--data', space.file('bob'), '--name', 'bob', '--passphrase-file', space.passphrase])
    const lock = space.file('federation.lock.json')
    const named = { vault_id: 'ab'.repeat(32), anchor: { height: 800, hash: 'cd'.repeat(32) } } as Pick<CommandInit, 'vault_id' | 'anchor'>
    const bytes = makeCommand({ ...named, federation: await readFederation(lock), what: { order: 'panic' } })
    using alice = OwnerKey.random()
    const { signatures } = signCommand({ bytes, signatures: [] }, alice)
    const forged = { key: 'ef'.repeat(32), signature: new Uint8Array(64) }
    const file = space.file('panic.json')
    await writeCommandFile(file, { bytes, signatures: [forged, ...signatures] })
    const { code, stdout, stderr } = await belfry(
      ['panic', '--lock', lock, '--data', space.file('bob'), '--passphrase-file', space.passphrase, '--countersign', file, '--yes', '--json'])
    assert.equal(code, 0, stderr)
    assert.match(stderr, new RegExp(`warning: The signature of the key ${forged.key} in \\S+ is wrong`))
    const { signed_by } = successIn(stdout) as unknown as { signed_by: string[] }
    const { signed, wrong } = await readCommandFile(file)
    assert.deepEqual([signed_by.length, signed_by[0], wrong], [2, alice.publicKey, []])
    assert.deepEqual(signersOf(signed), signed_by)
  })
})
