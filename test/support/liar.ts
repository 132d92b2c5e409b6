/**
 * A member whose keys are in the wrong hands: the test itself, on the real network, in the place of the member's process. It
 * signs whatever it is told to, hears what the others send, and answers nothing by itself.
 */
import assert from 'node:assert/strict'
import type { Cluster, Member } from '../../packages/cli/src/demo/cluster/index.ts'
import { type NodeKeys, openNodeKeys, readPassphraseFile } from '../../packages/keystore/src/index.ts'
import { type Network, type NetworkLimits, createNetwork } from '../../packages/network/src/index.ts'
import {
  type BodyOf, type Federation, type Frame, type Header, type MemberKind, decodeFrame, decodeHeader, encodeBody, encodeFrame,
} from '../../packages/protocol/src/index.ts'
import { type MemberIndex, type Millis, SchemaError } from '../../packages/protocol/src/primitives/index.ts'
import { signedBy } from './federation.ts'
import { eventually } from './watch.ts'

/** Above any that the member's process had: what the liar says is news. */
const BOOT = 0xff00_0000
/** What it heard, and may replay. */
const MAX_HEARD = 4_096
/** A liar keeps no measure: its own host would drop half of a flood, and all that is too large. */
const NO_MEASURE: Partial<NetworkLimits> = { maxFrameBytes: 2 * 1024 * 1024, sendQueueFrames: 32_768, sendQueueBytes: 64 * 1024 * 1024 }

export interface Heard {
  /** Who handed it over. */
  readonly peer: MemberIndex
  readonly channel: 'gossip' | 'stream'
  readonly bytes: Uint8Array
  readonly head: Header
}

interface Parts {
  readonly member: Member
  readonly federation: Federation
  readonly keys: NodeKeys
  readonly place: LiarPlace
}

/** Where a liar is on the network. */
export interface LiarPlace {
  /** The federation with the addresses at which the liar reaches the others. */
  readonly reachedAs: Federation
  readonly listen: readonly string[]
}

export class Liar {
  readonly member: Member
  readonly federation: Federation
  readonly keys: NodeKeys
  /** Oldest first. */
  readonly heard: Heard[] = []
  readonly #place: LiarPlace
  #network: Network | null = null
  #beating: NodeJS.Timeout | null = null
  #seq = 0

  private constructor({ member, federation, keys, place }: Parts) {
    this.#place = place
    this.member = member
    this.federation = federation
    this.keys = keys
  }

  /**
   * Stops the member's process, and stands in its place once all others that run are connected with it.
   * @param place default: the addresses of the lock, for itself and the others
   */
  static async inPlaceOf(member: Member, { federation }: Pick<Cluster, 'federation'>, place?: LiarPlace): Promise<Liar> {
    using passphrase = await readPassphraseFile(member.files.passphrase)
    const keys = await openNodeKeys({ path: member.files.keystore, passphrase })
    const own = { reachedAs: federation, listen: federation.memberOf(member.index).addresses }
    const liar = new Liar({ member, federation, keys, place: place ?? own })
    await member.stop()
    await liar.#connect()
    return liar
  }

  get index(): MemberIndex {
    return this.member.index
  }

  get #host(): Network {
    assert.ok(this.#network, 'the liar is connected')
    return this.#network
  }

  async #connect(): Promise<void> {
    const { reachedAs: { lock_prefix, members }, listen } = this.#place
    this.#network = await this.keys.identitySeed.use((identitySeed) =>
      createNetwork({
        identitySeed,
        listen,
        topicPrefix: lock_prefix,
        self: this.index,
        members: members.map((one) => ({ index: one.index, peerId: one.peer_id, addresses: one.addresses })),
        owners: [],
        limits: NO_MEASURE,
        handlers: {
          // Nothing is passed on: what reaches an honest member came from an honest one, or from the liar that made it.
          onGossip: (peer, bytes) => {
            this.#hear(peer, 'gossip', bytes)
            return Promise.resolve('ignore')
          },
          onMemberFrame: (peer, bytes) => this.#hear(peer, 'stream', bytes),
          onOwnerRequest: () => Promise.reject(new Error('a liar serves no owner')),
          onPeer: () => {},
        },
      }),
    )
  }

  #hear(peer: MemberIndex, channel: Heard['channel'], bytes: Uint8Array): void {
    try {
      this.heard.push({ peer, channel, bytes, head: decodeHeader(decodeFrame(bytes).signed) })
      if (this.heard.length > MAX_HEARD) this.heard.shift()
    } catch (error) {
      // Of another liar.
      if (!(error instanceof SchemaError)) throw error
    }
  }

  /** Until it has a connection and a gossip stream with each of them. */
  async connectedWith(members: readonly Member[]): Promise<void> {
    await eventually(`the liar ${this.index} connected with the others`, async () => {
      const connected = this.#host.connected()
      return members.every(({ index }) => connected.includes(index)) && this.#host.counters().gossip_peers >= members.length
    })
  }

  /** Signed like any message of the member, whatever is in it. */
  frame(kind: string, body: Uint8Array, change: Partial<Header> = {}, attachment: Uint8Array | null = null): Frame {
    this.#seq += 1
    return signedBy(this, { kind, boot: BOOT, seq: this.#seq, sent_at: Date.now() as Millis, body, ...change }, attachment)
  }

  say<K extends MemberKind>(kind: K, body: BodyOf<K>, attachment: Uint8Array | null = null): Uint8Array {
    return encodeFrame(this.frame(kind, encodeBody(kind, body), {}, attachment))
  }

  gossip(bytes: Uint8Array): void {
    this.#host.gossip(bytes)
  }

  /** By the streams between members. */
  send(to: readonly Member[], bytes: Uint8Array): void {
    for (const { index } of to) this.#host.send(index, bytes)
  }

  /** Frames that wait to be sent. */
  get queued(): number {
    return this.#host.counters().queued_frames
  }

  heartbeat(change: Partial<BodyOf<'heartbeat'>> = {}): Uint8Array {
    return this.say('heartbeat', {
      tip: null,
      chain: 'ok',
      implementation: '/Satoshi:29.0.0/',
      software: 'belfry/0.1.0',
      hash_6: null,
      standing: 'serving',
      next_lock: null,
      silent: [],
      ledger_entries: 0,
      guarded_root: '00'.repeat(32) as BodyOf<'heartbeat'>['guarded_root'],
      evidence_digest: '00'.repeat(32) as BodyOf<'heartbeat'>['guarded_root'],
      custody_digest: '00'.repeat(32) as BodyOf<'heartbeat'>['custody_digest'], owner_messages: [],
      incidents: [],
      ...change,
    })
  }

  /** From now on the others hold it for alive: it gets the shares of those whose turn it is. */
  beat(): void {
    const { heartbeat_ms } = this.federation.timing
    this.#beating ??= setInterval(() => this.gossip(this.heartbeat()), heartbeat_ms)
    this.gossip(this.heartbeat())
  }

  async stop(): Promise<void> {
    if (this.#beating !== null) clearInterval(this.#beating)
    await this.#network?.stop()
    this.keys.wipe()
  }
}
