import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRpcClient, type RpcClient, type RpcEndpoint } from '../../src/rpc/index.ts'
import { answer, idOf, startStrangeServer, type StrangeServer, success } from '../support/strange-server.ts'

const auth = { user: 'belfry', password: 'correct horse' }
/** For a call that must end by itself: far away. */
const LONG_MS = 60_000

describe('the RPC client', () => {
  let server: StrangeServer | null = null
  let client: RpcClient | null = null

  async function connect(
    onRequest: (request: string, socket: Socket) => void,
    options: Omit<RpcEndpoint, 'port'> = {},
  ): Promise<RpcClient> {
    server = await startStrangeServer(onRequest)
    client = createRpcClient({ port: server.port, auth, timeout_ms: LONG_MS, ...options })
    return client
  }

  afterEach(async () => {
    client?.close()
    await server?.close()
    client = null
    server = null
  })

  it('sends a JSON-RPC 2.0 call with its credentials and returns the result', async () => {
    const requests: string[] = []
    const rpc = await connect((request, socket) => {
      requests.push(request)
      socket.write(success(request, { x: 1 }))
    })
    assert.deepEqual(await rpc.call('method', ['a', 1]), { x: 1 })
    const [request = ''] = requests
    assert.ok(request.includes(`Authorization: Basic ${Buffer.from('belfry:correct horse').toString('base64')}`))
    assert.ok(request.endsWith(`{"jsonrpc":"2.0","id":${idOf(request)},"method":"method","params":["a",1]}`))
  })

  it('keeps its connection', async () => {
    const rpc = await connect((request, socket) => socket.write(success(request, null)))
    for (let i = 0; i < 5; i++) await rpc.call('method')
    assert.equal(server?.connections(), 1)
  })

  it('asks again by a new connection when the kept one was closed as it wrote', async () => {
    let requests = 0
    const rpc = await connect((request, socket) => {
      requests += 1
      if (requests === 2) socket.resetAndDestroy()
      else socket.write(success(request, requests))
    })
    assert.equal(await rpc.call('method'), 1)
    assert.equal(await rpc.call('method'), 3)
    assert.equal(server?.connections(), 2)
  })

  it('does not ask again after a first connection was closed', async () => {
    let requests = 0
    const rpc = await connect((_request, socket) => {
      requests += 1
      socket.resetAndDestroy()
    })
    await assert.rejects(rpc.call('method'), { code: 'unreachable' })
    assert.equal(requests, 1)
  })

  it('says that nobody listens', async () => {
    await connect(() => {})
    await server?.close()
    server = null
    await assert.rejects(client?.call('method') ?? Promise.resolve(), { code: 'unreachable' })
  })

  it('gives up on a server that says nothing', async () => {
    const rpc = await connect(() => {}, { timeout_ms: 30 })
    await assert.rejects(rpc.call('method'), { code: 'timeout' })
  })

  it('gives up on an answer that stalls half-way', async () => {
    const rpc = await connect((_request, socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"result":')
    }, { timeout_ms: 30 })
    await assert.rejects(rpc.call('method'), { code: 'timeout' })
  })

  it('gives up on an answer that comes byte by byte', async () => {
    const rpc = await connect((_request, socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
      const timer = setInterval(() => socket.write('1\r\nx\r\n'), 5)
      socket.on('close', () => clearInterval(timer))
    }, { timeout_ms: 60 })
    await assert.rejects(rpc.call('method'), { code: 'timeout' })
  })

  it('says that an answer was cut off', async () => {
    const rpc = await connect((_request, socket) => {
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"result":')
    })
    await assert.rejects(rpc.call('method'), { code: 'unreachable' })
  })

  it('refuses an answer that announces to be too long, without reading it', async () => {
    const rpc = await connect((_request, socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n')
    }, { maxResponseBytes: 1000 })
    await assert.rejects(rpc.call('method'), { code: 'response-too-large' })
  })

  it('stops reading an answer of unknown length when it gets too long', async () => {
    const closed = Promise.withResolvers<null>()
    const rpc = await connect((_request, socket) => {
      socket.on('close', () => closed.resolve(null))
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
      const endless = (): void => {
        while (socket.writable && socket.write(`400\r\n${'x'.repeat(0x400)}\r\n`));
      }
      socket.on('drain', endless)
      endless()
    }, { maxResponseBytes: 100_000 })
    await assert.rejects(rpc.call('method'), { code: 'response-too-large' })
    await closed.promise
  })

  for (const [what, bytes] of [
    ['no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['no JSON', answer(200, '<html>It works!</html>')],
    ['no JSON-RPC', answer(200, '{"hello":"world"}')],
    ['the answer to another call', answer(200, '{"result":1,"id":999999}')],
    ['an error without words', answer(500, '{"result":null,"error":{},"id":1}')],
    ['nothing', answer(200, '')],
  ] as const) {
    it(`refuses an answer that is ${what}`, async () => {
      const rpc = await connect((_request, socket) => socket.write(bytes))
      await assert.rejects(rpc.call('method'), { code: 'malformed-answer' })
    })
  }

  for (const [status, code] of [
    [401, 'unauthorised'], [403, 'forbidden'], [503, 'busy'],
    [404, 'http-error'], [405, 'http-error'], [302, 'http-error'],
  ] as const) {
    it(`tells what HTTP status ${status} means`, async () => {
      const rpc = await connect((_request, socket) => socket.write(answer(status, '')))
      await assert.rejects(rpc.call('method'), { code })
    })
  }

  it('reads an RPC error under HTTP status 500', async () => {
    const rpc = await connect((request, socket) => {
      socket.write(answer(500, `{"result":null,"error":{"code":-8,"message":"No"},"id":${idOf(request)}}`))
    })
    await assert.rejects(rpc.call('method'), { code: 'rpc-error', rpc: { code: -8, message: 'No' } })
  })

  it('gives up when the caller does', async () => {
    const caller = new AbortController()
    const rpc = await connect(() => caller.abort())
    await assert.rejects(rpc.call('method', [], { signal: caller.signal }), { code: 'aborted' })
    await assert.rejects(rpc.call('method', [], { signal: caller.signal }), { code: 'aborted' })
  })

  it('fails what is under way when it is closed, and everything after', async () => {
    const rpc = await connect(() => rpc.close())
    await assert.rejects(rpc.call('method'), { code: 'aborted' })
    await assert.rejects(rpc.call('method'), { code: 'aborted' })
  })

  it('opens no more connections and keeps no more calls than it may', async () => {
    const held: (() => void)[] = []
    const allHeld = Promise.withResolvers<null>()
    const rpc = await connect((request, socket) => {
      held.push(() => socket.write(success(request, null)))
      if (held.length === 2) allHeld.resolve(null)
      else if (held.length > 2) held.at(-1)?.()
    }, { maxSockets: 2, maxWaitingCalls: 3 })
    const calls = Array.from({ length: 5 }, () => rpc.call('method'))
    await assert.rejects(rpc.call('method'), { code: 'busy' })
    await allHeld.promise
    assert.equal(server?.connections(), 2)
    for (const release of held.slice(0, 2)) release()
    await Promise.all(calls)
    assert.equal(server?.connections(), 2)
  })

  it('lets a waiting call time out without letting it through later', async () => {
    let requests = 0
    const rpc = await connect(() => {
      requests += 1
    }, { maxSockets: 1 })
    const first = rpc.call('first', [], { timeout_ms: 60 })
    await assert.rejects(rpc.call('second', [], { timeout_ms: 20 }), { code: 'timeout' })
    await assert.rejects(first, { code: 'timeout' })
    assert.equal(requests, 1)
  })

  it('answers a batch call by call', async () => {
    const rpc = await connect((request, socket) => {
      const id = idOf(request)
      socket.write(answer(200, JSON.stringify([
        { jsonrpc: '2.0', error: { code: -5, message: 'No' }, id: id + 1 }, { jsonrpc: '2.0', result: 'yes', id },
      ])))
    })
    const [first, second] = await rpc.batch([{ method: 'a' }, { method: 'b', params: [1] }])
    assert.deepEqual(first, { ok: true, result: 'yes' })
    assert.ok(second !== undefined && !second.ok && second.error.rpc?.code === -5)
    assert.deepEqual(await rpc.batch([]), [])
  })

  it('keeps the password out of its errors', async () => {
    const rpc = await connect((_request, socket) => socket.write(answer(401, '')))
    await assert.rejects(rpc.call('method'), (error) => {
      const told = error instanceof Error ? `${error.stack}${JSON.stringify(error)}` : ''
      return !told.includes(auth.password) && !told.includes(Buffer.from('belfry:correct horse').toString('base64'))
    })
  })
})

describe('the RPC client with a cookie', () => {
  let directory = ''
  let server: StrangeServer | null = null
  let client: RpcClient | null = null
  let accepted = ''

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'belfry-cookie-'))
    server = await startStrangeServer((request, socket) => {
      const isAccepted = request.includes(`Authorization: Basic ${Buffer.from(accepted).toString('base64')}\r\n`)
      socket.write(isAccepted ? success(request, 'in') : answer(401, ''))
    })
    client = createRpcClient({ port: server.port, cookieFile: join(directory, '.cookie'), timeout_ms: LONG_MS })
  })

  afterEach(async () => {
    client?.close()
    await server?.close()
    await rm(directory, { recursive: true })
  })

  async function restartBitcoind(cookie: string): Promise<void> {
    accepted = cookie
    await writeFile(join(directory, '.cookie'), cookie)
  }

  it('reads it before the first call, and again when bitcoind has another', async () => {
    await restartBitcoind('__cookie__:one')
    assert.equal(await client?.call('method'), 'in')
    await restartBitcoind('__cookie__:two')
    assert.deepEqual(await Promise.all([client?.call('method'), client?.call('method')]), ['in', 'in'])
  })

  it('says that it is the wrong one', async () => {
    await restartBitcoind('__cookie__:one')
    accepted = 'another'
    await assert.rejects(client?.call('method') ?? Promise.resolve(), { code: 'unauthorised' })
  })

  it('takes a missing one for a bitcoind that does not run, until it is there', async () => {
    await assert.rejects(client?.call('method') ?? Promise.resolve(), { code: 'unreachable' })
    await restartBitcoind('__cookie__:one')
    assert.equal(await client?.call('method'), 'in')
  })

  it('gives up on one that cannot be read in time, and goes on when it can', async () => {
    const path = join(directory, '.cookie')
    execFileSync('mkfifo', [path])
    await assert.rejects(client?.call('method', [], { timeout_ms: 30 }) ?? Promise.resolve(), { code: 'timeout' })
    const later = client?.call('method')
    accepted = '__cookie__:one'
    await writeFile(path, accepted)
    assert.equal(await later, 'in')
  })

  it('says that it cannot be read', async () => {
    const unreadable = createRpcClient({ port: server?.port ?? 0, cookieFile: directory })
    await assert.rejects(unreadable.call('method'), { code: 'cookie-unreadable' })
    unreadable.close()
  })
})
