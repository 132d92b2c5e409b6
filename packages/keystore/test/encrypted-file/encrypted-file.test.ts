import assert from 'node:assert/strict'
import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { inspect } from 'node:util'
import * as fc from 'fast-check'
import {
  LEAST_COST, MAX_SECRET_BYTES, readEncryptedFile, SecretBytes, writeEncryptedFile, type KdfCost,
  type KeystoreErrorCode,
} from '@belfry/keystore'
import { rejectsCode, reveal } from '../assertions.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const passphrase = SecretBytes.from(new TextEncoder().encode('correct horse'))
const plaintext = SecretBytes.from(new TextEncoder().encode('the recovery set'))
const kind = 'recovery-set'

type Json = Record<string, unknown>

describe('encrypted file', () => {
  const folder = temporaryFolder()
  const path = () => folder.file('set.json')
  const write = (options: { force?: boolean; cost?: KdfCost; kind?: string } = {}) => (
    writeEncryptedFile({ path: path(), kind, passphrase, plaintext, cost: LEAST_COST, ...options })
  )
  const read = () => readEncryptedFile({ path: path(), kind, passphrase })

  async function change(edit: (file: Json, kdf: Json) => void): Promise<void> {
    const file = JSON.parse(await readFile(path(), 'utf8')) as Json
    edit(file, file['kdf'] as Json)
    await writeFile(path(), JSON.stringify(file))
  }

  it('gives back what was written, at any length', async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), async (bytes) => {
      await writeEncryptedFile({
        path: path(), kind, passphrase, plaintext: SecretBytes.from(bytes), cost: LEAST_COST, force: true,
      })
      assert.equal(reveal(await read()), Buffer.from(bytes).toString('hex'))
    }), { numRuns: 8 })
  })

  it('holds the longest secret', async () => {
    const longest = SecretBytes.random(MAX_SECRET_BYTES)
    await writeEncryptedFile({ path: path(), kind, passphrase, plaintext: longest, cost: LEAST_COST })
    assert.ok((await read()).equals(longest))
  })

  it('is written by default at 64 MiB and three passes', async () => {
    await writeEncryptedFile({ path: path(), kind, passphrase, plaintext })
    const { kdf } = JSON.parse(await readFile(path(), 'utf8')) as { kdf: Json }
    assert.deepEqual({ ...kdf, salt: null }, {
      name: 'argon2id', memory_kib: 65_536, passes: 3, parallelism: 1, salt: null,
    })
    assert.ok((await read()).equals(plaintext))
  })

  it('is for its owner only, alone in the folder, and holds neither plaintext nor passphrase', async () => {
    await write()
    assert.equal((await stat(path())).mode & 0o777, 0o600)
    assert.deepEqual(await readdir(folder.path), ['set.json'])
    const text = await readFile(path(), 'utf8')
    assert.ok(!text.includes(reveal(plaintext)) && !text.includes('the recovery set') && !text.includes('horse'))
  })

  it('never has the same salt, nonce or ciphertext twice', async () => {
    await write()
    const first = JSON.parse(await readFile(path(), 'utf8')) as Json & { kdf: Json }
    await write({ force: true })
    const second = JSON.parse(await readFile(path(), 'utf8')) as Json & { kdf: Json }
    assert.notEqual(first['nonce'], second['nonce'])
    assert.notEqual(first['ciphertext'], second['ciphertext'])
    assert.notEqual(first.kdf['salt'], second.kdf['salt'])
  })

  it('is not overwritten, unless forced', async () => {
    await write()
    const before = await readFile(path(), 'utf8')
    await rejectsCode('file-exists', () => write())
    assert.equal(await readFile(path(), 'utf8'), before)
    assert.deepEqual(await readdir(folder.path), ['set.json'])
    await write({ force: true })
    assert.notEqual(await readFile(path(), 'utf8'), before)
  })

  it('does not open with another passphrase, and the error tells neither', async () => {
    await write()
    const other = SecretBytes.from(new TextEncoder().encode('correct hearse'))
    await assert.rejects(readEncryptedFile({ path: path(), kind, passphrase: other }), (error) => {
      const printed = inspect(error, { depth: 10, showHidden: true })
      assert.match(printed, /wrong-passphrase-or-damaged/)
      assert.ok(!printed.includes('hearse') && !printed.includes('horse') && !printed.includes(reveal(plaintext)))
      return true
    })
  })

  it('refuses an empty passphrase', async () => {
    const write = { path: path(), kind, passphrase: SecretBytes.allocate(0), plaintext }
    await rejectsCode('passphrase-empty', () => writeEncryptedFile(write))
    assert.deepEqual(await readdir(folder.path), [])
  })

  it('is refused as another kind, before the passphrase is tried', async () => {
    await write()
    await rejectsCode('encrypted-file-kind', () => readEncryptedFile({ path: path(), kind: 'node-keys', passphrase }))
  })

  it('does not open as another kind when its header is changed', async () => {
    await write({ kind: 'unvault' })
    await change((file) => { file['kind'] = kind })
    await rejectsCode('wrong-passphrase-or-damaged', read)
  })

  it('does not open after a change of salt, nonce, cost or ciphertext', async () => {
    const flip = (hex: unknown) => `${String(hex).startsWith('0') ? '1' : '0'}${String(hex).slice(1)}`
    const edits: ((file: Json, kdf: Json) => void)[] = [
      (_, kdf) => { kdf['salt'] = flip(kdf['salt']) },
      (file) => { file['nonce'] = flip(file['nonce']) },
      (file) => { file['ciphertext'] = flip(file['ciphertext']) },
      (file) => { file['ciphertext'] = String(file['ciphertext']).slice(2) },
      (_, kdf) => { kdf['passes'] = 2 },
      (_, kdf) => { kdf['memory_kib'] = 9 * 1024 },
    ]
    for (const edit of edits) {
      await write({ force: true })
      await change(edit)
      await rejectsCode('wrong-passphrase-or-damaged', read)
    }
  })

  it('opens whatever the layout and order of its fields', async () => {
    await write()
    const file = JSON.parse(await readFile(path(), 'utf8')) as Json
    await writeFile(path(), JSON.stringify(Object.fromEntries(Object.entries(file).toReversed())))
    assert.ok((await read()).equals(plaintext))
  })

  it('is refused when others can read or write it, but not for its group', async () => {
    await write()
    for (const mode of [0o604, 0o602, 0o644]) {
      await chmod(path(), mode)
      await rejectsCode('file-permissions', read)
    }
    await chmod(path(), 0o660)
    assert.ok((await read()).equals(plaintext))
  })

  it('is refused when missing, empty or too large', async () => {
    await rejectsCode('file-missing', read)
    await writeFile(path(), '', { mode: 0o600 })
    await rejectsCode('file-empty', read)
    await writeFile(path(), new Uint8Array(3 * 1024 * 1024), { mode: 0o600 })
    await rejectsCode('file-too-large', read)
  })

  it('is refused with the code of what is wrong with it', async () => {
    const cases: [KeystoreErrorCode, (file: Json, kdf: Json) => void][] = [
      ['encrypted-file-version', (file) => { file['version'] = 2 }],
      ['encrypted-file-malformed', (file) => { delete file['version'] }],
      ['encrypted-file-malformed', (file) => { file['format'] = 'other' }],
      ['encrypted-file-malformed', (file) => { file['note'] = 'unknown field' }],
      ['encrypted-file-malformed', (_, kdf) => { kdf['note'] = 'unknown field' }],
      ['encrypted-file-malformed', (_, kdf) => { kdf['name'] = 'argon2d' }],
      ['encrypted-file-malformed', (file) => { file['cipher'] = 'none' }],
      ['encrypted-file-malformed', (file) => { file['kind'] = 'Not A Kind' }],
      ['encrypted-file-malformed', (file) => { file['nonce'] = String(file['nonce']).replace(/^./, 'A') }],
      ['encrypted-file-malformed', (file) => { file['nonce'] = String(file['nonce']).slice(2) }],
      ['encrypted-file-malformed', (file) => { file['ciphertext'] = '00' }],
      ['encrypted-file-malformed', (file) => { file['kdf'] = [] }],
      ['encrypted-file-cost', (_, kdf) => { kdf['memory_kib'] = 1024 * 1024 + 1 }],
      ['encrypted-file-cost', (_, kdf) => { kdf['memory_kib'] = 8 * 1024 - 1 }],
      ['encrypted-file-cost', (_, kdf) => { kdf['memory_kib'] = -1 }],
      ['encrypted-file-cost', (_, kdf) => { kdf['passes'] = 0 }],
      ['encrypted-file-cost', (_, kdf) => { kdf['passes'] = 17 }],
      ['encrypted-file-cost', (_, kdf) => { kdf['parallelism'] = 5 }],
      ['encrypted-file-cost', (_, kdf) => { kdf['memory_kib'] = 1024 * 1024; kdf['passes'] = 5 }],
      ['encrypted-file-malformed', (_, kdf) => { kdf['passes'] = 1.5 }],
      ['encrypted-file-malformed', (_, kdf) => { kdf['passes'] = '1' }],
    ]
    await write()
    const original = await readFile(path(), 'utf8')
    for (const [code, edit] of cases) {
      await writeFile(path(), original)
      await change(edit)
      await rejectsCode(code, read)
    }
  })

  it('is not written at a cost or kind that no reader would accept', async () => {
    await rejectsCode('encrypted-file-cost', () => write({ cost: { ...LEAST_COST, passes: 0 } }))
    await rejectsCode('encrypted-file-malformed', () => write({ kind: 'Recovery Set' }))
    assert.deepEqual(await readdir(folder.path), [])
  })
})
