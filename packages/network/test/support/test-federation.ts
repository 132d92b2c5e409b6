import type { MemberIndex } from '@belfry/protocol/primitives'
import {
  createNetwork, type GossipVerdict, type Network, type NetworkHandlers, type NetworkLimits, type NetworkLog,
} from '../../src/index.ts'
import { identityNamed, type Identity } from './identities.ts'
import { until } from './until.ts'

export const TOPIC_PREFIX = '00112233445566aa'

export interface TestMember {
  readonly index: MemberIndex
  readonly identity: Identity
  readonly network: Network
  readonly gossip: { readonly from: MemberIndex; readonly text: string }[]
  readonly frames: { readonly from: MemberIndex; readonly text: string }[]
  readonly peers: { readonly index: MemberIndex; readonly connected: boolean }[]
}

export interface MemberOptions {
  readonly limits?: Partial<NetworkLimits>
  readonly owners?: readonly string[]
  /** What this member thinks of a gossip message; it accepts all by default. */
  readonly verdict?: (text: string, from: MemberIndex) => GossipVerdict
  readonly onOwnerRequest?: NetworkHandlers['onOwnerRequest']
  /** Where to listen, for a member that starts again. */
  readonly listen?: string
  readonly log?: NetworkLog
  /** Addresses that the lock has for every member. */
  readonly addresses?: readonly string[]
}

/** Members on loopback, with an identity for each index, and what they received as text. */
export class TestFederation {
  /** Take one out, and its members no longer know it. */
  readonly identities: Map<MemberIndex, Identity>
  readonly #networks = new Set<Network>()

  constructor(members: number) {
    const indices = Array.from({ length: members }, (_, i) => (i + 1) as MemberIndex)
    this.identities = new Map(indices.map((index) => [index, identityNamed(`member ${index}`)]))
  }

  identity(index: number): Identity {
    const identity = this.identities.get(index as MemberIndex)
    if (!identity) throw new RangeError(`no member ${index}`)
    return identity
  }

  contacts(addresses: readonly string[] = []) {
    return Array.from(this.identities, ([index, { peerId }]) => ({ index, peerId, addresses }))
  }

  async start(index: number, options: MemberOptions = {}): Promise<TestMember> {
    const identity = this.identity(index)
    const received: Pick<TestMember, 'gossip' | 'frames' | 'peers'> = { gossip: [], frames: [], peers: [] }
    const network = await createNetwork({
      identitySeed: identity.seed,
      listen: [options.listen ?? '/ip4/127.0.0.1/tcp/0'],
      topicPrefix: TOPIC_PREFIX,
      self: index as MemberIndex,
      members: this.contacts(options.addresses),
      owners: options.owners ?? [],
      limits: options.limits ?? {},
      handlers: {
        async onGossip(from, bytes) {
          const text = textOf(bytes)
          received.gossip.push({ from, text })
          return options.verdict?.(text, from) ?? 'accept'
        },
        onMemberFrame: (from, bytes) => void received.frames.push({ from, text: textOf(bytes) }),
        onOwnerRequest: options.onOwnerRequest ?? (async (_owner, _protocol, bytes) => bytes),
        onPeer: (event) => void received.peers.push(event),
      },
    }, options.log ? { log: options.log } : {})
    this.#networks.add(network)
    return { index: index as MemberIndex, identity, network, ...received }
  }

  /** An owner's client that knows where these members are. */
  async startClient(name: string, members: readonly TestMember[], limits: Partial<NetworkLimits> = {}) {
    const network = await createNetwork({
      identitySeed: identityNamed(name).seed,
      listen: [],
      topicPrefix: TOPIC_PREFIX,
      self: null,
      members: this.contacts(),
      owners: [],
      limits,
      handlers: {
        onGossip: async () => 'ignore',
        onMemberFrame: () => {},
        onOwnerRequest: async () => new Uint8Array(1),
        onPeer: () => {},
      },
    })
    this.#networks.add(network)
    for (const member of members) {
      for (const address of member.network.listening()) network.addPeerAddress(member.index, address)
    }
    return network
  }

  async stop(): Promise<void> {
    await Promise.all(Array.from(this.#networks, (network) => network.stop()))
  }
}

/** Tells both where the other is, and waits until gossip and streams work both ways. */
export async function connect(a: TestMember, b: TestMember): Promise<void> {
  const before = [a, b].map(({ network }) => network.counters().gossip_peers)
  introduce(a, b)
  await until(`${a.index} and ${b.index} are connected`, () =>
    a.network.connected().includes(b.index) && b.network.connected().includes(a.index))
  await until('they gossip', () => [a, b].every(({ network }, i) => network.counters().gossip_peers > (before[i] ?? 0)))
}

export function introduce(a: TestMember, b: TestMember): void {
  for (const address of b.network.listening()) a.network.addPeerAddress(b.index, address)
  for (const address of a.network.listening()) b.network.addPeerAddress(a.index, address)
}

export async function connectAll(members: readonly TestMember[]): Promise<void> {
  for (const a of members) for (const b of members) if (a.index < b.index) introduce(a, b)
  await until('all gossip with all', () => members.every(({ network }) =>
    network.counters().gossip_peers === members.length - 1 && network.connected().length === members.length - 1))
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}
