import {
  gossipsub, TopicValidatorResult, type GossipSub, type GossipSubComponents, type Message,
} from '@libp2p/gossipsub'
import type { Connection, PeerId, Stream } from '@libp2p/interface'
import { assertNever, type MemberIndex } from '@belfry/protocol/primitives'
import { TokenBucket } from '../framing/token-bucket.ts'
import type { ConnectionObserver } from '../host/connections.ts'
import { KeptStream } from '../host/kept-stream.ts'
import type { FederationParts } from '../host/parts.ts'
import { pauseReading } from '../host/pause-reading.ts'
import type { GossipVerdict, NetworkHandlers } from '../network-init.ts'
import { gossipsubOptions } from './gossipsub-options.ts'
import { MemberRegistrar } from './member-registrar.ts'
import { MessageIds } from './message-ids.ts'
import { Standing } from './standing.ts'

/** What judging one message costs beyond its bytes, in bytes of budget: about a signature check against decryption. */
const MESSAGE_COST_BYTES = 2048

interface GossipModules extends FederationParts {
  readonly topic: string
  /** What the names of gossipsub's protocols begin with: whoever is not in the lock opens none. */
  readonly protocolPrefix: string
  readonly handlers: Pick<NetworkHandlers, 'onGossip'>
}

/** gossipsub among the members of one lock, on its one topic. */
export class Gossip implements ConnectionObserver {
  readonly #modules: GossipModules
  readonly #ids = new MessageIds()
  readonly #standing: Standing
  readonly #budgets = new Map<MemberIndex, TokenBucket>()
  readonly #pendingVerdicts = new Map<MemberIndex, number>()
  readonly #streams = new Map<MemberIndex, KeptStream>()
  #gossipsub: GossipSub | null = null
  #registrar: MemberRegistrar | null = null
  #state: 'starting' | 'started' | 'stopped' = 'starting'

  constructor(modules: GossipModules) {
    this.#modules = modules
    this.#standing = new Standing(modules.now)
  }

  /** The libp2p service factory. */
  readonly service = (components: GossipSubComponents): GossipSub => {
    const { privateKey, peerId, peerStore, connectionManager, logger } = components
    const { roster, topic, limits, protocolPrefix } = this.#modules
    const registrar = new MemberRegistrar({
      protocolPrefix,
      registrar: components.registrar,
      admits: (connection) => this.#admits(connection),
      onStream: (stream, connection) => this.#paceReading(stream, connection),
    })
    const otherMembers = roster.others.length
    const options = gossipsubOptions({ topic, otherMembers, limits, ids: this.#ids, standing: this.#standing })
    this.#registrar = registrar
    const pubsub = gossipsub(options)({ privateKey, peerId, peerStore, connectionManager, logger, registrar })
    this.#gossipsub = pubsub
    for (const other of roster.others) this.#streams.set(other.index, this.#streamTo(other, pubsub.protocols.map((protocol) => protocolPrefix + protocol)))
    return pubsub
  }

  /** Once libp2p has started. */
  start(): void {
    const { topic } = this.#modules
    // The validator comes first: without one, gossipsub forwards everything.
    this.#gossipsub?.topicValidators.set(topic, (peer, message) => this.#validate(peer, message))
    this.#gossipsub?.subscribe(topic)
    this.#gossipsub?.addEventListener('gossipsub:heartbeat', this.#checkStreams)
    this.#state = 'started'
    for (const stream of this.#streams.values()) stream.connected()
  }

  async stop(): Promise<void> {
    this.#state = 'stopped'
    this.#gossipsub?.removeEventListener('gossipsub:heartbeat', this.#checkStreams)
    await Promise.all(Array.from(this.#streams.values(), (stream) => stream.stop()))
  }

  publish(bytes: Uint8Array): void {
    const { topic, limits, counters, log } = this.#modules
    if (bytes.length > limits.maxGossipBytes) {
      counters.add('gossip_oversize_unsent')
      return log('warn', 'gossip-oversize', { bytes: bytes.length })
    }
    this.#gossipsub?.publish(topic, bytes).then(
      ({ recipients }) => counters.add(recipients.length > 0 ? 'gossip_published' : 'gossip_published_again'),
      (error: unknown) => {
        counters.add('gossip_unpublished')
        log('debug', 'gossip-unpublished', { cause: String(error) })
      },
    )
  }

  /** Members that gossip to the topic with this host. */
  peerCount(): number {
    return this.#gossipsub?.getSubscribers(this.#modules.topic).length ?? 0
  }

  opened(index: MemberIndex): void {
    if (this.#state === 'started') this.#streams.get(index)?.connected()
  }

  closed(_index: MemberIndex, connection: Connection, other: Connection | null): void {
    if (this.#state === 'started' && other === null) this.#registrar?.disconnected(connection)
  }

  #streamTo({ index, peerId }: { index: MemberIndex; peerId: string }, protocols: string[]): KeptStream {
    return new KeptStream(index, {
      ...this.#modules,
      protocols,
      connection: () => this.#modules.connections.to(peerId),
      counted: { opened: 'gossip_streams_opened', failed: 'gossip_streams_failed' },
      onOpen: (stream, connection) => this.#registrar?.opened(stream, connection),
    })
  }

  /** Before it has started, gossipsub would leave a stream open and unread; closed, it comes again. */
  #admits(connection: Connection): boolean {
    if (this.#state !== 'started') return false
    if (this.#modules.roster.memberOf(connection.remotePeer.toString()) !== null) return true
    this.#modules.counters.add('gossip_refused_not_member')
    return false
  }

  async #validate(peer: PeerId, message: Message): Promise<TopicValidatorResult> {
    const { roster, counters, limits, now } = this.#modules
    const peerId = peer.toString()
    const from = roster.memberOf(peerId)
    if (from === null || this.#state !== 'started') return TopicValidatorResult.Ignore
    counters.add('gossip_received')
    counters.add('gossip_received_bytes', message.data.length)
    this.#budgetOf(from).overdraw(MESSAGE_COST_BYTES, now())
    const pending = this.#pendingVerdicts.get(from) ?? 0
    if (pending >= limits.pendingVerdicts) {
      counters.blame(from, 'gossip_ignored_overload')
      return this.#conclude('ignore', peerId, from, message.data)
    }
    this.#pendingVerdicts.set(from, pending + 1)
    const verdict = message.data.length > limits.maxGossipBytes ? 'reject' : await this.#judge(from, message.data)
    this.#pendingVerdicts.set(from, (this.#pendingVerdicts.get(from) ?? 1) - 1)
    return this.#conclude(verdict, peerId, from, message.data)
  }

  async #judge(from: MemberIndex, data: Uint8Array): Promise<GossipVerdict> {
    try {
      return await this.#modules.handlers.onGossip(from, data)
    } catch (error) {
      this.#modules.log('warn', 'gossip-handler-failed', { from, cause: String(error) })
      return 'ignore'
    }
  }

  #conclude(verdict: GossipVerdict, peerId: string, from: MemberIndex, data: Uint8Array): TopicValidatorResult {
    const { counters, log } = this.#modules
    switch (verdict) {
      case 'accept':
        counters.add('gossip_accepted')
        return TopicValidatorResult.Accept
      case 'ignore':
        counters.add('gossip_ignored')
        this.#ids.ignored(data)
        return TopicValidatorResult.Ignore
      case 'reject':
        counters.blame(from, 'gossip_rejected')
        this.#standing.rejected(peerId)
        log('warn', 'gossip-rejected', { from, bytes: data.length })
        return TopicValidatorResult.Reject
      default:
        return assertNever(verdict)
    }
  }

  /** gossipsub reads without bound; so the stream itself is paused while its member is over budget. */
  #paceReading(stream: Stream, connection: Connection): void {
    const { roster, limits, counters, now } = this.#modules
    const from = roster.memberOf(connection.remotePeer.toString())
    if (from === null) return
    const budget = this.#budgetOf(from)
    stream.addEventListener('message', ({ data }) => {
      budget.overdraw(data.byteLength, now())
      if (budget.wait_ms(0, now()) === 0) return
      const wait_ms = budget.wait_ms(limits.gossipBurstBytes / 4, now())
      if (pauseReading(stream, wait_ms)) counters.blame(from, 'gossip_reads_paused')
    })
  }

  #budgetOf(member: MemberIndex): TokenBucket {
    const { gossipBytesPerSecond, gossipBurstBytes } = this.#modules.limits
    const now_ms = this.#modules.now()
    const budget = this.#budgets.get(member) ?? new TokenBucket(gossipBytesPerSecond, gossipBurstBytes, now_ms)
    this.#budgets.set(member, budget)
    return budget
  }

  /** gossipsub closes its stream to a member whose own it could not read; that is no reason to stop speaking to it. */
  readonly #checkStreams = (): void => {
    for (const stream of this.#streams.values()) stream.check()
  }
}
