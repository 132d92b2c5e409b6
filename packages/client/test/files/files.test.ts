import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, readFile, readdir, stat, symlink, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { formatOf, readBytes, readText, refuseExisting, writeFiles } from '../../src/index.ts'
import { temporaryFolder } from '../support/folder.ts'

describe('files', () => {
  const folder = temporaryFolder()

  it('are written whole, with the mode of their privacy, in folders of one user', async () => {
    await writeFiles([
      { path: folder.file('deep', 'down', 'public.json'), content: 'seen', privacy: 'public' },
      { path: folder.file('deep', 'down', 'private.psbt'), content: Uint8Array.of(1, 2, 255), privacy: 'private' },
    ])
    assert.equal(await readText(folder.file('deep', 'down', 'public.json'), 'a file'), 'seen')
    assert.deepEqual([...(await readBytes(folder.file('deep', 'down', 'private.psbt'), 'a file'))], [1, 2, 255])
    assert.equal((await stat(folder.file('deep', 'down', 'public.json'))).mode & 0o777, 0o644 & ~process.umask())
    assert.equal((await stat(folder.file('deep', 'down', 'private.psbt'))).mode & 0o777, 0o600)
    assert.equal((await stat(folder.file('deep'))).mode & 0o777, 0o700)
    assert.deepEqual(
      (await readdir(folder.file('deep', 'down'))).toSorted(),
      ['private.psbt', 'public.json'],
      'nothing else is left',
    )
  })

  it('replace nothing, and none is written where one of them is there', async () => {
    await writeFile(folder.file('b'), 'old')
    const files = ['a', 'b', 'c'].map((name) => ({
      path: folder.file(name),
      content: 'new',
      privacy: 'public' as const,
    }))
    await assert.rejects(writeFiles(files), {
      code: 'file-exists',
      message: `${folder.file('b')} exists and was left untouched`,
    })
    assert.deepEqual(await readdir(folder.path), ['b'])
    await writeFiles(files, { force: true })
    assert.equal(await readFile(folder.file('b'), 'utf8'), 'new')
  })

  it('replace no symbolic link either, even one that leads nowhere', async () => {
    await symlink(folder.file('nowhere'), folder.file('link'))
    await assert.rejects(writeFiles([{ path: folder.file('link'), content: 'new', privacy: 'private' }]), {
      code: 'file-exists',
    })
    assert.deepEqual(await readdir(folder.path), ['link'])
  })

  it('are said to be in the way all at once', async () => {
    await Promise.all(['a', 'b'].map((name) => writeFile(folder.file(name), '')))
    await assert.rejects(
      refuseExisting(
        ['a', 'b', 'c'].map((name) => folder.file(name)),
        {},
      ),
      (error: Error) => {
        assert.match(error.message, /\/a and .*\/b exist and were left untouched/)
        return true
      },
    )
    await refuseExisting([folder.file('a')], { force: true })
    await Promise.all(['c', 'd'].map((name) => writeFile(folder.file(name), '')))
    const all = ['a', 'b', 'c', 'd'].map((name) => folder.file(name))
    await assert.rejects(refuseExisting(all, {}), /\/a, .*\/b and 2 other files exist and were left untouched/)
  })

  it('are refused where their folder is none', async () => {
    await writeFile(folder.file('flat'), '')
    await assert.rejects(writeFiles([{ path: folder.file('flat', 'a'), content: '', privacy: 'public' }]), {
      code: 'file-not-written',
    })
    assert.deepEqual(await readdir(folder.path), ['flat'])
  })

  it('are refused where a folder stands in their place', async () => {
    await mkdir(folder.file('there'))
    await assert.rejects(
      writeFiles([{ path: folder.file('there'), content: '', privacy: 'public' }], { force: true }),
      { code: 'file-not-written' },
    )
    assert.deepEqual(await readdir(folder.path), ['there'])
  })

  it('are refused on reading by what they are', async () => {
    await writeFile(folder.file('binary'), Uint8Array.of(0xff))
    await assert.rejects(readText(folder.file('binary'), 'a card'), {
      code: 'file-unreadable',
      message: /cannot be read as a card: it is no text/,
    })
    await assert.rejects(readText(folder.file('missing'), 'a card'), {
      code: 'file-unreadable',
      message: /there is no such file/,
    })
    await assert.rejects(readText(folder.path, 'a card'), { code: 'file-unreadable', message: /it is no regular file/ })
    await assert.rejects(readText('/dev/zero', 'a card'), { code: 'file-unreadable' })
    await promisify(execFile)('mkfifo', [folder.file('pipe')])
    await assert.rejects(readText(folder.file('pipe'), 'a card'), { code: 'file-unreadable' })
    await writeFile(folder.file('large'), Buffer.alloc(16 * 1024 * 1024 + 1))
    await assert.rejects(readText(folder.file('large'), 'a card'), { code: 'file-unreadable', message: /larger than/ })
  })

  it('say what they are, or nothing', () => {
    assert.equal(formatOf('{"format":"belfry-card"}'), 'belfry-card')
    for (const text of ['', 'null', '[]', '{}', '{"format":1}', 'format']) assert.equal(formatOf(text), null)
  })
})
