import type { GossipSub, GossipSubComponents } from '@libp2p/gossipsub'
import type { MemberIndex } from '@belfry/protocol/primitives'
import { Gossip } from './gossip/gossip.ts'
import type { Host } from './host/host.ts'
import type { MemberDialers } from './host/member-dialers.ts'
import type { FederationParts } from './host/parts.ts'
import { MemberStreams } from './members/member-streams.ts'
import type { FederationInit, FederationLink, NetworkCounters, OwnerProtocol, RequestOptions } from './network-init.ts'
import type { OwnerBudget } from './requests/owner-budget.ts'
import { RequestClient } from './requests/request-client.ts'
import { RequestServer } from './requests/request-server.ts'

/** Of one connection: a new stream of a member replaces the old one, which may still be closing. */
const MEMBER_STREAMS = 4

interface FederationPartModules extends FederationParts {
  readonly dialers: MemberDialers
  /** What each owner may ask, under whichever lock. */
  readonly budgets: Map<string, OwnerBudget>
}

/** What a host is under one lock. Every topic and protocol has the lock's prefix in its name. */
export class FederationPart implements FederationLink {
  readonly #init: FederationInit
  readonly #modules: FederationPartModules
  readonly #client: RequestClient
  /** What only a member has; an owner's client asks and is not asked. */
  readonly #member: { readonly gossip: Gossip; readonly streams: MemberStreams; readonly server: RequestServer } | null
  #stopped = false

  constructor(init: FederationInit, modules: FederationPartModules) {
    this.#init = init
    this.#modules = modules
    const { limits, dialers, roster } = modules
    const shared = { ...modules, handlers: init.handlers }
    this.#client = new RequestClient({
      limits,
      connect: async (to, signal) => dialers.connect(roster.peerIdOf(to), signal),
      protocolName: (protocol) => this.#name(protocol),
    })
    this.#member = init.self === null ? null : {
      gossip: new Gossip({ ...shared, topic: this.#name('gossip'), protocolPrefix: this.#prefix }),
      streams: new MemberStreams({ ...shared, protocol: this.#name('member') }),
      server: new RequestServer(shared),
    }
  }

  get gossipService(): ((components: GossipSubComponents) => GossipSub) | null {
    return this.#member?.gossip.service ?? null
  }

  observe(): void {
    const { log, connections, roster } = this.#modules
    const { handlers } = this.#init
    if (this.#member) connections.observe(roster, this.#member.streams)
    if (this.#member) connections.observe(roster, this.#member.gossip)
    connections.observe(roster, {
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

  async handleProtocols({ libp2p }: Host): Promise<void> {
    const member = this.#member
    if (!member) return
    await libp2p.handle(this.#name('member'), member.streams.onStream, { maxInboundStreams: MEMBER_STREAMS })
    // More than may run: the one over budget is told so.
    const maxInboundStreams = 2 * this.#modules.limits.ownerConcurrentRequests + 1
    for (const protocol of ['enrol', 'command', 'info'] as const) {
      const onStream = member.server.onStream.bind(member.server, protocol)
      await libp2p.handle(this.#name(protocol), onStream, { maxInboundStreams })
    }
  }

  /** Once libp2p has started. */
  start(): void {
    this.#member?.gossip.start()
  }

  gossip(bytes: Uint8Array): void {
    if (!this.#stopped) this.#member?.gossip.publish(bytes)
  }

  send(to: MemberIndex, bytes: Uint8Array): void {
    if (!this.#stopped) this.#member?.streams.send(to, bytes)
  }

  request(to: MemberIndex, protocol: OwnerProtocol, bytes: Uint8Array, options: RequestOptions = {}) {
    return this.#client.request(to, protocol, bytes, options)
  }

  connected(): MemberIndex[] {
    return this.#modules.connections.connectedMembers(this.#modules.roster)
  }

  counters(): NetworkCounters {
    const { counters } = this.#modules
    return {
      ...counters.snapshot(),
      faults: counters.faults(),
      members_connected: this.connected().length,
      gossip_peers: this.#member?.gossip.peerCount() ?? 0,
      queued_frames: this.#member?.streams.queued ?? 0,
    }
  }

  addPeerAddress(index: MemberIndex, address: string): void {
    this.#modules.dialers.addAddress(this.#modules.roster.peerIdOf(index), address)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#client.stop()
    this.#member?.server.stop()
    await Promise.all([this.#member?.streams.stop(), this.#member?.gossip.stop()])
  }

  get #prefix(): string {
    return `/belfry/${this.#init.topicPrefix}`
  }

  #name(protocol: OwnerProtocol | 'gossip' | 'member'): string {
    return `${this.#prefix}/${protocol}/1`
  }
}
