import type { MemberIndex } from '@belfry/protocol/primitives'
import type { CounterName, FaultCounts } from './counters.ts'
import type { NetworkLimits } from './limits.ts'

/** A one-request protocol that an owner may open. */
export type OwnerProtocol = 'enrol' | 'command' | 'info'

/** `ignore` where the message may be fine elsewhere or later; `reject` only what every honest forwarder would. */
export type GossipVerdict = 'accept' | 'reject' | 'ignore'

export interface MemberContact {
  readonly index: MemberIndex
  readonly peerId: string
  /** Multiaddrs; one that cannot be dialled is logged and passed over. Empty: the member only ever dials others. */
  readonly addresses: readonly string[]
}

/** What the owner of the network does with what arrives. None is called after `stop()`. */
export interface NetworkHandlers {
  /** `from` forwarded the message and need not have written it. The bytes are read-only. Failing counts as `ignore`. */
  onGossip(from: MemberIndex, bytes: Uint8Array): Promise<GossipVerdict>
  onMemberFrame(from: MemberIndex, bytes: Uint8Array): void
  /** Answers an owner. The signal fires when the time for it is over. Failing tells the owner `failed` and no more. */
  onOwnerRequest(peerId: string, protocol: OwnerProtocol, bytes: Uint8Array, signal: AbortSignal): Promise<Uint8Array>
  /** The first connection to a member opened, or its last one closed. */
  onPeer(event: { readonly index: MemberIndex; readonly connected: boolean }): void
}

/** One lock, and this host's place in it. */
export interface FederationInit {
  /** 16 hex digits: the first 8 bytes of the lock hash. */
  readonly topicPrefix: string
  /** null: an owner's client, which dials members on request and accepts nobody. */
  readonly self: MemberIndex | null
  /** All members of the lock, this one included. */
  readonly members: readonly MemberContact[]
  readonly handlers: NetworkHandlers
}

export interface HostInit {
  /** 32-byte Ed25519 seed, copied into the host's key: the caller may wipe it once the host was created. */
  readonly identitySeed: Uint8Array
  /** Multiaddrs to listen on; none for an owner's client. */
  readonly listen: readonly string[]
  /** Peer ids of admitted owners. */
  readonly owners: readonly string[]
  readonly limits?: Partial<NetworkLimits>
}

export interface NetworkInit extends HostInit, FederationInit {}

export interface NetworksInit extends HostInit {
  /**
   * The locks that this host serves, the newest first: a member that is in several is named in the log by its index in the
   * first. Gossip, streams, requests and budgets of each are its own; connections are shared.
   */
  readonly federations: readonly FederationInit[]
}

export type LogLevel = 'debug' | 'info' | 'warn'
export type NetworkEvent =
  | 'network-started' | 'network-stopped'
  | 'member-connected' | 'member-disconnected' | 'dial-failed' | 'address-unusable'
  | 'connection-refused' | 'connection-replaced'
  | 'gossip-rejected' | 'gossip-handler-failed' | 'gossip-unpublished' | 'gossip-oversize'
  | 'member-stream-failed' | 'member-stream-malformed' | 'member-over-budget' | 'send-queue-full' | 'frame-oversize'
  | 'request-refused' | 'request-failed' | 'request-malformed'
type LogFields = Readonly<Record<string, string | number>>
/** Fields hold indices, peer ids, addresses, counts and codes; never message bytes. */
export type NetworkLog = (level: LogLevel, event: NetworkEvent, fields: LogFields) => void

export interface NetworkModules {
  readonly log?: NetworkLog
  /** Milliseconds that never run backwards. */
  readonly now?: () => number
  /** 0 ≤ x < 1, for jitter. */
  readonly random?: () => number
}

export interface RequestOptions {
  readonly signal?: AbortSignal
  /** For dialling, the request and the answer together. */
  readonly timeout_ms?: number
}

/** Faults and what is of now are of one lock; what is counted otherwise, of the whole host. */
export type NetworkCounters =
  Record<CounterName | 'members_connected' | 'gossip_peers' | 'queued_frames', number>
  & { readonly faults: FaultCounts }

/** What a host does under one lock. */
export interface FederationLink {
  /**
   * Publishes to all members. Bytes published or accepted in the last two minutes are not sent again. Never fails:
   * gossip is for speed, and who missed it pulls.
   */
  gossip(bytes: Uint8Array): void
  /** Queues a frame for a member, sent once there is a connection. When the queue is full, the oldest give way. */
  send(to: MemberIndex, bytes: Uint8Array): void
  /**
   * One request to a member, one answer; only for owners.
   * @throws NetworkError `unreachable`, `timeout`, `refused`, `failed`, `too-large`, `closed`, `malformed`, `aborted`,
   *   `stopped`, `bad-option` for an unknown member
   */
  request(to: MemberIndex, protocol: OwnerProtocol, bytes: Uint8Array, options?: RequestOptions): Promise<Uint8Array>
  /** Members with an open connection, by index. */
  connected(): MemberIndex[]
  counters(): NetworkCounters
  /**
   * A further address to dial.
   * @throws NetworkError `bad-address`, `bad-option` for an unknown member or too many addresses
   */
  addPeerAddress(index: MemberIndex, address: string): void
}

/** A host. */
export interface NetworkHost {
  readonly peerId: string
  /** The addresses listened on, with the ports that the system gave. */
  listening(): string[]
  /** Closes everything. Then no handler is called, `gossip` and `send` do nothing, `request` fails with `stopped`. */
  stop(): Promise<void>
}

/** A host that serves one lock. */
export interface Network extends NetworkHost, FederationLink {}

/** A host that serves several. */
export interface Networks extends NetworkHost {
  /** In the order in which the locks were given. */
  readonly links: readonly FederationLink[]
}
