import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type BitcoindBinary, BitcoindError, RELAY_AT_ONCE, serialise, startRegtest, txidOf } from '@belfry/bitcoind'
import { pollUntil } from '../../src/regtest/poll.ts'
import { makeCoins, spend, useRegtest } from '../support/regtest-suite.ts'
import { requireBitcoind } from '../support/require-bitcoind.ts'

const RELAY_LIMIT_MS = 60_000

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe('a regtest network that another bitcoind joins', () => {
  it('gives it the chain, counts it as none of its own, and stops it too', async function () {
    const binary = await requireBitcoind(this)
    const baseDir = await mkdtemp(join(tmpdir(), 'belfry-regtest-'))
    const regtest = await startRegtest({ count: 2, baseDir, binary })
    try {
      const [hash] = await regtest.mine(0, 1)
      const guest = await regtest.join('guest', ['-blockmintxfee=0.001'])
      assert.equal(regtest.nodes.includes(guest), false)
      assert.equal((await guest.bitcoind.getNetworkInfo()).connections, 2)
      await pollUntil('the block at the guest', RELAY_LIMIT_MS, async () => await guest.bitcoind.getBestBlockHash() === hash)
      const { pid } = guest
      assert.ok(pid !== null)
      await regtest.stopAll()
      assert.equal(isAlive(pid), false)
    } finally {
      await regtest.stopAll()
      await rm(baseDir, { recursive: true })
    }
  })
})

describe('a regtest network', () => {
  const regtest = useRegtest(3, () => [RELAY_AT_ONCE])

  it('gives each node a directory and ports of its own', () => {
    const { nodes } = regtest()
    const ports = nodes.flatMap(({ rpcPort, p2pPort, zmq }) => [rpcPort, p2pPort, ...Object.values(zmq)])
    assert.equal(new Set(ports).size, 15)
    assert.equal(new Set(nodes.map(({ dataDir }) => dataDir)).size, 3)
    assert.deepEqual(nodes.map(({ index }) => index), [0, 1, 2])
    assert.throws(() => regtest().node(3), RangeError)
  })

  it('connects everybody with everybody', async () => {
    for (const { bitcoind } of regtest().nodes) assert.equal((await bitcoind.getNetworkInfo()).connections, 2)
  })

  it('passes blocks on to all', async () => {
    const hashes = await regtest().mine(1, 3)
    assert.equal(await regtest().waitForSameTip(), hashes.at(-1))
  })

  it('passes transactions on to all', async () => {
    const { outpoints: [coin] } = await makeCoins(regtest(), 1)
    assert.ok(coin !== undefined)
    await regtest().waitForSameTip()
    const transaction = spend(coin, 500)
    await regtest().node(0).bitcoind.broadcast(serialise(transaction))
    for (const { bitcoind } of regtest().nodes) {
      await pollUntil('the relay of a transaction', RELAY_LIMIT_MS, async () =>
        await bitcoind.getMempoolEntry(txidOf(transaction)) !== null)
    }
  })

  it('lets a node drop out and come back', async () => {
    const [a, b, c] = regtest().nodes
    assert.ok(a !== undefined && b !== undefined && c !== undefined)
    await c.disconnectFrom(a)
    await b.disconnectFrom(c)
    assert.equal((await c.bitcoind.getNetworkInfo()).connections, 0)
    const [alone] = await regtest().mine(2, 1, await regtest().freshAddress())
    const together = (await regtest().mine(0, 2)).at(-1)
    await b.disconnectFrom(c)
    assert.equal(await c.bitcoind.getBestBlockHash(), alone)
    await c.connectTo(b)
    await a.connectTo(c)
    await a.connectTo(c)
    assert.equal((await c.bitcoind.getNetworkInfo()).connections, 2)
    assert.equal(await regtest().waitForSameTip(), together)
  })

  it('restarts a node with a new cookie, which its client takes over, and its connections', async () => {
    const node = regtest().node(1)
    const cookie = await readFile(node.cookieFile, 'utf8')
    const { pid } = node
    const tip = await node.bitcoind.getBestBlockHash()
    await node.restart()
    assert.notEqual(await readFile(node.cookieFile, 'utf8'), cookie)
    assert.notEqual(node.pid, pid)
    assert.equal(await node.bitcoind.getBestBlockHash(), tip)
    assert.equal((await node.bitcoind.getNetworkInfo()).connections, 2)
  })

  it('restarts all at once: none is spoken to while it still reads its blocks, and all are connected', async () => {
    await Promise.all(regtest().nodes.map((node) => node.restart()))
    for (const { bitcoind } of regtest().nodes) assert.ok((await bitcoind.getNetworkInfo()).connections >= 2)
    await regtest().waitForSameTip()
  })

  it('stops a node and starts it again', async () => {
    const node = regtest().node(2)
    const pid = node.pid ?? 0
    await node.stop()
    assert.equal(node.pid, null)
    assert.equal(isAlive(pid), false)
    await node.stop()
    await assert.rejects(node.bitcoind.getBlockchainInfo(), { code: 'unreachable' })
    const [mined] = await regtest().mine(0, 1)
    assert.equal(await regtest().waitForSameTip(), mined)
    await node.restart()
    assert.equal(await regtest().waitForSameTip(), mined)
  })

  it('kills a node and starts it again', async () => {
    const node = regtest().node(0)
    const pid = node.pid ?? 0
    await node.kill()
    assert.equal(node.pid, null)
    assert.equal(isAlive(pid), false)
    await node.restart()
    await regtest().waitForSameTip()
  })

  it('notices that a node was killed by somebody else', async () => {
    const node = regtest().node(0)
    process.kill(node.pid ?? 0, 'SIGKILL')
    await pollUntil('the end of a process', RELAY_LIMIT_MS, () => Promise.resolve(node.pid === null))
    await node.restart()
    await regtest().waitForSameTip()
  })

  it('gives addresses that nobody was paid at', async () => {
    const first = await regtest().freshAddress()
    assert.match(first, /^bcrt1q/)
    assert.notEqual(await regtest().freshAddress(), first)
  })
})

describe('a larger regtest network', () => {
  const regtest = useRegtest(12, () => ['-dbcache=4'])

  it('hangs together on a ring', async () => {
    for (const { bitcoind } of regtest().nodes) assert.equal((await bitcoind.getNetworkInfo()).connections, 4)
    const [mined] = await regtest().mine(5, 1)
    assert.equal(await regtest().waitForSameTip(), mined)
  })
})

describe('the end of a regtest network', () => {
  let binary: BitcoindBinary
  let baseDir = ''
  let parent: ChildProcess | null = null

  before(async function () {
    binary = await requireBitcoind(this)
  })

  beforeEach(async () => {
    baseDir = await mkdtemp(join(tmpdir(), 'belfry-regtest-'))
  })

  afterEach(async () => {
    parent?.kill('SIGKILL')
    parent = null
    await rm(baseDir, { recursive: true })
  })

  /** @returns the process ids of the two bitcoinds of a process of their own */
  async function startParent(fate: 'outlive' | 'die'): Promise<number[]> {
    const script = join(import.meta.dirname, '..', 'support', 'start-and-wait.ts')
    const args = ['--conditions=source', script, binary.path, baseDir, fate]
    parent = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    assert.ok(parent.stdout !== null)
    const [line] = await once(createInterface(parent.stdout), 'line') as [string]
    return (JSON.parse(line) as unknown[]).map(Number)
  }

  async function endParent(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    assert.ok(parent !== null)
    const exited = once(parent, 'exit')
    parent.kill(signal)
    await exited
  }

  async function waitForEnd(pids: readonly number[]): Promise<void> {
    await pollUntil('the end of all bitcoinds', RELAY_LIMIT_MS, () =>
      Promise.resolve(!pids.some((pid) => isAlive(pid))))
  }

  it('leaves no process', async () => {
    const regtest = await startRegtest({ count: 2, baseDir, binary })
    const pids = regtest.nodes.map(({ pid }) => pid ?? 0)
    await regtest.stopAll()
    assert.deepEqual(pids.map((pid) => isAlive(pid)), [false, false])
    await regtest.stopAll()
  })

  it('has no same tip to wait for', async () => {
    const regtest = await startRegtest({ count: 1, baseDir, binary })
    await regtest.node(0).kill()
    await assert.rejects(regtest.waitForSameTip(), { code: 'stalled' })
    await regtest.stopAll()
  })

  it('leaves no process when the start fails, and says what bitcoind said', async () => {
    await assert.rejects(startRegtest({ count: 2, baseDir, binary, extraArgs: ['-nosuchoption'] }), (error) =>
      error instanceof BitcoindError && error.code === 'start-failed' && error.message.includes('nosuchoption'))
    const dataDirs = await readdir(baseDir)
    assert.deepEqual(dataDirs.sort(), ['bitcoind-0', 'bitcoind-1'])
  })

  it('takes other ports where bitcoind found one taken, and refused to answer while it ended', async () => {
    const path = await taughtToFailOnce()
    const regtest = await startRegtest({ count: 1, baseDir, binary: { path } })
    const { rpcPort } = regtest.node(0)
    await regtest.stopAll()
    const failed = Number(await readFile(join(baseDir, 'failed'), 'utf8'))
    assert.ok(failed > 0 && failed !== rpcPort)
  })

  /**
   * A bitcoind that ends with HTTP 503 the first time, after three such answers. A real one on a taken port does the same for some
   * milliseconds, in which it is not surely asked.
   */
  async function taughtToFailOnce(): Promise<string> {
    const refuse = join(baseDir, 'refuse.cjs')
    await writeFile(refuse, `
      const port = Number(process.argv.find((arg) => arg.startsWith('-rpcport=')).slice('-rpcport='.length))
      let asked = 0
      require('node:http').createServer((request, response) => {
        response.writeHead(503).end()
        if (++asked === 3) response.on('finish', () => process.exit(1))
      }).listen(port, '127.0.0.1')
      const dir = process.argv.find((arg) => arg.startsWith('-datadir=')).slice('-datadir='.length) + '/regtest'
      require('node:fs').mkdirSync(dir, { recursive: true })
      require('node:fs').writeFileSync(dir + '/.cookie', 'user:password')
      require('node:fs').writeFileSync(${JSON.stringify(join(baseDir, 'failed'))}, String(port))
    `)
    const path = join(baseDir, 'bitcoind-once')
    await writeFile(path, `#!/bin/sh
if [ -e '${join(baseDir, 'failed')}' ]; then exec '${binary.path}' "$@"; fi
exec '${process.execPath}' '${refuse}' "$@"
`, { mode: 0o755 })
    return path
  }

  for (const port of ['-rpcport', '-bind', '-zmqpubrawtx']) {
    it(`keeps its ports where a restart finds one taken for an instant (${port})`, async () => {
      const regtest = await startRegtest({ count: 1, baseDir, binary: { path: await taughtToFindTaken(port) } })
      const node = regtest.node(0)
      const [hash] = await regtest.mine(0, 1)
      await node.restart()
      assert.equal(await readFile(join(baseDir, 'starts'), 'utf8'), 'start\ntaken\nstart\n')
      assert.equal(await node.bitcoind.getBestBlockHash(), hash)
      await regtest.stopAll()
    })
  }

  it('is not started again and again where a restart fails for something else', async () => {
    const regtest = await startRegtest({ count: 1, baseDir, binary: { path: await taughtToFindTaken('-nosuchoption') } })
    const node = regtest.node(0)
    await assert.rejects(node.restart(), { code: 'start-failed', message: /nosuchoption/ })
    assert.equal(await readFile(join(baseDir, 'starts'), 'utf8'), 'start\ntaken\n')
    assert.equal(node.pid, null)
    await regtest.stopAll()
  })

  /** At its second start alone somebody holds the port of this option, and answers nobody; where it has no such option, it is given it. */
  async function taughtToFindTaken(option: string): Promise<string> {
    const hold = join(baseDir, 'hold.cjs')
    await writeFile(hold, `
      const { spawn } = require('node:child_process')
      const option = ${JSON.stringify(option)}
      const args = process.argv.slice(2)
      const given = args.find((arg) => arg.startsWith(option + '='))
      const holder = require('node:net').createServer((socket) => socket.destroy())
      holder.listen(given ? Number(given.match(/[0-9]+$/)[0]) : 0, '127.0.0.1', () => {
        const child = spawn(${JSON.stringify(binary.path)}, given ? args : [...args, option], { stdio: 'inherit' })
        process.on('SIGTERM', () => child.kill())
        child.on('exit', (code) => process.exit(code ?? 1))
      })
    `)
    const path = join(baseDir, 'bitcoind-taken')
    const starts = join(baseDir, 'starts')
    await writeFile(path, `#!/bin/sh
if [ -e '${starts}' ] && ! grep -q taken '${starts}'; then echo taken >> '${starts}'; exec '${process.execPath}' '${hold}' "$@"; fi
echo start >> '${starts}'
exec '${binary.path}' "$@"
`, { mode: 0o755 })
    return path
  }

  it('says that there is no such program', async () => {
    const missing = { path: join(baseDir, 'bitcoind') }
    await assert.rejects(startRegtest({ count: 1, baseDir, binary: missing }), { code: 'start-failed' })
  })

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    it(`comes with the end of its parent by ${signal}`, async function () {
      if (process.platform !== 'linux') {
        process.stderr.write('    skipped: only Linux ends a process with its killed parent\n')
        this.skip()
      }
      const pids = await startParent('die')
      assert.equal(pids.every((pid) => isAlive(pid)), true)
      await endParent(signal)
      await waitForEnd(pids)
    })
  }

  it('does not come with the end of a parent that it is to outlive', async () => {
    const pids = await startParent('outlive')
    try {
      await endParent('SIGKILL')
      assert.deepEqual(pids.map((pid) => isAlive(pid)), [true, true])
    } finally {
      for (const pid of pids) process.kill(pid, 'SIGKILL')
      await waitForEnd(pids)
    }
  })
})
