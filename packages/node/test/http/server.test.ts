import assert from 'node:assert/strict'
import { tracingChannel } from 'node:diagnostics_channel'
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import type { Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type HttpInit, createHttp } from '../../src/http/index.ts'
import { createMetrics } from '../../src/metrics/index.ts'
import { recorded } from '../logging/support.ts'
import { sourcesOf } from '../metrics/sources.ts'
import { world } from '../views/world.ts'
import { NOTHING_WATCHED, closed, running } from './support.ts'

describe('the HTTP server', () => {
  let dir: string
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'belfry-http-'))
  })
  afterEach(() => rm(dir, { recursive: true }))

  const server = (init: Partial<HttpInit> = {}, logger = recorded().logger) =>
    createHttp(
      { host: '127.0.0.1', port: 0, data_dir: dir, ...init },
      { ...sourcesOf(world().state), metrics: createMetrics(), logger, watching: NOTHING_WATCHED },
    )

  it('tells the port that it was given', async () => {
    const http = server()
    assert.equal(http.port, 0)
    await http.start()
    assert.ok(http.port > 0)
    assert.equal((await fetch(`http://127.0.0.1:${http.port}/livez`)).status, 200)
    await http.stop()
  })

  it('says what to do where the port is taken', async () => {
    const first = server()
    await first.start()
    await assert.rejects(server({ port: first.port }).start(), {
      code: 'listen-failed',
      message: /EADDRINUSE/,
      remedy: /http\.port/,
    })
    await first.stop()
  })

  it('ends every connection when it stops, frees the port, and may be stopped again', async () => {
    const running_ = await running()
    const { port } = running_.http
    const idle = await running_.dial()
    const asking = await running_.dial()
    asking.write('GET /livez HTTP/1.1\r\n')
    const ended = Promise.all([closed(idle), closed(asking)])
    await running_.http.stop()
    await ended
    await running_.stop()
    const again = server({ port })
    await again.start()
    await again.stop()
    await again.stop()
    await server().stop()
  })

  it('goes on, and says so, where the system cannot hand over a connection', async () => {
    let opened: Server | null = null
    const onListen = (message: unknown): void => {
      opened = (message as { server: Server }).server
    }
    tracingChannel('net.server.listen').asyncStart.subscribe(onListen)
    const { get, log, stop } = await running()
    tracingChannel('net.server.listen').asyncStart.unsubscribe(onListen)
    assert.ok(opened !== null)
    // As node:net tells that accept() failed.
    ;(opened as Server).emit('error', Object.assign(new Error('accept ENOBUFS'), { code: 'ENOBUFS' }))
    assert.equal((await get('/livez', {})).status, 200)
    await stop()
    assert.deepEqual(
      log
        .lines()
        .filter(({ event }) => event === 'http-failed')
        .map(({ level }) => level),
      ['warn'],
    )
  })

  it('logs where it listens', async () => {
    const { log, http, stop } = await running()
    await stop()
    assert.deepEqual(
      log.lines().map(({ event, port }) => [event, port]),
      [
        ['http-started', http.port],
        ['http-stopped', undefined],
      ],
    )
  })

  describe('with its token', () => {
    const path = () => join(dir, 'api-token')

    it('makes one of 32 random bytes that only its owner can read', async () => {
      const http = server()
      await http.start()
      await http.stop()
      assert.match(await readFile(path(), 'utf8'), /^[0-9a-f]{64}\n$/)
      assert.equal((await stat(path())).mode & 0o777, 0o600)
      assert.deepEqual(await readdir(dir), ['api-token'])
    })

    it('keeps the one that is there', async () => {
      const token = 'ab'.repeat(32)
      await writeFile(path(), token, { mode: 0o600 })
      const http = server()
      await http.start()
      const response = await fetch(`http://127.0.0.1:${http.port}/api/v1/status`, {
        headers: { authorization: `Bearer ${token}` },
      })
      assert.equal(response.status, 200)
      assert.equal(await readFile(path(), 'utf8'), token)
      await http.stop()
    })

    for (const [name, content, mode, fault] of [
      ['others can read', 'ab'.repeat(32), 0o604, 'readable-by-others'],
      ['a group can read', 'ab'.repeat(32), 0o640, 'readable-by-others'],
      ['is empty', '', 0o600, 'malformed'],
      ['is too short', 'ab'.repeat(31), 0o600, 'malformed'],
      ['is too long', 'ab'.repeat(33), 0o600, 'malformed'],
    ] as const) {
      it(`replaces one that ${name}, and says so`, async () => {
        await writeFile(path(), content)
        await chmod(path(), mode)
        const log = recorded()
        const http = server({}, log.logger)
        await http.start()
        const old = { authorization: `Bearer ${content}` }
        assert.equal((await fetch(`http://127.0.0.1:${http.port}/api/v1/status`, { headers: old })).status, 401)
        await http.stop()
        assert.match(await readFile(path(), 'utf8'), /^[0-9a-f]{64}\n$/)
        assert.notEqual((await readFile(path(), 'utf8')).trim(), content)
        assert.equal((await stat(path())).mode & 0o777, 0o600)
        assert.deepEqual(await readdir(dir), ['api-token'])
        assert.deepEqual(
          log
            .lines()
            .filter(({ event }) => event === 'api-token-replaced')
            .map(({ level, detail }) => [level, detail]),
          [['warn', fault]],
        )
      })
    }

    it('makes one although a start before was killed while making it', async () => {
      await writeFile(`${path()}.new`, 'half')
      const http = server()
      await http.start()
      await http.stop()
      assert.match(await readFile(path(), 'utf8'), /^[0-9a-f]{64}\n$/)
    })

    for (const [name, prepare, message] of [
      ['is a folder', (file: string) => mkdir(file), /is not a file/],
      ['is a symbolic link', (file: string) => symlink('/etc/hostname', file), /ELOOP/],
    ] as const) {
      it(`does not start where the file ${name}`, async () => {
        await prepare(path())
        await assert.rejects(server().start(), { code: 'token-unusable', message })
      })
    }

    it('does not start where the data directory is missing', async () => {
      await assert.rejects(server({ data_dir: join(dir, 'none') }).start(), {
        code: 'token-unusable',
        message: /ENOENT/,
      })
    })
  })
})
