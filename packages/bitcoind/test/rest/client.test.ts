import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import * as fc from 'fast-check'
import { BitcoindError } from '../../src/errors.ts'
import { createRestClient, type RestClient, type RestClientOptions } from '../../src/rest/index.ts'
import { answer, startStrangeServer, type StrangeServer } from '../support/strange-server.ts'

describe('the REST client', () => {
  let server: StrangeServer
  let client: RestClient
  let onRequest: (socket: Socket, request: string) => void

  beforeEach(async () => {
    server = await startStrangeServer((request, socket) => onRequest(socket, request))
    client = clientOf()
  })

  afterEach(async () => {
    client.close()
    await server.close()
  })

  function clientOf(options: Partial<RestClientOptions> = {}): RestClient {
    return createRestClient({ port: server.port, timeout_ms: 60_000, ...options })
  }

  function says(...parts: readonly (string | Uint8Array)[]): void {
    onRequest = (socket) => {
      for (const part of parts) socket.write(part)
    }
  }

  const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

  it('asks for the path, and gives the body', async () => {
    let asked = ''
    onRequest = (socket, request) => {
      asked = request
      socket.write(answer(200, 'a block'))
    }
    assert.deepEqual(await client.get('/rest/block/x.bin'), bytesOf('a block'))
    assert.ok(asked.startsWith(`GET /rest/block/x.bin HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n`))
  })

  it('gives a body of megabytes in a buffer of exactly its length', async () => {
    const body = Uint8Array.from({ length: 3_999_999 }, (_, i) => i * 7)
    says(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`, body)
    const got = await client.get('/')
    assert.ok(got !== null && Buffer.compare(got, body) === 0)
    assert.equal(got.buffer.byteLength, body.length)
  })

  it('reads an answer however it is cut', async () => {
    const whole = answer(200, 'body of the answer')
    await fc.assert(fc.asyncProperty(fc.array(fc.integer({ min: 1, max: whole.length - 1 }), { maxLength: 4 }), async (cuts) => {
      const at = [0, ...cuts.toSorted((a, b) => a - b), whole.length]
      onRequest = (socket) => void (async () => {
        for (const [i, from] of at.entries()) {
          socket.write(whole.slice(from, at[i + 1]))
          await new Promise((resolve) => setImmediate(resolve))
        }
      })()
      assert.deepEqual(await client.get('/'), bytesOf('body of the answer'))
    }), { numRuns: 30 })
  })

  it('keeps its connection, also over a refusal', async () => {
    for (const status of [200, 404, 200, 403]) {
      says(answer(status, 'body'))
      assert.equal(await client.get('/') === null, status !== 200)
    }
    assert.equal(server.connections(), 1)
  })

  it('makes no more connections than it may', async () => {
    client.close()
    client = clientOf({ maxSockets: 2 })
    says(answer(200, 'body'))
    await Promise.all(Array.from({ length: 20 }, () => client.get('/')))
    assert.ok(server.connections() <= 2)
  })

  it('makes a new connection where the kept one was closed', async () => {
    says(answer(200, 'body'))
    await client.get('/')
    let refused = 0
    onRequest = (socket) => {
      refused += 1
      if (refused > 1) socket.write(answer(200, 'after all'))
      else socket.destroy()
    }
    assert.deepEqual(await client.get('/'), bytesOf('after all'))
    assert.equal(refused, 2)
  })

  it('does not ask again where a new connection is closed', async () => {
    let asked = 0
    onRequest = (socket) => {
      asked += 1
      socket.destroy()
    }
    await assert.rejects(client.get('/'), { code: 'unreachable' })
    assert.equal(asked, 1)
  })

  it('uses no connection twice that the server is about to close', async () => {
    for (const head of ['HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\n']) {
      const before = server.connections()
      says(head, 'x')
      await client.get('/')
      await client.get('/')
      assert.ok(server.connections() >= before + 1)
    }
  })

  for (const status of [400, 401, 403, 404, 405]) {
    it(`gives null for status ${status}`, async () => {
      says(answer(status, 'no'))
      assert.equal(await client.get('/'), null)
    })
  }

  it('gives null for a refusal of any length and coding', async () => {
    for (const head of ['Transfer-Encoding: chunked', 'Content-Length: 99999999', 'Content-Type: text/html']) {
      says(`HTTP/1.1 403 Forbidden\r\n${head}\r\n\r\n`)
      assert.equal(await client.get('/'), null)
    }
  })

  const refusals: readonly (readonly [string, string, BitcoindError['code']])[] = [
    ['status 503', answer(503, 'starting'), 'busy'],
    ['status 500', answer(500, 'sorry'), 'http-error'],
    ['status 302', answer(302, ''), 'http-error'],
    ['a body longer than any block', 'HTTP/1.1 200 OK\r\nContent-Length: 4000001\r\n\r\n', 'response-too-large'],
    ['more than it tells', `${answer(200, 'body')}and more`, 'malformed-answer'],
    ['no length', 'HTTP/1.1 200 OK\r\n\r\nbody', 'malformed-answer'],
    ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n', 'malformed-answer'],
    ['a coded body', 'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nbody', 'malformed-answer'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nbody', 'malformed-answer'],
    ['a length that is none', 'HTTP/1.1 200 OK\r\nContent-Length: -4\r\n\r\nbody', 'malformed-answer'],
    ['something else', 'SSH-2.0-OpenSSH\r\n\r\n', 'malformed-answer'],
    ['a head without an end', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(20_000)}`, 'malformed-answer'],
  ]
  for (const [what, text, code] of refusals) {
    it(`fails with ${code} for ${what}, and makes a new connection for the next`, async () => {
      says(text)
      await assert.rejects(client.get('/'), { code })
      says(answer(200, 'body'))
      assert.deepEqual(await client.get('/'), bytesOf('body'))
    })
  }

  it('fails when the connection is lost in the middle', async () => {
    onRequest = (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nbody')
    await assert.rejects(client.get('/'), { code: 'unreachable' })
  })

  it('fails when nobody listens', async () => {
    const { port } = server
    await server.close()
    await assert.rejects(createRestClient({ port }).get('/'), { code: 'unreachable' })
    server = await startStrangeServer((request, socket) => onRequest(socket, request))
  })

  for (const [where, text] of [['before', ''], ['within', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nbody']]) {
    it(`fails with timeout when the server hangs ${where} its answer`, async () => {
      says(text ?? '')
      await assert.rejects(client.get('/', { timeout_ms: 20 }), { code: 'timeout' })
      says(answer(200, 'body'))
      assert.deepEqual(await client.get('/'), bytesOf('body'))
    })
  }

  it('is given up with its signal, and with the client', async () => {
    const { promise: asked, resolve } = Promise.withResolvers<void>()
    onRequest = () => resolve()
    const giveUp = new AbortController()
    const first = client.get('/', { signal: giveUp.signal })
    await asked
    giveUp.abort()
    await assert.rejects(first, { code: 'aborted' })
    await assert.rejects(client.get('/', { signal: giveUp.signal }), { code: 'aborted' })
    const second = client.get('/')
    client.close()
    await assert.rejects(second, { code: 'aborted' })
    await assert.rejects(client.get('/'), { code: 'aborted' })
  })

  it('fails with nothing but its own error, whatever is answered', async () => {
    const piece = fc.oneof(
      fc.constantFrom('HTTP/1.1 200 OK', '\r\n', '\r\n\r\n', 'Content-Length: 3', 'Connection: close', ':', 'HTTP/1.1 ', 'x'),
      fc.string({ maxLength: 20 }),
    )
    await fc.assert(fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
      onRequest = (socket) => socket.end(pieces.join(''))
      try {
        await client.get('/')
      } catch (error) {
        assert.ok(error instanceof BitcoindError, String(error))
      }
    }), { numRuns: 200 })
  })
})
