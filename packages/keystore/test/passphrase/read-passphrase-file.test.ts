import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmod, chown, mkdir, symlink, writeFile } from 'node:fs/promises'
import { KeystoreError, readPassphraseFile } from '@belfry/keystore'
import { rejectsCode } from '../assertions.ts'
import { skip } from '../skip.ts'
import { temporaryFolder } from '../temporary-folder.ts'

describe('passphrase file', () => {
  const folder = temporaryFolder()

  async function write(content: string | Uint8Array, mode = 0o600): Promise<string> {
    const path = folder.file('passphrase')
    await writeFile(path, content)
    await chmod(path, mode)
    return path
  }

  async function read(content: string | Uint8Array): Promise<string> {
    using secret = await readPassphraseFile(await write(content))
    return secret.use((view) => Buffer.from(view).toString('utf8'))
  }

  it('is read without its one trailing line end', async () => {
    assert.equal(await read('correct horse'), 'correct horse')
    assert.equal(await read('correct horse\n'), 'correct horse')
    assert.equal(await read('correct horse\r\n'), 'correct horse')
    assert.equal(await read('correct horse\n\n'), 'correct horse\n')
    assert.equal(await read(' spaces stay \n'), ' spaces stay ')
  })

  it('is refused when empty, also when it is only a line end', async () => {
    await rejectsCode('file-empty', () => read(''))
    await rejectsCode('passphrase-empty', () => read('\n'))
    await rejectsCode('passphrase-empty', () => read('\r\n'))
  })

  it('may have 4 KiB and not a byte more', async () => {
    assert.equal((await read('x'.repeat(4096))).length, 4096)
    await rejectsCode('file-too-large', () => read('x'.repeat(4097)))
  })

  it('is refused when group or others have any permission, with the command that closes it', async () => {
    for (const mode of [0o640, 0o620, 0o610, 0o604, 0o602, 0o601, 0o644, 0o666]) {
      const path = await write('secret', mode)
      await rejectsCode('file-permissions', () => readPassphraseFile(path))
    }
    await assert.rejects(readPassphraseFile(await write('secret', 0o644)), (error) => (
      error instanceof KeystoreError && error.remedy.includes(`chmod 600 ${folder.path}`)
    ))
  })

  it('may be readable by group where that is allowed, but never writable by it or open to others', async () => {
    for (const mode of [0o640, 0o440, 0o600, 0o400]) {
      assert.equal((await readPassphraseFile(await write('secret', mode), { allowGroupReadable: true })).length, 6)
    }
    for (const mode of [0o660, 0o650, 0o644, 0o604, 0o602]) {
      const path = await write('secret', mode)
      await rejectsCode('file-permissions', () => readPassphraseFile(path, { allowGroupReadable: true }))
    }
  })

  it('is judged by its target when it is a link', async () => {
    const open = await write('secret', 0o644)
    await symlink(open, folder.file('to-open'))
    await rejectsCode('file-permissions', () => readPassphraseFile(folder.file('to-open')))
    await chmod(open, 0o600)
    assert.equal((await readPassphraseFile(folder.file('to-open'))).length, 6)
  })

  it('is refused when it is a folder, a device or a pipe, without waiting for a writer', async () => {
    await mkdir(folder.file('folder'), { mode: 0o700 })
    await rejectsCode('file-not-regular', () => readPassphraseFile(folder.file('folder')))
    await rejectsCode('file-not-regular', () => readPassphraseFile('/dev/null'))
    execFileSync('mkfifo', ['-m', '600', folder.file('pipe')])
    await rejectsCode('file-not-regular', () => readPassphraseFile(folder.file('pipe')))
  })

  it('is refused when it is missing or cannot be opened', async () => {
    await rejectsCode('file-missing', () => readPassphraseFile(folder.file('nowhere')))
    await writeFile(folder.file('plain'), 'x')
    await rejectsCode('file-missing', () => readPassphraseFile(folder.file('plain/below-a-file')))
    await symlink(folder.file('loop'), folder.file('loop'))
    await rejectsCode('file-unreadable', () => readPassphraseFile(folder.file('loop')))
  })

  it('is refused when another user owns it', async function () {
    if (process.geteuid?.() !== 0) skip(this, 'only root can give a file away')
    const path = await write('secret')
    await chown(path, 65534, 65534)
    await rejectsCode('file-owner', () => readPassphraseFile(path))
  })
})
