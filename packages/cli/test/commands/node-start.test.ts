/** Starts of a node that go wrong, or could be thought to: each is answered or ended, and none is waited for without end. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { type Server, type Socket, createServer } from 'node:net'
import { findFreePorts } from '@belfry/client/regtest'
import { holdCeremony } from '../support/ceremony.ts'
import { NodeProcess } from '../support/nodes.ts'
import { workspace } from '../support/workspace.ts'

const LIMIT_MS = 60_000

describe('the start of a node', function () {
  this.timeout(180_000)
  const space = workspace()
  let silent: BlackHole
  let node: NodeProcess
  let ports: { readonly peer: number; readonly http: number }

  before(async () => {
    const { data: [data = assert.fail()], lock } = await holdCeremony(space, { members: 3 })
    silent = await BlackHole.open()
    ports = await findFreePorts(['peer', 'http'])
    const cookieFile = space.file('cookie')
    await writeFile(cookieFile, '__cookie__:secret')
    const there = `tcp://127.0.0.1:${silent.port}`
    node = await NodeProcess.configure({
      data,
      lock,
      passphrase: space.passphrase,
      listen: `/ip4/127.0.0.1/tcp/${ports.peer}`,
      httpPort: ports.http,
      owners: [],
      bitcoind: { rpcPort: silent.port, cookieFile, zmq: { rawblock: there, rawtx: there, sequence: there } },
    })
  })
  after(async () => {
    // First: should there be no node, nothing else would keep the run from its end.
    silent.close()
    await node.stop('SIGKILL')
  })

  const answers = () => node.until('an answer', LIMIT_MS, async () => (await node.status()) ?? false)

  it('waits for no bitcoind: one that takes connections and says nothing keeps it from being ready, and from nothing else', async () => {
    await node.start()
    const { ready, chain } = await answers()
    assert.deepEqual([ready, chain.tip], [false, null])
    await node.until('a question to the bitcoind', LIMIT_MS, async () => silent.taken > 0)
  })

  it('is the same after a stop and after a kill, at once and on the same ports', async () => {
    assert.equal(await node.stop(), 0, 'a question without an answer holds up no stop')
    await node.start()
    await answers()
    await node.stop('SIGKILL')
    await node.start()
    await answers()
    assert.equal(await node.stop(), 0)
  })

  for (const which of ['peer', 'http'] as const) {
    it(`ends, and says why, where its ${which} port is taken`, async () => {
      const other = createServer().listen(ports[which], '127.0.0.1')
      await once(other, 'listening')
      try {
        await node.start()
        assert.equal(await node.ended(), 1)
        assert.match(await node.lastWords(), new RegExp(`Cannot listen on .*${ports[which]}`))
      } finally {
        other.close()
      }
    })
  }
})

/** Takes every connection, reads all and answers nothing: as a bitcoind does whose disk hangs. */
class BlackHole {
  taken = 0
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor() {
    this.#server = createServer((socket) => {
      this.taken++
      this.#sockets.add(socket)
      socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket)).resume()
    })
  }

  static async open(): Promise<BlackHole> {
    const hole = new BlackHole()
    await once(hole.#server.listen(0, '127.0.0.1'), 'listening')
    return hole
  }

  get port(): number {
    const address = this.#server.address()
    assert.ok(typeof address === 'object' && address !== null)
    return address.port
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }
}
