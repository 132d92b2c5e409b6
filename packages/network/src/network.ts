import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import type { Connection, PrivateKey } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import type { Multiaddr } from '@multiformats/multiaddr'
import { InvariantError } from '@belfry/protocol/primitives'
import { Counters } from './counters.ts'
import { NetworkError } from './errors.ts'
import { FederationPart } from './federation-part.ts'
import { Admission } from './host/admission.ts'
import { Connections } from './host/connections.ts'
import { createGater } from './host/gater.ts'
import { createHost, type Host } from './host/host.ts'
import { MemberDialers } from './host/member-dialers.ts'
import type { HostParts, Parts } from './host/parts.ts'
import { Roster, badOption } from './host/roster.ts'
import { badAddress, isMultiaddr } from './identity/address.ts'
import { completeLimits } from './limits.ts'
import { limitLog } from './log-limit.ts'
import type { OwnerBudget } from './requests/owner-budget.ts'
import type { FederationLink, Network, NetworkInit, NetworkModules, Networks, NetworksInit } from './network-init.ts'

const SEED_BYTES = 32
const TOPIC_PREFIX = /^[0-9a-f]{16}$/
/** What is queued on a connection has this long to leave. */
const CLOSE_TIMEOUT_MS = 500

/**
 * Starts a host on the network of one lock. Resolves once it listens; members are dialled from then on.
 * @throws NetworkError `bad-identity`, `bad-address`, `bad-option`, `listen-failed`
 */
export async function createNetwork(init: NetworkInit, modules: NetworkModules = {}): Promise<Network> {
  const { identitySeed, listen, owners, limits = {}, ...federation } = init
  const host = await createNetworks({ identitySeed, listen, owners, limits, federations: [federation] }, modules)
  const [link] = host.links
  if (!link) throw new InvariantError('one lock, one link')
  return {
    peerId: host.peerId,
    listening: () => host.listening(),
    stop: () => host.stop(),
    gossip: (bytes) => link.gossip(bytes),
    send: (to, bytes) => link.send(to, bytes),
    request: (to, protocol, bytes, options) => link.request(to, protocol, bytes, options),
    connected: () => link.connected(),
    counters: () => link.counters(),
    addPeerAddress: (index, address) => link.addPeerAddress(index, address),
  }
}

/**
 * The same for a host that serves several locks.
 * @throws NetworkError `bad-identity`, `bad-address`, `bad-option`, `listen-failed`
 */
export async function createNetworks(init: NetworksInit, modules: NetworkModules = {}): Promise<Networks> {
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
  const networks = new Libp2pNetworks(init, privateKey, parts)
  await networks.start(await networks.createHost())
  return networks
}

async function identityOf(seed: Uint8Array): Promise<PrivateKey> {
  if (seed.length !== SEED_BYTES) {
    throw new NetworkError('bad-identity', `an identity seed has ${SEED_BYTES} bytes`, 'Create the keys again.')
  }
  return generateKeyPairFromSeed('Ed25519', seed)
}

function checkTexts({ federations, listen }: NetworksInit): void {
  const prefixes = federations.map(({ topicPrefix }) => topicPrefix)
  for (const prefix of prefixes) {
    if (TOPIC_PREFIX.test(prefix)) continue
    throw new NetworkError('bad-option', 'the topic prefix is 16 lower-case hex digits', 'Take it from the lock hash.')
  }
  if (new Set(prefixes).size < prefixes.length) throw badOption('one lock is given twice')
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

/** One libp2p host for all locks: its key, its connections, who may connect. */
class Libp2pNetworks implements Networks {
  readonly peerId: string
  readonly links: readonly FederationLink[]
  readonly #init: NetworksInit
  readonly #privateKey: PrivateKey
  readonly #parts: HostParts
  readonly #dialers: MemberDialers
  readonly #federations: readonly FederationPart[]
  #host: Host | null = null
  #stopping: Promise<void> | null = null

  constructor(init: NetworksInit, privateKey: PrivateKey, parts: Parts) {
    this.#init = init
    this.#privateKey = privateKey
    this.peerId = peerIdFromPrivateKey(privateKey).toString()
    const places = init.federations.map((federation) => ({ federation, roster: new Roster(federation, this.peerId) }))
    const admission = new Admission(places.map(({ roster }) => roster), init.owners)
    this.#parts = { ...parts, admission, connections: new Connections({ ...parts, admission }) }
    const dial = (addresses: Multiaddr[], signal: AbortSignal): Promise<Connection> => this.#dial(addresses, signal)
    this.#dialers = new MemberDialers(init.federations, { ...this.#parts, ownPeerId: this.peerId, dial })
    const budgets = new Map<string, OwnerBudget>()
    this.#federations = places.map(({ federation, roster }) => new FederationPart(federation, {
      ...this.#parts,
      counters: parts.counters.withOwnFaults(),
      roster,
      dialers: this.#dialers,
      budgets,
    }))
    this.links = this.#federations
  }

  async createHost(): Promise<Host> {
    const { listen, federations } = this.#init
    const members = federations.flatMap((federation) => federation.members)
    return createHost({
      privateKey: this.#privateKey,
      listen,
      limits: this.#parts.limits,
      memberAddresses: members.flatMap((member) => member.addresses),
      memberCount: new Set(members.map((member) => member.peerId)).size,
      gater: createGater(this.#parts),
      gossip: this.#federations.flatMap((federation) => federation.gossipService ?? []),
    })
  }

  async start(host: Host): Promise<void> {
    const { libp2p } = host
    const { connections } = this.#parts
    this.#host = host
    connections.observePeers(this.#dialers)
    for (const federation of this.#federations) federation.observe()
    libp2p.addEventListener('connection:open', connections.onOpen)
    libp2p.addEventListener('connection:close', connections.onClose)
    for (const federation of this.#federations) await federation.handleProtocols(host)
    try {
      await libp2p.start()
    } catch (cause) {
      await this.stop()
      throw new NetworkError('listen-failed', `cannot listen on ${this.#init.listen.join(', ')}`,
        'Check that the port is free and the address is this host\'s.', { cause })
    }
    for (const federation of this.#federations) federation.start()
    if (this.#parts.admission.acceptsInbound) this.#dialers.start()
    this.#parts.log('info', 'network-started', { peer: this.peerId, listening: host.listening().join(' ') })
  }

  listening(): string[] {
    return this.#host?.listening() ?? []
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    const libp2p = this.#host?.libp2p
    libp2p?.removeEventListener('connection:open', this.#parts.connections.onOpen)
    libp2p?.removeEventListener('connection:close', this.#parts.connections.onClose)
    await Promise.all([this.#dialers.stop(), ...this.#federations.map((federation) => federation.stop())])
    await Promise.all((libp2p?.getConnections() ?? []).map(closeConnection))
    await libp2p?.stop()
    this.#parts.connections.clear()
    this.#parts.log('info', 'network-stopped', {})
  }

  #dial(addresses: Multiaddr[], signal: AbortSignal): Promise<Connection> {
    if (!this.#host) throw new InvariantError('dialled before there is a host')
    return this.#host.libp2p.dial(addresses, { signal })
  }
}
