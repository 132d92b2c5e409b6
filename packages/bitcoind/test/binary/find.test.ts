import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { type BitcoindBinary, type FetchProgress, findBitcoind } from '@belfry/bitcoind'
import { requireBitcoind } from '../support/require-bitcoind.ts'

describe('findBitcoind', () => {
  let directory = ''

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'belfry-find-'))
  })

  afterEach(() => rm(directory, { recursive: true }))

  /** A program that says so when asked for its version. */
  async function install(name: string, says: string): Promise<string> {
    const folder = join(directory, name)
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'bitcoind'), `#!/bin/sh\n[ "$1" = -version ] && echo '${says}'\n`)
    await chmod(join(folder, 'bitcoind'), 0o755)
    return folder
  }

  /** Puts it where a fetched one would be. */
  async function cache(says: string): Promise<string> {
    await install(join('cache', `bitcoind-1-${process.arch}`), says)
    return join(directory, 'cache')
  }

  it('takes the one on PATH', async () => {
    const searchPath = await install('core', 'Bitcoin Core daemon version v28.1.0')
    assert.deepEqual(await findBitcoind({ searchPath, cacheDir: directory }), {
      path: join(searchPath, 'bitcoind'),
      cliPath: null,
      majorVersion: 28,
      version: 'v28.1.0',
      flavour: 'core',
      source: 'path',
    } satisfies BitcoindBinary)
  })

  it('finds its bitcoin-cli', async () => {
    const searchPath = await install('knots', 'Bitcoin Knots daemon version v29.5.0.knots20260508')
    await symlink('bitcoind', join(searchPath, 'bitcoin-cli'))
    const found = await findBitcoind({ searchPath, cacheDir: directory })
    assert.equal(found.cliPath, join(searchPath, 'bitcoin-cli'))
    assert.equal(found.flavour, 'knots')
    assert.equal(found.version, 'v29.5.0.knots20260508')
  })

  it('looks through PATH in its order, and never in the working directory', async () => {
    const [first, second] = [await install('b', 'Bitcoin Core daemon version v29.0.0'), await install('a', 'no')]
    const searchPath = ['', '/nowhere', first, second].join(delimiter)
    const found = await findBitcoind({ searchPath, cacheDir: directory })
    assert.equal(found.version, 'v29.0.0')
  })

  it('takes the one in the cache when that on PATH is too old, or none', async () => {
    const cacheDir = await cache('Bitcoin Knots daemon version v29.5.0.knots20260508')
    for (const says of ['Bitcoin Core RPC daemon version v0.21.1', 'Bitcoin Core version v27.2.0', 'v99.0.0']) {
      const found = await findBitcoind({ searchPath: await install('old', says), cacheDir })
      assert.equal(found.source, 'cache', says)
      assert.equal(found.majorVersion, 29)
    }
  })

  it('gives up at once when the caller has', async function () {
    const options = { searchPath: '', cacheDir: directory, signal: AbortSignal.abort() }
    await assert.rejects(findBitcoind(options), { code: 'aborted' })
    assert.deepEqual(await readdir(directory), [])
  })

  it('fetches Debian\'s package once for all who ask, and leaves nothing else behind', async function () {
    const available = await requireBitcoind(this)
    // Elsewhere the cache may be all there is: where bitcoind is on PATH, or without a network.
    const isRequired = (process.env['BELFRY_REQUIRE'] ?? '').split(',').includes('bitcoind')
    if (available.source !== 'cache' || !isRequired) {
      process.stderr.write('    skipped: fetches 28 MB, only with BELFRY_REQUIRE=bitcoind and none on PATH\n')
      this.skip()
    }
    const steps: string[] = []
    const onProgress = ({ step }: FetchProgress): void => {
      steps.push(step)
    }
    const options = { searchPath: '', cacheDir: directory, onProgress }
    const [first, second] = await Promise.all([findBitcoind(options), findBitcoind(options)])
    assert.deepEqual(first, second)
    assert.deepEqual(steps.filter((step) => step !== 'wait').sort(), ['download', 'unpack', 'update'])
    assert.ok(first.majorVersion >= 28 && first.cliPath !== null)
    assert.deepEqual(await readdir(directory), [`bitcoind-1-${process.arch}`])
    steps.length = 0
    assert.deepEqual(await findBitcoind(options), first)
    assert.deepEqual(steps, [])
  })
})
