import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { lutimes, mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { withLock } from '../../src/binary/lock.ts'

const quiet = { signal: undefined, onWait: () => {} }

describe('the lock of the cache', () => {
  let directory = ''
  let path = ''

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'belfry-lock-'))
    path = join(directory, 'lock')
  })

  afterEach(() => rm(directory, { recursive: true }))

  async function gonePid(): Promise<number> {
    const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' })
    await once(child, 'exit')
    return child.pid ?? 0
  }

  it('lets one work at a time, and all in the end', async () => {
    let working = 0
    const results = await Promise.all([1, 2, 3].map((n) => withLock(path, quiet, async () => {
      working += 1
      assert.equal(working, 1)
      await new Promise((resolve) => setImmediate(resolve))
      working -= 1
      return n
    })))
    assert.deepEqual(results, [1, 2, 3])
    assert.deepEqual(await readdir(directory), [])
  })

  it('is given back when the work fails', async () => {
    await assert.rejects(withLock(path, quiet, () => Promise.reject(new Error('no'))), /no/)
    assert.equal(await withLock(path, quiet, () => Promise.resolve('yes')), 'yes')
  })

  it('is taken over from a process that is gone', async () => {
    await symlink(`${hostname()}:${await gonePid()}`, path)
    assert.equal(await withLock(path, quiet, () => Promise.resolve('yes')), 'yes')
    assert.deepEqual(await readdir(directory), [])
  })

  it('is taken over from another host only when it is old', async () => {
    await symlink(`another.${hostname()}:${await gonePid()}`, path)
    const waiting = new AbortController()
    const options = { signal: waiting.signal, onWait: () => waiting.abort(new Error('it waits')) }
    await assert.rejects(withLock(path, options, () => Promise.resolve('yes')), /it waits/)
    const longAgo = new Date(Date.now() - 60 * 60_000)
    await lutimes(path, longAgo, longAgo)
    assert.equal(await withLock(path, quiet, () => Promise.resolve('yes')), 'yes')
  })
})
