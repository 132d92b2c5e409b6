import assert from 'node:assert/strict'
import type { MemberIndex } from '@belfry/protocol/primitives'
import { type FederationInit, type Networks, createNetwork, createNetworks } from '../../src/index.ts'
import { type Identity, identityNamed } from '../support/identities.ts'
import { dialFrom, startRawHost } from '../support/raw-host.ts'
import { bytesOf, textOf } from '../support/test-federation.ts'
import { until } from '../support/until.ts'

const [OLD, NEW] = ['00112233445566aa', 'ffeeddccbbaa9988'] as const
const [alice, bob, carol, dave] = ['alice', 'bob', 'carol', 'dave'].map(identityNamed) as [Identity, Identity, Identity, Identity]
const OWNER = identityNamed('owner')
/** Of the new lock alice is no member; dave comes in, and the others have other indices. */
const LOCKS = { [OLD]: [alice, bob, carol], [NEW]: [carol, dave, bob] } as const

interface Host {
  readonly networks: Networks
  /** `prefix from text`, as it came. */
  readonly gossip: string[]
  readonly frames: string[]
  readonly peers: string[]
}

/** Whether it is told of the other lock too, as while a change is on its way through the federation. */
type Served = readonly (typeof OLD | typeof NEW)[]

describe('a host that serves several locks', () => {
  const stops: (() => Promise<void>)[] = []

  afterEach(async () => {
    await Promise.all(stops.splice(0).map((stop) => stop()))
  })

  async function start(identity: Identity, served: Served): Promise<Host> {
    const heard: Omit<Host, 'networks'> = { gossip: [], frames: [], peers: [] }
    const federations = served.map((topicPrefix): FederationInit => ({
      topicPrefix,
      self: indexOf(identity, topicPrefix),
      members: LOCKS[topicPrefix].map(({ peerId }, at) => ({ index: (at + 1) as MemberIndex, peerId, addresses: [] })),
      handlers: {
        onGossip: async (from, bytes) => {
          heard.gossip.push(`${topicPrefix} ${from} ${textOf(bytes)}`)
          return 'accept'
        },
        onMemberFrame: (from, bytes) => void heard.frames.push(`${topicPrefix} ${from} ${textOf(bytes)}`),
        onOwnerRequest: async (_owner, _protocol, bytes) => bytesOf(`${topicPrefix} ${textOf(bytes)}`),
        onPeer: ({ index, connected }) => void heard.peers.push(`${topicPrefix} ${index} ${connected}`),
      },
    }))
    const networks = await createNetworks({
      identitySeed: identity.seed, listen: ['/ip4/127.0.0.1/tcp/0'], owners: [OWNER.peerId], federations,
    })
    stops.push(() => networks.stop())
    return { networks, ...heard }
  }

  function indexOf(identity: Identity, prefix: typeof OLD | typeof NEW): MemberIndex {
    return (LOCKS[prefix].indexOf(identity) + 1) as MemberIndex
  }

  /** All that a host needs to know is where the other listens, under whichever lock both are in. */
  function introduce(a: Host, served: Served, other: Identity, b: Host): void {
    for (const [at, prefix] of served.entries()) {
      const index = indexOf(other, prefix)
      if (index === 0) continue
      for (const address of b.networks.listening()) a.networks.links[at]?.addPeerAddress(index, address)
      return
    }
  }

  it('has one connection with each member, and gossip and frames of each lock apart', async () => {
    const both: Served = [NEW, OLD]
    const b = await start(bob, both)
    const c = await start(carol, both)
    introduce(b, both, carol, c)
    await until('they gossip under both locks', () =>
      [b, c].every(({ networks }) => networks.links.every((link) => link.counters().gossip_peers === 1)))
    assert.deepEqual(b.peers.toSorted(), [`${OLD} 3 true`, `${NEW} 1 true`].toSorted())
    assert.equal(b.networks.links[0]?.counters().connections_opened, 1)

    b.networks.links[0]?.gossip(bytesOf('of the new'))
    b.networks.links[1]?.gossip(bytesOf('of the old'))
    b.networks.links[1]?.send(3 as MemberIndex, bytesOf('a frame'))
    b.networks.links[0]?.send(1 as MemberIndex, bytesOf('another'))
    await until('all came', () => c.gossip.length === 2 && c.frames.length === 2)
    assert.deepEqual(c.gossip.toSorted(), [`${OLD} 2 of the old`, `${NEW} 3 of the new`].toSorted())
    assert.deepEqual(c.frames.toSorted(), [`${OLD} 2 a frame`, `${NEW} 3 another`].toSorted())
  })

  it('speaks under the old lock with a member that has not heard of the new one, and with one that left', async () => {
    const [b, a] = [await start(bob, [NEW, OLD]), await start(alice, [OLD])]
    introduce(a, [OLD], bob, b)
    await until('they gossip', () => b.networks.links[1]?.counters().gossip_peers === 1)
    assert.equal(b.networks.links[0]?.counters().gossip_peers, 0)
    a.networks.links[0]?.gossip(bytesOf('hello'))
    b.networks.links[1]?.send(1 as MemberIndex, bytesOf('welcome'))
    await until('both heard', () => a.frames.length === 1 && b.gossip.length === 1)
    assert.deepEqual(b.gossip, [`${OLD} 1 hello`])
    assert.deepEqual(b.networks.links[0]?.connected(), [])
  })

  it('lets a member into nothing of a lock that it is not in', async () => {
    const b = await start(bob, [NEW, OLD])
    const raw = await startRawHost(dave)
    stops.push(async () => raw.stop())
    const connection = await dialFrom(raw, { network: b.networks, identity: bob })
    const stream = await connection.newStream(`/belfry/${OLD}/meshsub/1.2.0`).catch(() => null)
    await until('no gossip of the old lock', () => stream === null || stream.status !== 'open')
    const frames = await connection.newStream(`/belfry/${OLD}/member/1`).catch(() => null)
    await until('no frames of the old lock', () => frames === null || frames.status !== 'open')
    const allowed = await connection.newStream(`/belfry/${NEW}/meshsub/1.2.0`)
    assert.equal(allowed.status, 'open')
    assert.equal(b.networks.links[1]?.counters().gossip_refused_not_member, 1)
  })

  it('answers owners under each lock, out of one budget', async () => {
    const b = await start(bob, [NEW, OLD])
    for (const prefix of [OLD, NEW] as const) {
      const members = LOCKS[prefix].map(({ peerId }, at) => ({ index: (at + 1) as MemberIndex, peerId, addresses: [] }))
      const client = await createNetwork({
        identitySeed: OWNER.seed, listen: [], owners: [], topicPrefix: prefix, self: null, members,
        handlers: { onGossip: async () => 'ignore', onMemberFrame: () => {}, onOwnerRequest: async () => new Uint8Array(1), onPeer: () => {} },
      })
      stops.push(() => client.stop())
      const index = indexOf(bob, prefix)
      for (const address of b.networks.listening()) client.addPeerAddress(index, address)
      assert.equal(textOf(await client.request(index, 'info', bytesOf('which?'))), `${prefix} which?`)
    }
  })

  it('refuses one lock twice', async () => {
    await assert.rejects(start(bob, [OLD, OLD]), { name: 'NetworkError', code: 'bad-option' })
  })
})
