import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import type { Connection, PrivateKey } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import type { Multiaddr } from '@multiformats/multiaddr'
import { InvariantError, type MemberIndex } from '@belfry/protocol/primitives'
import { Counters } from './counters.ts'
import { NetworkError } from './errors.ts'
import { Gossip } from './gossip/gossip.ts'
import { Connections } from './host/connections.ts'
import { createGater } from './host/gater.ts'
import { createHost, type Host } from './host/host.ts'
import { MemberDialers } from './host/member-dialers.ts'
import type { HostParts, Parts } from './host/parts.ts'
import { Roster } from './host/roster.ts'
import { badAddress, isMultiaddr } from './identity/address.ts'
import { completeLimits } from './limits.ts'
import { limitLog } from './log-limit.ts'
import { MemberStreams } from './members/member-streams.ts'
import type {
  Network, NetworkCounters, NetworkInit, NetworkModules, OwnerProtocol, RequestOptions,
} from './network-init.ts'
import { RequestClient } from './requests/request-client.ts'
import { RequestServer } from './requests/request-server.ts'

const SEED_BYTES = 32
const TOPIC_PREFIX = /^[0-9a-f]{16}$/
/** What is queued on a connection has this long to leave. */
const CLOSE_TIMEOUT_MS = 500
/** Of one connection: a new stream of a member replaces the old one, which may still be closing. */
const MEMBER_STREAMS = 4

/**
 * Starts a host on the federation's network. Resolves once it listens; members are dialled from then on.
 * @throws NetworkError `bad-identity`, `bad-address`, `bad-option`, `listen-failed`
 */
export async function createNetwork(init: NetworkInit, modules: NetworkModules = {}): Promise<Network> {
  checkTexts(init)
  const now = modules.now ?? (() => performance.now())
  const privateKey = await identityOf(init.identitySeed)
  const parts: Parts = {
    limits: completeLimits(init.limits ?? {}),
    counters: new Counters(),
    log: limitLog(modules.log ?? (() => {}), now),
    now,
    random: modules.random ?? Math.random,
  }
  const network = new Libp2pNetwork(init, privateKey, parts)
  await network.start(await network.createHost())
  return network
}

async function identityOf(seed: Uint8Array): Promise<PrivateKey> {
  if (seed.length !== SEED_BYTES) {
    throw new NetworkError('bad-identity', `an identity seed has ${SEED_BYTES} bytes`, 'Create the keys again.')
  }
  return generateKeyPairFromSeed('Ed25519', seed)
}

function checkTexts({ topicPrefix, listen }: NetworkInit): void {
  if (!TOPIC_PREFIX.test(topicPrefix)) {
    throw new NetworkError('bad-option', 'the topic prefix is 16 lower-case hex digits', 'Take it from the lock hash.')
  }
  for (const address of listen) {
    if (!isMultiaddr(address)) throw badAddress(`"${address}" is no address that Belfry can listen on`)
  }
}

/** Before libp2p stops: it destroys the sockets while it waits, for half a second, for what is to be sent on them. */
async function closeConnection(connection: Connection): Promise<void> {
  try {
    await connection.close({ signal: AbortSignal.timeout(CLOSE_TIMEOUT_MS) })
  } catch (error) {
    connection.abort(error instanceof Error ? error : new Error(String(error)))
  }
}

class Libp2pNetwork implements Network {
  readonly peerId: string
  readonly #init: NetworkInit
  readonly #privateKey: PrivateKey
  readonly #parts: HostParts
  readonly #dialers: MemberDialers
  readonly #client: RequestClient
  /** What only a member has; an owner's client asks and is not asked. */
  readonly #member: { readonly gossip: Gossip; readonly streams: MemberStreams; readonly server: RequestServer } | null
  #host: Host | null = null
  #stopping: Promise<void> | null = null

  constructor(init: NetworkInit, privateKey: PrivateKey, parts: Parts) {
    this.#init = init
    this.#privateKey = privateKey
    this.peerId = peerIdFromPrivateKey(privateKey).toString()
    const roster = new Roster(init, this.peerId)
    this.#parts = { ...parts, roster, connections: new Connections({ ...parts, roster }) }
    const shared = { ...this.#parts, handlers: init.handlers }
    const dial = (addresses: Multiaddr[], signal: AbortSignal): Promise<Connection> => this.#dial(addresses, signal)
    this.#dialers = new MemberDialers(init.members, { ...shared, dial })
    this.#client = new RequestClient({
      limits: parts.limits,
      connect: (to, signal) => this.#dialers.connect(to, signal),
      protocolName: (protocol) => this.#name(protocol),
    })
    this.#member = init.self === null ? null : {
      gossip: new Gossip({ ...shared, topic: this.#name('gossip') }),
      streams: new MemberStreams({ ...shared, protocol: this.#name('member') }),
      server: new RequestServer(shared),
    }
  }

  async createHost(): Promise<Host> {
    const { listen, members } = this.#init
    return createHost({
      privateKey: this.#privateKey,
      listen,
      limits: this.#parts.limits,
      memberAddresses: members.flatMap((member) => member.addresses),
      memberCount: members.length,
      gater: createGater(this.#parts),
      gossip: this.#member?.gossip.service ?? null,
    })
  }

  async start(host: Host): Promise<void> {
    const { libp2p } = host
    this.#host = host
    this.#observe()
    libp2p.addEventListener('connection:open', this.#parts.connections.onOpen)
    libp2p.addEventListener('connection:close', this.#parts.connections.onClose)
    await this.#handleProtocols(host)
    try {
      await libp2p.start()
    } catch (cause) {
      await this.stop()
      throw new NetworkError('listen-failed', `cannot listen on ${this.#init.listen.join(', ')}`,
        'Check that the port is free and the address is this host\'s.', { cause })
    }
    this.#member?.gossip.start()
    if (this.#member) this.#dialers.start()
    this.#parts.log('info', 'network-started', { peer: this.peerId, listening: host.listening().join(' ') })
  }

  listening(): string[] {
    return this.#host?.listening() ?? []
  }

  gossip(bytes: Uint8Array): void {
    if (!this.#stopping) this.#member?.gossip.publish(bytes)
  }

  send(to: MemberIndex, bytes: Uint8Array): void {
    if (!this.#stopping) this.#member?.streams.send(to, bytes)
  }

  request(to: MemberIndex, protocol: OwnerProtocol, bytes: Uint8Array, options: RequestOptions = {}) {
    return this.#client.request(to, protocol, bytes, options)
  }

  connected(): MemberIndex[] {
    return this.#parts.connections.connectedMembers()
  }

  counters(): NetworkCounters {
    return {
      ...this.#parts.counters.snapshot(),
      faults: this.#parts.counters.faults(),
      members_connected: this.connected().length,
      gossip_peers: this.#member?.gossip.peerCount() ?? 0,
      queued_frames: this.#member?.streams.queued ?? 0,
    }
  }

  addPeerAddress(index: MemberIndex, address: string): void {
    this.#dialers.addAddress(index, address)
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    const libp2p = this.#host?.libp2p
    libp2p?.removeEventListener('connection:open', this.#parts.connections.onOpen)
    libp2p?.removeEventListener('connection:close', this.#parts.connections.onClose)
    this.#client.stop()
    this.#member?.server.stop()
    await Promise.all([this.#dialers.stop(), this.#member?.streams.stop(), this.#member?.gossip.stop()])
    await Promise.all((libp2p?.getConnections() ?? []).map(closeConnection))
    await libp2p?.stop()
    this.#parts.connections.clear()
    this.#parts.log('info', 'network-stopped', {})
  }

  #dial(addresses: Multiaddr[], signal: AbortSignal): Promise<Connection> {
    if (!this.#host) throw new InvariantError('dialled before there is a host')
    return this.#host.libp2p.dial(addresses, { signal })
  }

  #name(protocol: OwnerProtocol | 'gossip' | 'member'): string {
    return `/belfry/${this.#init.topicPrefix}/${protocol}/1`
  }

  #observe(): void {
    const { log } = this.#parts
    const { handlers } = this.#init
    this.#parts.connections.observe(this.#dialers)
    if (this.#member) this.#parts.connections.observe(this.#member.streams)
    if (this.#member) this.#parts.connections.observe(this.#member.gossip)
    this.#parts.connections.observe({
      opened(index, _connection, first) {
        if (!first) return
        log('info', 'member-connected', { member: index })
        handlers.onPeer({ index, connected: true })
      },
      closed(index, _connection, other) {
        if (other) return
        log('info', 'member-disconnected', { member: index })
        handlers.onPeer({ index, connected: false })
      },
    })
  }

  async #handleProtocols({ libp2p }: Host): Promise<void> {
    const member = this.#member
    if (!member) return
    await libp2p.handle(this.#name('member'), member.streams.onStream, { maxInboundStreams: MEMBER_STREAMS })
    // More than may run: the one over budget is told so.
    const maxInboundStreams = 2 * this.#parts.limits.ownerConcurrentRequests + 1
    for (const protocol of ['enrol', 'command', 'info'] as const) {
      const onStream = member.server.onStream.bind(member.server, protocol)
      await libp2p.handle(this.#name(protocol), onStream, { maxInboundStreams })
    }
  }
}
