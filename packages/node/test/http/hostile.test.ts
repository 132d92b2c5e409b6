import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { createMetrics } from '../../src/metrics/index.ts'
import { type Running, answerOf, drained, running } from './support.ts'

const HEAD = 'GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n'

/** Status and error code of a raw answer. */
function summary(answer: string): string {
  const status = /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]
  const body = answer.slice(answer.indexOf('\r\n\r\n') + 4)
  return `${status} ${(JSON.parse(body) as { error: { code: string } }).error.code}`
}

describe('hostile requests', () => {
  let server: Running
  before(async () => {
    server = await running()
  })
  afterEach(async () => {
    assert.equal((await server.get('/livez', {})).status, 200, 'the server goes on')
  })
  after(() => server.stop())

  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
    it(`are refused for ${method}`, async () => {
      const response = await fetch(server.url('/api/v1/status'), {
        method,
        headers: { authorization: `Bearer ${await server.token()}` },
      })
      const { status, body } = await answerOf(response)
      assert.deepEqual([status, body.error?.code], [405, 'method-not-allowed'])
    })
  }

  for (const [name, bytes, expected] of [
    ['a body', `${HEAD}Content-Length: 5\r\n\r\nhello`, '413 body-refused'],
    ['a body that never comes', `${HEAD}Content-Length: 1000000000000\r\n\r\n`, '413 body-refused'],
    ['a chunked body', `${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`, '413 body-refused'],
    ['another host (DNS rebinding)', 'GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n', '421 wrong-host'],
    ['another host with a port', 'GET /metrics HTTP/1.1\r\nHost: evil.example:80\r\n\r\n', '421 wrong-host'],
    [
      'a host that only begins like ours',
      'GET /metrics HTTP/1.1\r\nHost: 127.0.0.1.evil.example\r\n\r\n',
      '421 wrong-host',
    ],
    ['no host, as HTTP/1.0 allows', 'GET /metrics HTTP/1.0\r\n\r\n', '421 wrong-host'],
    ['a huge header', `${HEAD}X: ${'x'.repeat(10_000)}\r\n\r\n`, '431 headers-too-large'],
    ['a huge path', `GET /${'x'.repeat(10_000)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`, '431 headers-too-large'],
    ['bytes that are not HTTP', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\r\n\r\n', '400 malformed-request'],
    [
      'two lengths (request smuggling)',
      `${HEAD}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`,
      '400 malformed-request',
    ],
    [
      'a length and chunks (request smuggling)',
      `${HEAD}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      '400 malformed-request',
    ],
    ['a bare line feed in a header', `${HEAD}X: a\nY: b\r\n\r\n`, '400 malformed-request'],
  ] as const) {
    it(`are refused for ${name}, and the connection ends`, async () => {
      assert.equal(summary(await server.raw(bytes)), expected)
    })
  }

  for (const host of ['localhost', 'LOCALHOST:1234', '127.0.0.1:80', '127.9.9.9', '[::1]:9741']) {
    it(`are none for naming this host as ${host}`, async () => {
      const answer = await server.raw(`GET /livez HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
      assert.match(answer, /^HTTP\/1\.1 200 /)
    })
  }

  it('are answered the same way for any target', async () => {
    for (const target of [
      'http://evil.example/livez',
      '//evil.example/livez',
      '*',
      '/%',
      '/\\..\\',
      '/livez%00',
      '/?x=%ff',
      '/a b',
    ]) {
      const answer = await server.raw(`GET ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`)
      assert.match(answer, /^HTTP\/1\.1 (200|400|404) /, target)
    }
  })

  it('leave no trace of a token in the log', async () => {
    await server.get('/api/v1/status')
    await server.get('/api/v1/nothing')
    assert.ok(!server.log.text().includes(await server.token()))
  })
})

describe('limits', () => {
  const servers: Running[] = []
  const start = async (...args: Parameters<typeof running>): Promise<Running> => {
    const server = await running(...args)
    servers.push(server)
    return server
  }
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.stop()
  })

  it('end a request that comes too slowly', async () => {
    const server = await start({ limits: { request_timeout_ms: 50, check_interval_ms: 10 } })
    for (const part of ['G', HEAD, `${HEAD}X: y`]) {
      const socket = await server.dial()
      socket.write(part)
      // It closes by itself: otherwise this waits until the test's own time is over.
      assert.equal(summary(await drained(socket)), '408 request-timeout')
    }
  })

  it('end a request that trickles in', async () => {
    const server = await start({ limits: { request_timeout_ms: 100, check_interval_ms: 10 } })
    const socket = await server.dial()
    socket.write(HEAD)
    const trickle = setInterval(() => socket.write('X: y\r\n'), 10)
    await drained(socket)
    clearInterval(trickle)
  })

  it('end a connection on which nothing is said', async () => {
    const server = await start({ limits: { idle_timeout_ms: 50, request_timeout_ms: 50, check_interval_ms: 10 } })
    await drained(await server.dial())
  })

  it('end a connection that stays open after its answer', async () => {
    const server = await start({ limits: { idle_timeout_ms: 50, check_interval_ms: 10 } })
    const socket = await server.dial()
    socket.write(`${HEAD}\r\n`)
    assert.match(await drained(socket), /^HTTP\/1\.1 200 /)
  })

  it('take no more connections than allowed', async () => {
    const server = await start({ limits: { max_connections: 3 } })
    const open: Socket[] = []
    for (let at = 0; at < 3; at++) {
      const socket = await server.dial()
      socket.write(`${HEAD}\r\n`)
      await once(socket, 'data')
      open.push(socket)
    }
    const refused = await server.dial()
    assert.equal(await drained(refused), '')
    for (const socket of open) socket.destroy()
  })

  it('serve no more requests at once than allowed, and then go on', async () => {
    const gate = Promise.withResolvers<string>()
    const waiting: Promise<unknown>[] = []
    const metrics = { ...createMetrics(), render: () => gate.promise }
    const server = await start({ limits: { max_requests_in_flight: 3 } }, { metrics })
    const sockets: Socket[] = []
    for (let at = 0; at < 3; at++) {
      const socket = await server.dial()
      socket.write('GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n')
      sockets.push(socket)
      waiting.push(drained(socket))
    }
    let busy = await server.get('/livez', {})
    for (let tries = 0; busy.status !== 503 && tries < 1_000; tries++) busy = await server.get('/livez', {})
    assert.deepEqual([busy.status, busy.body.error?.code], [503, 'busy'])
    gate.resolve('belfry_x 1\n')
    await Promise.all(waiting)
    assert.equal((await server.get('/livez', {})).status, 200)
  })

  it('give a place back when the asker goes away', async () => {
    const metrics = { ...createMetrics(), render: () => new Promise<string>(() => {}) }
    const server = await start({ limits: { max_requests_in_flight: 1 } }, { metrics })
    const socket = await server.dial()
    socket.write('GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
    let found = await server.get('/livez', {})
    for (let tries = 0; found.status !== 503 && tries < 1_000; tries++) found = await server.get('/livez', {})
    assert.equal(found.status, 503)
    socket.destroy()
    for (let tries = 0; found.status !== 200 && tries < 1_000; tries++) found = await server.get('/livez', {})
    assert.equal(found.status, 200)
  })

  it("keep a bug's words from the asker, and put them into the log", async () => {
    const server = await start(
      {},
      {
        state: () => {
          throw new Error('canary-7b1d')
        },
      },
    )
    for (const path of ['/readyz', '/metrics', '/api/v1/status']) {
      const { status, body, text } = await server.get(path)
      assert.deepEqual([status, body.error?.code], [500, 'internal'], path)
      assert.ok(!text.includes('canary'))
    }
    const bugs = server.log.lines().filter(({ event }) => event === 'http-failed')
    assert.equal(bugs.length, 3)
    assert.ok(JSON.stringify(bugs).includes('canary-7b1d'))
  })
})
