import assert from 'node:assert/strict'
import {
  type IncidentView,
  drillsView,
  evidenceView,
  incidentView,
  incidentsView,
  peersView,
  statusView,
  vaultsView,
} from '../../src/views/index.ts'
import { readExposition } from '../metrics/exposition.ts'
import { loopCounters } from '../metrics/sources.ts'
import { wholeIncident } from '../views/world.ts'
import { type Running, running } from './support.ts'

const RUNNING = { loop: 'running', chain_watcher: 'running', is_warm: true, unseen: null } as const
const API = ['/api/v1/status', '/api/v1/vaults', '/api/v1/incidents', '/api/v1/drills', '/api/v1/evidence', '/api/v1/peers']

describe('the HTTP interface', () => {
  let server: Running
  before(async () => {
    server = await running()
    wholeIncident(server.of)
  })
  after(() => server.stop())

  it('shows over the API what the views show', async () => {
    const {
      of: { state, incident_id },
    } = server
    const expected: Readonly<Record<string, unknown>> = {
      '/api/v1/status': statusView(state, RUNNING),
      '/api/v1/vaults': { vaults: vaultsView(state, null) },
      '/api/v1/incidents': { incidents: incidentsView(state) },
      '/api/v1/drills': { drills: drillsView(state) },
      '/api/v1/evidence': { evidence: evidenceView(state) },
      '/api/v1/peers': { peers: peersView(state) },
      [`/api/v1/incidents/${incident_id}`]: incidentView(state, incident_id),
    }
    for (const [path, result] of Object.entries(expected)) {
      const { status, body, headers } = await server.get(path)
      assert.equal(status, 200, path)
      assert.deepEqual(body, { ok: true, result }, path)
      assert.equal(headers.get('content-type'), 'application/json; charset=utf-8')
      assert.equal(headers.get('cache-control'), 'no-store')
    }
    const whole = await server.get(`/api/v1/incidents/${incident_id}`)
    assert.ok((whole.body.result as IncidentView).story.length > 10)
  })

  it('refuses the API without the right token, telling no more', async () => {
    const right = await server.token()
    const wrong = [
      undefined,
      '',
      right,
      `Basic ${right}`,
      `Bearer ${right}x`,
      `Bearer ${right.slice(1)}`,
      `Bearer  ${right}`,
      'Bearer ',
      'Bearer',
      `Bearer ${'0'.repeat(64)}`,
      `Bearer ${right}, Bearer ${right}`,
    ]
    for (const path of [...API, '/api/v1/incidents/00', '/api/v1/nothing', '/api/']) {
      for (const authorization of wrong) {
        const { status, body, headers } = await server.get(path, authorization === undefined ? {} : { authorization })
        assert.equal(status, 401, `${path} ${authorization}`)
        assert.deepEqual(Object.keys(body.error ?? {}), ['code', 'message', 'remedy'])
        assert.equal(body.error?.code, 'unauthorised')
        assert.equal(headers.get('www-authenticate'), 'Bearer')
      }
    }
  })

  it('takes the token whatever the case of its scheme', async () => {
    assert.equal((await server.get('/api/v1/status', { authorization: `bearer ${await server.token()}` })).status, 200)
  })

  it('takes no token from the address', async () => {
    assert.equal((await server.get(`/api/v1/status?token=${await server.token()}`, {})).status, 401)
  })

  it('knows nothing else', async () => {
    for (const path of [
      '/',
      '/api/v1',
      '/api/v1/',
      '/api/v1/incidents/',
      '/api/v1/vaults/1',
      '/api/v1/../v1/nothing',
      '/livez/',
      '/metrics/x',
      '/%2e%2e/etc/passwd',
      '/favicon.ico',
    ]) {
      const { status, body } = await server.get(path)
      assert.equal(status, 404, path)
      assert.equal(body.error?.code, 'not-found')
      assert.match(body.error?.remedy ?? '', /\/api\/v1\/status/)
    }
  })

  it('says of an incident that there is none', async () => {
    for (const id of ['00', 'ab'.repeat(32), 'AB'.repeat(32), '__proto__', '%00', 'x'.repeat(2_000)]) {
      const { status, body } = await server.get(`/api/v1/incidents/${id}`)
      assert.equal(status, 404, id)
      assert.equal(body.error?.code, 'not-found')
    }
  })

  it('shows metrics to whoever reaches it', async () => {
    const { status, headers, text } = await server.get('/metrics', {})
    assert.equal(status, 200)
    assert.match(headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
    assert.equal(readExposition(text).samples.get('belfry_incidents{status="recovered"}'), 1)
  })

  it('is ready, or says why not', async () => {
    const ready = await server.get('/readyz', {})
    assert.deepEqual([ready.status, ready.body], [200, { ok: true, result: { ready: true, reasons: [] } }])
    server.of.state.volatile.chain = 'unreachable'
    const unready = await server.get('/readyz', {})
    server.of.state.volatile.chain = 'ok'
    assert.equal(unready.status, 503)
    assert.deepEqual(unready.body, {
      ok: false,
      error: {
        code: 'not-ready',
        message: 'bitcoind does not answer.',
        remedy: 'Start bitcoind, or correct bitcoind.host, bitcoind.rpc_port and the cookie file in the configuration.',
        reasons: [
          {
            reason: 'bitcoind-unreachable',
            message: 'bitcoind does not answer.',
            remedy:
              'Start bitcoind, or correct bitcoind.host, bitcoind.rpc_port and the cookie file in the configuration.',
          },
        ],
      },
    })
  })

  it('answers HEAD with the headers alone', async () => {
    const response = await fetch(server.url('/readyz'), { method: 'HEAD' })
    assert.deepEqual([response.status, await response.text()], [200, ''])
  })

  it("never lets another site's page read it", async () => {
    for (const path of ['/readyz', '/metrics', '/api/v1/status']) {
      const { headers } = await server.get(path, { origin: 'https://evil.example' })
      assert.deepEqual(
        [...headers.keys()].filter((name) => name.startsWith('access-control')),
        [],
      )
      assert.equal(headers.get('x-content-type-options'), 'nosniff')
    }
  })
})

describe('liveness', () => {
  it('is no matter of bitcoind, peers or quorum', async () => {
    const server = await running()
    try {
      Object.assign(server.of.state.volatile, { chain: 'unreachable', quorum_lost: true })
      for (const peer of server.of.state.volatile.peers.values()) peer.life = 'dead'
      assert.equal((await server.get('/livez', {})).status, 200)
      assert.equal((await server.get('/readyz', {})).status, 503)
    } finally {
      await server.stop()
    }
  })

  it('ends with the loop', async () => {
    let status: 'running' | 'failed' = 'running'
    const server = await running({}, { loop: () => loopCounters({ status }) })
    try {
      assert.equal((await server.get('/livez', {})).status, 200)
      status = 'failed'
      const { status: code, body } = await server.get('/livez', {})
      assert.deepEqual([code, body.error?.code], [503, 'not-live'])
    } finally {
      await server.stop()
    }
  })

  it('ends where the loop stands still for too long, and comes back when it turns', async () => {
    let turns = 1
    let now = 5_000
    const server = await running({ stuck_after_ms: 1_000 }, { loop: () => loopCounters({ turns }), now: () => now })
    const isLive = async (): Promise<boolean> => (await server.get('/livez', {})).status === 200
    try {
      assert.equal(await isLive(), true)
      now += 1_000
      assert.equal(await isLive(), true)
      now += 1
      assert.equal(await isLive(), false)
      turns += 1
      assert.equal(await isLive(), true)
      now += 999
      assert.equal(await isLive(), true)
    } finally {
      await server.stop()
    }
  })
})
