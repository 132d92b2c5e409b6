import assert from 'node:assert/strict'
import type { MemberIndex } from '@belfry/protocol/primitives'
import { connect, introduce, TestFederation } from '../support/test-federation.ts'
import { until } from '../support/until.ts'

const TWO = 2 as MemberIndex
const LIMITS = { redialMin_ms: 5, redialMax_ms: 50 }

describe('dialling', () => {
  let federation: TestFederation
  beforeEach(() => {
    federation = new TestFederation(2)
  })
  afterEach(() => federation.stop())

  it('goes on for as long as nobody answers, and succeeds when somebody does', async () => {
    const failures: (string | number | undefined)[] = []
    const a = await federation.start(1, {
      limits: LIMITS,
      log: (_level, event, fields) => void (event === 'dial-failed' && failures.push(fields['failures'])),
    })
    const spare = await federation.start(2)
    const [listen = ''] = spare.network.listening()
    await spare.network.stop()
    a.network.addPeerAddress(TWO, listen)
    await until('three dials failed', () => failures.length >= 3)
    assert.deepEqual(failures.slice(0, 3), [1, 2, 3])
    const b = await federation.start(2, { listen })
    await until('they are connected', () => b.network.connected().length === 1 && a.network.connected().length === 1)
  })

  it('tries all addresses of a member', async () => {
    const [a, b] = [await federation.start(1, { limits: LIMITS }), await federation.start(2)]
    a.network.addPeerAddress(TWO, '/ip4/127.0.0.1/tcp/1')
    a.network.addPeerAddress(TWO, '/dns4/belfry.invalid/tcp/1')
    for (const address of b.network.listening()) a.network.addPeerAddress(TWO, address)
    await until('they are connected', () => a.network.connected().length === 1)
  })

  it('passes over what the lock has and nobody can dial, and says so', async () => {
    const unusable = ['x', '/ip4/127.0.0.1/udp/1/quic-v1', `/ip4/127.0.0.1/tcp/1/p2p/${federation.identity(1).peerId}`]
    const said: unknown[] = []
    const b = await federation.start(2)
    const a = await federation.start(1, {
      limits: LIMITS,
      addresses: [...unusable, ...b.network.listening()],
      log: (level, event, fields) => void (event === 'address-unusable' && said.push([level, fields])),
    })
    await until('they are connected', () => a.network.connected().length === 1)
    assert.deepEqual(said, unusable.map((address) => ['warn', { member: TWO, address }]))
  })

  it('of both at once ends with both connected and gossiping', async () => {
    for (let round = 0; round < 5; round++) {
      const [a, b] = [await federation.start(1), await federation.start(2)]
      introduce(a, b)
      await until('they gossip', () => [a, b].every(({ network }) => network.counters().gossip_peers === 1))
      assert.deepEqual([a.peers.length, b.peers.length], [1, 1])
      await Promise.all([a.network.stop(), b.network.stop()])
    }
  })

  it('of a member that turns us away backs off', async () => {
    const a = await federation.start(1, { limits: LIMITS })
    const others = new TestFederation(2)
    others.identities.delete(1 as MemberIndex)
    const b = await others.start(2)
    try {
      for (const address of b.network.listening()) a.network.addPeerAddress(TWO, address)
      await until('it was turned away three times', () => b.network.counters().connections_refused_stranger >= 3)
      assert.deepEqual(b.network.connected(), [])
    } finally {
      await others.stop()
    }
  })

  it('refuses addresses of nobody, of another member, and more than sixteen', async () => {
    const [a, b] = [await federation.start(1), await federation.start(2)]
    await connect(a, b)
    assert.throws(() => a.network.addPeerAddress(9 as MemberIndex, '/ip4/127.0.0.1/tcp/1'), { code: 'bad-option' })
    assert.throws(() => a.network.addPeerAddress(TWO, 'nowhere'), { code: 'bad-address' })
    const elsewhere = `/ip4/127.0.0.1/tcp/1/p2p/${a.identity.peerId}`
    assert.throws(() => a.network.addPeerAddress(TWO, elsewhere), { code: 'bad-address' })
    for (let port = 1; port < 16; port++) a.network.addPeerAddress(TWO, `/ip4/127.0.0.1/tcp/${port}`)
    assert.throws(() => a.network.addPeerAddress(TWO, '/ip4/127.0.0.1/tcp/16'), { code: 'bad-option' })
    a.network.addPeerAddress(TWO, '/ip4/127.0.0.1/tcp/15')
  })
})
