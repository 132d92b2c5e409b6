import assert from 'node:assert/strict'
import { stat } from 'node:fs/promises'
import { inspect } from 'node:util'
import { toHex } from '@belfry/protocol/primitives'
import { createFeeKey, createOwnerKey, FeeKey, LEAST_COST, openFeeKey, SecretBytes, writeEncryptedFile } from '@belfry/keystore'
import { rejectsCode, throwsCode } from '../assertions.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const seedOf = (key: FeeKey): string => key.use((seed) => toHex(seed))

describe('the key of a fee wallet', () => {
  const folder = temporaryFolder()
  const passphrase = SecretBytes.from(new TextEncoder().encode('long enough'))

  it('is the same when opened as when created, in a file for its owner only, and another each time', async () => {
    const path = folder.file('fee-key.json')
    using created = await createFeeKey({ path, passphrase, cost: LEAST_COST })
    using opened = await openFeeKey({ path, passphrase })
    using other = FeeKey.random()
    assert.equal(seedOf(opened), seedOf(created))
    assert.notEqual(seedOf(opened), seedOf(other))
    assert.equal(seedOf(opened).length, 64)
    assert.equal((await stat(path)).mode & 0o777, 0o600)
  })

  it('never takes the place of a file that is there', async () => {
    const path = folder.file('fee-key.json')
    using created = await createFeeKey({ path, passphrase, cost: LEAST_COST })
    await rejectsCode('file-exists', () => createFeeKey({ path, passphrase, cost: LEAST_COST }))
    using opened = await openFeeKey({ path, passphrase })
    assert.equal(seedOf(opened), seedOf(created))
  })

  it('is refused from a file of another kind, passphrase or content', async () => {
    const owner = folder.file('owner.json')
    using _key = await createOwnerKey({ path: owner, passphrase, cost: LEAST_COST })
    await rejectsCode('encrypted-file-kind', () => openFeeKey({ path: owner, passphrase }))
    await rejectsCode('file-missing', () => openFeeKey({ path: folder.file('none.json'), passphrase }))
    const short = folder.file('short.json')
    await writeEncryptedFile({ path: short, kind: 'fee-key', passphrase, plaintext: SecretBytes.random(16), cost: LEAST_COST })
    await rejectsCode('key-material-malformed', () => openFeeKey({ path: short, passphrase }))
    using wrong = SecretBytes.from(new TextEncoder().encode('another'))
    await rejectsCode('wrong-passphrase-or-damaged', () => openFeeKey({ path: short, passphrase: wrong }))
  })

  it('is not printed, and not lent any more once it is wiped', () => {
    const key = FeeKey.random()
    const seed = seedOf(key)
    assert.ok(!inspect(key, { depth: 5, showHidden: true }).includes(seed) && !JSON.stringify(key).includes(seed))
    key.wipe()
    throwsCode('secret-wiped', () => seedOf(key))
  })
})
