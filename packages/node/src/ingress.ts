/** What arrives from outside, as inputs of the core: frames, owners' requests, connections, chain events. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ChainEvent, Input, Outcome, OwnerKind, Verdict } from '@belfry/protocol'
import type { MemberIndex, Millis } from '@belfry/protocol/primitives'
import type { NetworkHandlers } from '@belfry/network'
import type { Rider } from '@belfry/runtime'
import { PendingAnswers } from './effects/pending-answers.ts'

/** Gossip under validation at once, as much as the network lets 32 members have pending each; more is ignored. */
const MAX_PENDING_VERDICTS = 65_536
/** Owners' requests under way at once; the network's own budget is below this. */
const MAX_PENDING_REQUESTS = 256
/** Chain events and outcomes are never dropped: where the loop has no room, they wait and ask again. */
const RETRY_MS = 5

/**
 * An author sends to all members itself: forwarding bridges missing links only, and must not delay what a member has to do
 * and say itself when a theft is on.
 */
const FORWARD_DELAY_MS = 250
/** Well below what the network has pending of one forwarder; what comes above is forwarded at once. */
const MAX_HELD_BACK = 128

export interface IngressModules {
  /** The loop's; false where it has no room. */
  readonly offer: (input: Input, riders?: readonly Rider[]) => boolean
  /** Likewise. */
  readonly offerRiders: (riders: readonly Rider[]) => boolean
  readonly now: () => Millis
  /** Default: that long by the machine's clock, without keeping the process from ending. */
  readonly pause?: (ms: number) => Promise<unknown>
}

export class Ingress {
  readonly verdicts = new PendingAnswers<Verdict>(MAX_PENDING_VERDICTS)
  readonly requests = new PendingAnswers<Uint8Array>(MAX_PENDING_REQUESTS)
  readonly #offer: IngressModules['offer']
  readonly #offerRiders: IngressModules['offerRiders']
  readonly #now: () => Millis
  readonly #pause: (ms: number) => Promise<unknown>
  #held_back = 0

  constructor({ offer, offerRiders, now, pause = (ms) => sleep(ms, undefined, { ref: false }) }: IngressModules) {
    this.#offer = offer
    this.#offerRiders = offerRiders
    this.#now = now
    this.#pause = pause
  }

  readonly handlers: NetworkHandlers = {
    onGossip: async (peer, bytes) => {
      const pending = this.verdicts.open()
      if (!pending) return 'ignore'
      if (!this.#frame(peer, 'gossip', bytes, pending.id)) {
        this.verdicts.drop(pending.id)
        return 'ignore'
      }
      const verdict = await pending.answer
      return verdict === 'accept' ? await this.#heldBack(verdict) : verdict
    },
    onMemberFrame: (peer, bytes) => {
      this.#frame(peer, 'stream', bytes, null)
    },
    onOwnerRequest: (peerId, protocol, bytes, signal) => this.#request(peerId, protocol, bytes, signal),
    onPeer: ({ index, connected }) => {
      this.#offer({ kind: 'peer', member: index, connected, at_ms: this.#now() })
    },
  }

  /** It is the network's hearing of an acceptance that forwards a message. */
  async #heldBack(verdict: Verdict): Promise<Verdict> {
    if (this.#held_back >= MAX_HELD_BACK) return verdict
    this.#held_back += 1
    await this.#pause(FORWARD_DELAY_MS)
    this.#held_back -= 1
    return verdict
  }

  #frame(peer: MemberIndex, channel: 'gossip' | 'stream', bytes: Uint8Array, token: number | null): boolean {
    return this.#offer({ kind: 'frame', peer, channel, bytes, token, at_ms: this.#now() })
  }

  async #request(peer_id: string, protocol: OwnerKind, bytes: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    const pending = this.requests.open()
    if (!pending) throw new Error('too many requests are under way')
    const { id } = pending
    signal.addEventListener('abort', () => this.requests.drop(id), { once: true })
    if (!this.#offer({ kind: 'request', request_id: id, peer_id, protocol, bytes, at_ms: this.#now() })) {
      this.requests.drop(id)
      throw new Error('the loop has no room')
    }
    return await pending.answer
  }

  /** Resolves once the loop has taken the event; the chain tells nothing more before that. */
  async chain(event: ChainEvent, riders: readonly Rider[], signal: AbortSignal): Promise<void> {
    await this.#insist(() => this.#offer({ kind: 'chain', event, at_ms: this.#now() }, riders), signal)
  }

  /** Rows of the chain watcher that go with no event of the core's. */
  async rows(riders: readonly Rider[], signal: AbortSignal): Promise<void> {
    await this.#insist(() => this.#offerRiders(riders), signal)
  }

  /** The core has under way only what it asked for, so those that wait here are bounded by its own limits. */
  outcome(outcome: Outcome, signal: AbortSignal): void {
    void this.#insist(() => this.#offer({ kind: 'outcome', outcome, at_ms: this.#now() }), signal)
  }

  /** Offers until the loop has room; never dropped while it runs. */
  async #insist(offer: () => boolean, signal: AbortSignal): Promise<void> {
    while (!offer() && !signal.aborted) await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
  }
}
