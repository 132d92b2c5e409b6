import assert from 'node:assert/strict'
import type { Libp2p } from '@libp2p/interface'
import { createNetwork, type NetworkInit } from '../../src/index.ts'
import { identityNamed } from '../support/identities.ts'
import { dialFrom, startRawHost } from '../support/raw-host.ts'
import { connect, TestFederation, TOPIC_PREFIX } from '../support/test-federation.ts'
import { until } from '../support/until.ts'

const OWNER = identityNamed('owner')
const FORBIDDEN = ['/member/1', '/meshsub/1.2.0', '/meshsub/1.1.0', '/meshsub/1.0.0'].map((name) => `/belfry/${TOPIC_PREFIX}${name}`)

describe('who may connect', () => {
  let federation: TestFederation
  const rawHosts: Libp2p[] = []

  beforeEach(() => {
    federation = new TestFederation(3)
  })

  afterEach(async () => {
    await federation.stop()
    await Promise.all(rawHosts.splice(0).map(async (host) => host.stop()))
  })

  async function rawHost(identity = identityNamed('stranger')): Promise<Libp2p> {
    const host = await startRawHost(identity)
    rawHosts.push(host)
    return host
  }

  it('is no stranger', async () => {
    const a = await federation.start(1)
    const stranger = await rawHost()
    await dialFrom(stranger, a).catch(() => {})
    await until('the stranger was refused', () => a.network.counters().connections_refused_stranger === 1)
    await until('its connection is gone', () => stranger.getConnections().length === 0)
    assert.deepEqual(a.network.connected(), [])
    assert.equal(a.network.counters().connections_opened, 0)
  })

  it('is a member, and a stranger at its address is not taken for it', async () => {
    const a = await federation.start(1)
    const stranger = await rawHost()
    for (const address of stranger.getMultiaddrs()) {
      a.network.addPeerAddress(federation.contacts()[1]?.index ?? a.index, address.decapsulate('/p2p').toString())
    }
    await until('the dial failed', () => a.network.counters().dials_failed > 0)
    assert.deepEqual(a.network.connected(), [])
  })

  it('is an admitted owner, for its own protocols only', async () => {
    const a = await federation.start(1, { owners: [OWNER.peerId] })
    const connection = await dialFrom(await rawHost(OWNER), a)
    for (const protocol of FORBIDDEN) {
      const stream = await connection.newStream(protocol).catch(() => null)
      await until(`${protocol} was refused`, () => stream === null || stream.status !== 'open')
    }
    const { gossip_refused_not_member, member_streams_refused, gossip_received, frames_received } = a.network.counters()
    assert.deepEqual({ gossip_refused_not_member, member_streams_refused, gossip_received, frames_received },
      { gossip_refused_not_member: 3, member_streams_refused: 1, gossip_received: 0, frames_received: 0 })
    assert.equal(connection.status, 'open')
    assert.deepEqual(a.network.connected(), [])
  })

  it('is an owner no more often than its rate', async () => {
    const a = await federation.start(1, { owners: [OWNER.peerId], limits: { ownerConnectionsPerMinute: 2 } })
    const owner = await rawHost(OWNER)
    for (let i = 0; i < 2; i++) {
      const connection = await dialFrom(owner, a)
      await until('a has it', () => a.network.counters().connections_opened === i + 1)
      await connection.close()
    }
    await dialFrom(owner, a).catch(() => {})
    await until('the third was refused', () => a.network.counters().connections_refused_owner_rate === 1)
  })

  it('is a member no more often than the rate of its address, though the lock has it', async () => {
    const limits = { addressConnectionsPerSecond: 1 }
    const a = await federation.start(1, { limits, addresses: ['/ip4/127.0.0.1/tcp/1'] })
    const hosts = await Promise.all(Array.from({ length: 10 }, () => rawHost(federation.identity(2))))
    await Promise.all(hosts.map(async (host) => dialFrom(host, a).catch(() => {})))
    const { connections_opened, connections_refused_address_rate } = a.network.counters()
    assert.ok(connections_refused_address_rate > 0)
    assert.ok(connections_opened < 10, `${connections_opened} were opened`)
    assert.deepEqual(a.network.connected(), [2])
  })

  it('is no owner beyond the room for all owners', async () => {
    const second = identityNamed('owner 2')
    const a = await federation.start(1, { owners: [OWNER.peerId, second.peerId], limits: { ownerConnections: 1 } })
    await dialFrom(await rawHost(OWNER), a)
    await dialFrom(await rawHost(second), a).catch(() => {})
    await until('the second was refused', () => a.network.counters().connections_refused_owner_limit === 1)
  })

  it('is one peer with few connections: the newest stay', async () => {
    const a = await federation.start(1)
    const hosts = await Promise.all(Array.from({ length: 5 }, () => rawHost(federation.identity(2))))
    for (const host of hosts) await dialFrom(host, a)
    await until('two were replaced', () => a.network.counters().connections_replaced === 2)
    await until('the oldest two are gone', () => hosts.map((host) => host.getConnections().length).join('') === '00111')
    assert.deepEqual(a.network.connected(), [2])
    assert.deepEqual(a.peers, [{ index: 2, connected: true }])
  })

  it('is nobody, for an owner\'s client', async () => {
    const a = await federation.start(1, { owners: [OWNER.peerId] })
    const client = await federation.startClient('owner', [a])
    assert.deepEqual(client.listening(), [])
    assert.deepEqual(client.connected(), [])
  })
})

describe('a network', () => {
  const federation = new TestFederation(2)
  const good: NetworkInit = {
    identitySeed: federation.identity(1).seed,
    listen: ['/ip4/127.0.0.1/tcp/0'],
    topicPrefix: TOPIC_PREFIX,
    self: federation.contacts()[0]?.index ?? null,
    members: federation.contacts(),
    owners: [],
    handlers: {
      onGossip: async () => 'accept',
      onMemberFrame: () => {},
      onOwnerRequest: async (_owner, _protocol, bytes) => bytes,
      onPeer: () => {},
    },
  }
  const stranger = identityNamed('stranger')

  const refused: readonly (readonly [string, Partial<NetworkInit>, string])[] = [
    ['a short seed', { identitySeed: new Uint8Array(31) }, 'bad-identity'],
    ['a seed that is not the member\'s', { identitySeed: stranger.seed }, 'bad-identity'],
    ['a member as an owner\'s client', { self: null }, 'bad-identity'],
    ['a bad topic prefix', { topicPrefix: 'xyz' }, 'bad-option'],
    ['a bad listening address', { listen: ['localhost:80'] }, 'bad-address'],
    ['an address of another host', { listen: ['/ip4/203.0.113.7/tcp/1'] }, 'listen-failed'],
    ['an owner that is no peer id', { owners: ['me'] }, 'bad-identity'],
    ['an owner that is a member', { owners: [federation.identity(2).peerId] }, 'bad-option'],
    ['a negative limit', { limits: { maxFrameBytes: -1 } }, 'bad-option'],
    ['a member twice', { members: [...federation.contacts(), ...federation.contacts()] }, 'bad-option'],
  ]
  for (const [what, change, code] of refused) {
    it(`refuses ${what}`, async () => {
      await assert.rejects(createNetwork({ ...good, ...change }), { name: 'NetworkError', code })
    })
  }

  it('leaves nothing open when it stops, and may be stopped again', async () => {
    // Other tests of this process may hold sockets of their own.
    const before = openSockets()
    const running = new TestFederation(3)
    const members = [await running.start(1), await running.start(2)] as const
    await connect(...members)
    assert.ok(openSockets() > before)
    members[0].network.addPeerAddress(running.contacts()[2]?.index ?? members[0].index, '/ip4/127.0.0.1/tcp/1')
    await running.stop()
    await running.stop()
    members[0].network.gossip(Uint8Array.of(1))
    members[0].network.send(members[1].index, Uint8Array.of(1))
    await assert.rejects(members[0].network.request(members[1].index, 'info', Uint8Array.of(1)), { code: 'stopped' })
    assert.deepEqual(members[0].network.connected(), [])
    await until('no socket or server of ours is left', () => openSockets() <= before)
  })
})

function openSockets(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource.startsWith('TCP')).length
}
