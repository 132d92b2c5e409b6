import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import type { GossipSub, GossipSubComponents } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { FaultTolerance, type ConnectionGater, type Libp2p, type PrivateKey } from '@libp2p/interface'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { createLibp2p } from 'libp2p'
import { readAddress } from '../identity/address.ts'
import type { NetworkLimits } from '../limits.ts'
import { CONNECTIONS_PER_PEER } from './connections.ts'

const KIB = 1024
/** Bounds what a peer can have sent before it notices that we stopped reading; below libp2p's read buffer of 4 MiB. */
const STREAM_WINDOW_BYTES = 1024 * KIB
/** Open streams on one connection in each direction: the member stream, gossip, identify, ping, an owner's requests. */
const STREAMS_PER_CONNECTION = 64
/** A host that is not through the handshake by then makes room for others. */
const INBOUND_UPGRADE_TIMEOUT_MS = 5_000
/** Connections, and handshakes under way, beside those of members and owners. */
const SPARE_INBOUND = 16
const PING_TIMEOUT_MS = 10_000

interface LibraryInit {
  readonly privateKey: PrivateKey
  readonly listen: readonly string[]
  /** All addresses of members: a literal IP among them is not turned away for what others do. */
  readonly memberAddresses: readonly string[]
  readonly memberCount: number
  readonly limits: NetworkLimits
  readonly gater: ConnectionGater
  /** One for each lock; none for an owner's client. */
  readonly gossip: readonly ((components: GossipSubComponents) => GossipSub)[]
}

export interface Host {
  readonly libp2p: Libp2p
  listening(): string[]
}

/** A libp2p host, not yet started. TCP without Nagle's delay (the transport's default on both ends), noise, yamux. */
export async function createHost(init: LibraryInit): Promise<Host> {
  const { limits, memberCount, gossip } = init
  let listening = (): string[] => []
  const libp2p = await createLibp2p({
    start: false,
    privateKey: init.privateKey,
    nodeInfo: { name: 'belfry', userAgent: 'belfry' },
    // Members know each other's addresses from the lock; the host's others (a LAN's, say) are nobody's business.
    addresses: { listen: [...init.listen], announceFilter: () => [] },
    transports: [tcp()],
    transportManager: { faultTolerance: FaultTolerance.FATAL_ALL },
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({
      maxInboundStreams: STREAMS_PER_CONNECTION,
      maxOutboundStreams: STREAMS_PER_CONNECTION,
      streamOptions: { maxStreamWindowSize: STREAM_WINDOW_BYTES },
    })],
    connectionGater: init.gater,
    connectionManager: {
      allow: allowList(init.memberAddresses),
      maxConnections: CONNECTIONS_PER_PEER * memberCount + limits.ownerConnections + SPARE_INBOUND,
      inboundConnectionThreshold: limits.addressConnectionsPerSecond,
      maxIncomingPendingConnections: 2 * memberCount + SPARE_INBOUND,
      inboundUpgradeTimeout: INBOUND_UPGRADE_TIMEOUT_MS,
      dialTimeout: limits.dialTimeout_ms,
      resolvers: {},
    },
    connectionMonitor: { pingInterval: limits.pingInterval_ms, pingTimeout: { minTimeout: PING_TIMEOUT_MS } },
    services: {
      identify: identify(),
      ping: ping(),
      listening: (components) => {
        listening = () => components.transportManager.getAddrs().map(String)
        return {}
      },
      ...Object.fromEntries(gossip.map((service, at) => [`gossip${at}`, service])),
    },
  })
  return { libp2p, listening: () => listening() }
}

function allowList(addresses: readonly string[]): string[] {
  const ips = addresses.flatMap((text) => readAddress(text)?.ip ?? [])
  return [...new Set(ips.map(({ kind, value }) => `/${kind}/${value}`))]
}
