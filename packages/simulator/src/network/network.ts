/** Streams and gossip between members, with whatever can happen to them on the way. */
import type { Channel, Verdict } from '@belfry/protocol'
import type { MemberIndex } from '@belfry/protocol/primitives'
import type { Random, World } from '../world/index.ts'
import { Links } from './links.ts'

export interface NetworkFaults {
  /** Longest usual delay. */
  readonly delay_ms: number
  /** Chance that a message takes twenty times as long, and so is overtaken. */
  readonly straggles: number
  readonly drops: number
  readonly duplicates: number
}

/** One member's end of the network. */
export interface Endpoint {
  readonly index: MemberIndex
  readonly is_up: boolean
  /** False where there was no room for it. With a token a verdict is awaited. */
  onFrame(peer: MemberIndex, channel: Channel, bytes: Uint8Array, token: number | null): boolean
  onPeer(member: MemberIndex, connected: boolean): void
  /** Whether it passes on what it accepted: an honest one always does. */
  passesOn(): boolean
}

interface Gossip {
  readonly bytes: Uint8Array
  /** By member index: it has it, or it is on the way there. */
  readonly reached: Uint8Array
}

const PEER_NOTICE_MS = 2_000
/** Larger than any federation: indices count from 1. */
const MEMBER_SLOTS = 65

export class SimNetwork {
  readonly #world: World
  readonly #random: Random
  readonly #endpoints = new Map<MemberIndex, Endpoint>()
  readonly #links = new Links()
  /** What `to` was last told of its connection with `from`, as `to<from`. */
  readonly #told = new Map<string, boolean>()
  readonly #gossip = new Map<string, Gossip>()
  readonly #awaiting = new Map<number, Gossip>()
  #token = 0
  #spared: ReadonlySet<MemberIndex> = new Set()
  #is_apart = false
  faults: NetworkFaults

  constructor(options: { faults: NetworkFaults }, modules: { world: World; random: Random }) {
    this.#world = modules.world
    this.#random = modules.random
    this.faults = options.faults
  }

  join(endpoint: Endpoint): void {
    this.#endpoints.set(endpoint.index, endpoint)
  }

  /** Between two of these nothing is lost or late any more. */
  spare(members: readonly MemberIndex[]): void {
    this.#spared = new Set(members)
    this.#noticeAll()
  }

  /** The process came up or went down: connections are made, or end. */
  changed(member: MemberIndex): void {
    for (const other of this.#endpoints.keys()) {
      if (other === member) continue
      // A process that starts has been told nothing.
      this.#told.set(`${member}<${other}`, false)
      this.#noticeSoon(member, other)
    }
  }

  /** Nobody reaches anybody any more, but for those that are spared. */
  setApart(isApart: boolean): void {
    this.#is_apart = isApart
    this.#noticeAll()
  }

  cut(from: MemberIndex, to: MemberIndex): void {
    this.#links.cut(from, to)
    this.#noticeSoon(from, to)
  }

  open(from: MemberIndex, to: MemberIndex): void {
    this.#links.open(from, to)
    this.#noticeSoon(from, to)
  }

  isConnected(a: MemberIndex, b: MemberIndex): boolean {
    const up = this.#endpoints.get(a)?.is_up === true && this.#endpoints.get(b)?.is_up === true
    return up && !this.#links.isSevered(a, b) && (!this.#is_apart || this.#areSpared(a, b))
  }

  send(from: MemberIndex, to: MemberIndex, bytes: Uint8Array): void {
    if (!this.isConnected(from, to) || !this.#links.isOpen(from, to) || this.#isLost(from, to)) return
    this.#carry(from, to, () => this.#endpoints.get(to)?.onFrame(from, 'stream', bytes, null))
  }

  /** The same bytes again reach only those that they have not reached. */
  publish(from: MemberIndex, bytes: Uint8Array): void {
    const id = idOf(bytes)
    const message = this.#gossip.get(id) ?? { bytes, reached: new Uint8Array(MEMBER_SLOTS) }
    this.#gossip.set(id, message)
    message.reached[from] = 1
    this.#spread(message, from)
  }

  /** What the member's core said of a message that came by gossip: only what it accepted goes on from there. */
  onVerdict(member: MemberIndex, token: number, verdict: Verdict): void {
    const message = this.#awaiting.get(token)
    this.#awaiting.delete(token)
    if (message && verdict === 'accept' && this.#endpoints.get(member)?.passesOn()) this.#spread(message, member)
  }

  #spread(message: Gossip, via: MemberIndex): void {
    for (const [to, endpoint] of this.#endpoints) {
      if (message.reached[to] === 1 || !this.isConnected(via, to) || !this.#links.isOpen(via, to)) continue
      // Lost on this way; another member may still pass it on.
      if (this.#isLost(via, to)) continue
      message.reached[to] = 1
      this.#carry(via, to, () => this.#arrive(message, via, endpoint))
    }
  }

  #arrive(message: Gossip, via: MemberIndex, endpoint: Endpoint): void {
    this.#token += 1
    const token = this.#token
    this.#awaiting.set(token, message)
    if (!endpoint.onFrame(via, 'gossip', message.bytes, token)) this.#awaiting.delete(token)
  }

  #areSpared(a: MemberIndex, b: MemberIndex): boolean {
    return this.#spared.has(a) && this.#spared.has(b)
  }

  #isLost(from: MemberIndex, to: MemberIndex): boolean {
    return this.#random.chance(this.faults.drops) && !this.#areSpared(from, to)
  }

  #carry(from: MemberIndex, to: MemberIndex, arrive: () => void): void {
    const copies = this.#random.chance(this.faults.duplicates) ? 2 : 1
    for (let i = 0; i < copies; i++) {
      const usual = this.#random.int(1, this.faults.delay_ms)
      const isLate = this.#random.chance(this.faults.straggles) && !this.#areSpared(from, to)
      this.#world.after(isLate ? usual * 20 : usual, arrive)
    }
  }

  #noticeAll(): void {
    const members = [...this.#endpoints.keys()]
    for (const a of members) for (const b of members) if (a < b) this.#noticeSoon(a, b)
  }

  #noticeSoon(a: MemberIndex, b: MemberIndex): void {
    for (const [member, other] of [[a, b], [b, a]] as const) {
      this.#world.after(this.#random.int(10, PEER_NOTICE_MS), () => this.#notice(member, other))
    }
  }

  #notice(member: MemberIndex, other: MemberIndex): void {
    const connected = this.isConnected(member, other)
    const key = `${member}<${other}`
    if (this.#endpoints.get(member)?.is_up !== true || (this.#told.get(key) ?? false) === connected) return
    this.#told.set(key, connected)
    this.#endpoints.get(member)?.onPeer(other, connected)
  }
}

/** Tells messages apart: two FNV-1a hashes over the bytes, and their length. */
function idOf(bytes: Uint8Array): string {
  let a = 0x811c_9dc5
  let b = 0x0100_0193
  for (const byte of bytes) {
    a = Math.imul(a ^ byte, 0x0100_0193)
    b = Math.imul(b ^ byte, 0x85eb_ca6b)
  }
  return `${a}/${b}/${bytes.length}`
}
