import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { writeAtomically } from '../../src/files/write-atomically.ts'
import { rejectsCode } from '../assertions.ts'
import { temporaryFolder } from '../temporary-folder.ts'

describe('atomic writing', () => {
  const folder = temporaryFolder()

  it('leaves one file, readable by its owner only, and no temporary one', async () => {
    await writeAtomically(folder.file('a'), 'content')
    assert.equal(await readFile(folder.file('a'), 'utf8'), 'content')
    assert.equal((await stat(folder.file('a'))).mode & 0o777, 0o600)
    assert.deepEqual(await readdir(folder.path), ['a'])
  })

  it('gives the permissions that are asked for, as far as the umask allows', async () => {
    await writeAtomically(folder.file('a'), 'content', { mode: 0o644 })
    assert.equal((await stat(folder.file('a'))).mode & 0o777, 0o644 & ~process.umask())
  })

  it('leaves an existing file untouched', async () => {
    await writeFile(folder.file('a'), 'old')
    await rejectsCode('file-exists', () => writeAtomically(folder.file('a'), 'new'))
    assert.equal(await readFile(folder.file('a'), 'utf8'), 'old')
    assert.deepEqual(await readdir(folder.path), ['a'])
  })

  it('does not write through a link, dangling or not', async () => {
    await symlink(folder.file('elsewhere'), folder.file('a'))
    await rejectsCode('file-exists', () => writeAtomically(folder.file('a'), 'new'))
    assert.deepEqual(await readdir(folder.path), ['a'])
  })

  it('replaces the file when forced, with owner-only permissions', async () => {
    await writeFile(folder.file('a'), 'old', { mode: 0o644 })
    await writeAtomically(folder.file('a'), 'new', { force: true })
    assert.equal(await readFile(folder.file('a'), 'utf8'), 'new')
    assert.equal((await stat(folder.file('a'))).mode & 0o777, 0o600)
    assert.deepEqual(await readdir(folder.path), ['a'])
  })

  it('lets exactly one of several writers win', async () => {
    const contents = ['one', 'two', 'three', 'four']
    const results = await Promise.allSettled(contents.map((content) => writeAtomically(folder.file('a'), content)))
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
    const winner = results.findIndex(({ status }) => status === 'fulfilled')
    assert.equal(await readFile(folder.file('a'), 'utf8'), contents[winner])
    assert.deepEqual(await readdir(folder.path), ['a'])
  })

  it('says when the folder is missing, and cleans up when the last step fails', async () => {
    await rejectsCode('file-not-written', () => writeAtomically(folder.file('missing/a'), 'new'))
    await mkdir(folder.file('a'))
    await rejectsCode('file-not-written', () => writeAtomically(folder.file('a'), 'new', { force: true }))
    assert.deepEqual(await readdir(folder.path), ['a'])
  })
})
