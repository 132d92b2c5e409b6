/** Streams and gossip between members, with whatever can happen to them on the way. */
import type { Channel, Verdict } from '@belfry/protocol'
import type { MemberIndex } from '@belfry/protocol/primitives'
import type { Random, World } from '../world/index.ts'
import { StreamOrder } from './stream-order.ts'
import { type MachineNumber, Wires } from './wires.ts'

export interface NetworkFaults {
  /** Longest usual delay. */
  readonly delay_ms: number
  /** Chance that a message takes twenty times as long, and so is overtaken. */
  readonly straggles: number
  readonly drops: number
  readonly duplicates: number
  /** Mean time between two messages that are delivered once more, long after; null for none. */
  readonly replay_ms: number | null
}

/** One member's end of the network. */
export interface Endpoint {
  readonly index: MemberIndex
  readonly is_up: boolean
  /** A second process on the same key: the others hear it as that member, and it hears what they tell that member. */
  readonly is_beside?: boolean
  /** False where there was no room for it. With a token a verdict is awaited. */
  onFrame(peer: MemberIndex, channel: Channel, bytes: Uint8Array, token: number | null): boolean
  onPeer(member: MemberIndex, connected: boolean): void
  /** Whether it passes on what it accepted: an honest one always does. */
  passesOn(): boolean
}

interface Gossip {
  readonly bytes: Uint8Array
  /** By place: it has it, or it is on the way there. */
  readonly reached: Uint8Array
}

const PEER_NOTICE_MS = 2_000
/** Larger than any federation: indices count from 1. Second processes have their places above. */
const MEMBER_SLOTS = 65
/** Longer than a life, mostly. */
const REPLAYED_AFTER_MS = 120_000

export class SimNetwork {
  readonly #world: World
  readonly #random: Random
  readonly #endpoints = new Map<number, Endpoint>()
  readonly #streams: Readonly<Record<'loss' | 'duplication' | 'reordering' | 'replay' | 'endings', Random>>
  #next_replay_ms = 0
  readonly #wires: Wires
  readonly #machineOf: (member: MemberIndex) => MachineNumber
  /** What `to` was last told of its connection with `from`, as `to<from`. */
  readonly #told = new Map<string, boolean>()
  readonly #order = new StreamOrder()
  readonly #gossip = new Map<string, Gossip>()
  readonly #awaiting = new Map<number, { readonly message: Gossip; readonly endpoint: Endpoint }>()
  #token = 0

  /** Without `wires` it has its own, and each member's index is its machine's number. */
  constructor(
    options: { faults: NetworkFaults },
    modules: { world: World; random: Random; wires?: Wires; machineOf?: (member: MemberIndex) => MachineNumber },
  ) {
    this.#world = modules.world
    this.#random = modules.random
    const fork = (name: string): Random => modules.random.fork(name)
    this.#streams = {
      loss: fork('loss'),
      duplication: fork('duplication'),
      reordering: fork('reordering'),
      replay: fork('replay'),
      endings: fork('endings'),
    }
    this.#machineOf = modules.machineOf ?? ((member) => member)
    this.#wires = modules.wires ?? new Wires(options.faults)
    this.#wires.onChange((way) => (way === null ? this.#noticeAll() : this.#noticeWay(way)))
  }

  get faults(): NetworkFaults {
    return this.#wires.faults
  }

  set faults(faults: NetworkFaults) {
    this.#wires.faults = faults
  }

  join(endpoint: Endpoint): void {
    this.#endpoints.set(placeOf(endpoint), endpoint)
  }

  /** A second process has ended for good. */
  leave(endpoint: Endpoint): void {
    this.#endpoints.delete(placeOf(endpoint))
    this.changed(endpoint.index)
  }

  /** Between two of these nothing is lost or late any more. */
  spare(members: readonly MemberIndex[]): void {
    // Nor does anything wait any more behind what a stall holds up.
    for (const from of members) for (const index of members) this.#order.forget(from, placeOf({ index, is_beside: false }))
    this.#wires.spare(members.map(this.#machineOf))
  }

  /** A process came up or went down: connections are made, or end. */
  changed(member: MemberIndex, isBeside = false): void {
    const place = placeOf({ index: member, is_beside: isBeside })
    for (const other of this.#members()) {
      if (other === member) continue
      // A process that starts has been told nothing.
      this.#told.set(`${place}<${other}`, false)
      this.#order.forget(other, place)
      this.#noticeSoon(member, other)
    }
    if (!isBeside && this.#endpoints.get(member)?.is_up === false) this.#endStreams(member)
  }

  /** It has died: what it had sent still arrives, or the first part of it; its next life has streams of its own. */
  #endStreams(from: MemberIndex): void {
    const { endings } = this.#streams
    for (const [place, { index }] of this.#endpoints) {
      if (index === from) continue
      if (endings.chance(0.5)) this.#order.streamOf(from, place).end(this.#world.now_ms + endings.int(0, this.faults.delay_ms))
      this.#order.forget(from, place)
    }
  }

  /** Nobody reaches anybody any more, but for those that are spared. */
  setApart(isApart: boolean): void {
    this.#wires.setApart(isApart)
  }

  cut(from: MemberIndex, to: MemberIndex): void {
    this.#wires.cut(this.#machineOf(from), this.#machineOf(to))
  }

  open(from: MemberIndex, to: MemberIndex): void {
    this.#wires.open(this.#machineOf(from), this.#machineOf(to))
  }

  /** For so long nothing arrives on this way; then all of it does. The connection stands. */
  stall(from: MemberIndex, to: MemberIndex, lasts_ms: number): void {
    this.#wires.stall(this.#machineOf(from), this.#machineOf(to), this.#world.now_ms + lasts_ms)
  }

  isConnected(a: MemberIndex, b: MemberIndex): boolean {
    return this.#isUp(a) && this.#isUp(b) && this.#wires.areJoined(this.#machineOf(a), this.#machineOf(b))
  }

  send(from: MemberIndex, to: MemberIndex, bytes: Uint8Array): void {
    if (!this.isConnected(from, to) || !this.#isOpen(from, to) || this.#isStreamLost(from, to)) return
    for (const endpoint of this.#processesOf(to)) {
      this.#carry(from, to, (delay_ms) => {
        const { now_ms } = this.#world
        const stream = this.#order.streamOf(from, placeOf(endpoint))
        this.#world.after(stream.arrival(now_ms + delay_ms) - now_ms, () => {
          if (stream.hasEnded(this.#world.now_ms)) return
          endpoint.onFrame(from, 'stream', bytes, null)
          this.#remember(from, endpoint, 'stream', bytes)
        })
      })
    }
  }

  /** The same bytes again reach only those that they have not reached. */
  publish(from: MemberIndex, bytes: Uint8Array, isBeside = false): void {
    const id = idOf(bytes)
    const message = this.#gossip.get(id) ?? { bytes, reached: new Uint8Array(2 * MEMBER_SLOTS) }
    this.#gossip.set(id, message)
    const sender = { index: from, is_beside: isBeside }
    message.reached[placeOf(sender)] = 1
    this.#spread(message, sender)
  }

  /** What the member's core said of a message that came by gossip: only what it accepted goes on from there. */
  onVerdict(_member: MemberIndex, token: number, verdict: Verdict): void {
    const awaited = this.#awaiting.get(token)
    this.#awaiting.delete(token)
    if (awaited && verdict === 'accept' && awaited.endpoint.passesOn()) this.#spread(awaited.message, awaited.endpoint)
  }

  #members(): MemberIndex[] {
    return [...this.#endpoints.values()].flatMap(({ index, is_beside }) => (is_beside ? [] : [index]))
  }

  #processesOf(member: MemberIndex): Endpoint[] {
    const [first, second] = [this.#endpoints.get(member), this.#endpoints.get(MEMBER_SLOTS + member)]
    return [...(first ? [first] : []), ...(second ? [second] : [])]
  }

  #isUp(member: MemberIndex): boolean {
    return this.#endpoints.get(member)?.is_up === true || this.#endpoints.get(MEMBER_SLOTS + member)?.is_up === true
  }

  #spread(message: Gossip, via: Pick<Endpoint, 'index' | 'is_beside'>): void {
    for (const [place, endpoint] of this.#endpoints) {
      const to = endpoint.index
      if (to === via.index || message.reached[place] === 1 || !endpoint.is_up) continue
      if (!this.isConnected(via.index, to) || !this.#isOpen(via.index, to)) continue
      // Lost on this way; another member may still pass it on.
      if (this.#isLost(via.index, to)) continue
      message.reached[place] = 1
      this.#carry(via.index, to, (delay_ms) => {
        this.#world.after(delay_ms, () => {
          this.#arrive(message, via.index, endpoint)
          this.#remember(via.index, endpoint, 'gossip', message.bytes)
        })
      })
    }
  }

  #arrive(message: Gossip, via: MemberIndex, endpoint: Endpoint): void {
    this.#token += 1
    const token = this.#token
    this.#awaiting.set(token, { message, endpoint })
    if (!endpoint.onFrame(via, 'gossip', message.bytes, token)) this.#awaiting.delete(token)
  }

  /** Now and then one that was delivered is delivered again long after, by the same way. */
  #remember(from: MemberIndex, to: Endpoint, channel: Channel, bytes: Uint8Array): void {
    const { replay_ms } = this.faults
    if (replay_ms === null || this.#world.now_ms < this.#next_replay_ms) return
    const { replay } = this.#streams
    this.#next_replay_ms = this.#world.now_ms + replay.exponential(replay_ms)
    this.#world.after(replay.exponential(REPLAYED_AFTER_MS), () => {
      if (to.is_up && this.isConnected(from, to.index) && this.#isOpen(from, to.index)) to.onFrame(from, channel, bytes, null)
    })
  }

  #isOpen(from: MemberIndex, to: MemberIndex): boolean {
    return this.#wires.links.isOpen(this.#machineOf(from), this.#machineOf(to))
  }

  #areSpared(a: MemberIndex, b: MemberIndex): boolean {
    return this.#wires.areSpared(this.#machineOf(a), this.#machineOf(b))
  }

  #isLost(from: MemberIndex, to: MemberIndex): boolean {
    return this.#streams.loss.chance(this.faults.drops) && !this.#areSpared(from, to)
  }

  #isStreamLost(from: MemberIndex, to: MemberIndex): boolean {
    const { now_ms } = this.#world
    if (this.#isLost(from, to)) this.#order.lose(from, to, now_ms)
    return this.#order.isLost(from, to, now_ms) && !this.#areSpared(from, to)
  }

  /** Each copy of a message, with its time on the way. */
  #carry(from: MemberIndex, to: MemberIndex, send: (delay_ms: number) => void): void {
    const copies = this.#streams.duplication.chance(this.faults.duplicates) ? 2 : 1
    const areSpared = this.#areSpared(from, to)
    const stalled_ms = areSpared ? 0 : Math.max(0, this.#wires.stalledUntil(this.#machineOf(from), this.#machineOf(to)) - this.#world.now_ms)
    for (let i = 0; i < copies; i++) {
      const usual = this.#random.int(1, this.faults.delay_ms)
      const isLate = this.#streams.reordering.chance(this.faults.straggles) && !areSpared
      send(stalled_ms + (isLate ? usual * 20 : usual))
    }
  }

  #noticeAll(): void {
    const members = this.#members()
    for (const a of members) for (const b of members) if (a < b) this.#noticeSoon(a, b)
  }

  #noticeWay(way: readonly [MachineNumber, MachineNumber]): void {
    const [from, to] = way.map((machine) => this.#members().find((member) => this.#machineOf(member) === machine))
    if (from !== undefined && to !== undefined) this.#noticeSoon(from, to)
  }

  #noticeSoon(a: MemberIndex, b: MemberIndex): void {
    for (const [member, other] of [[a, b], [b, a]] as const) {
      this.#world.after(this.#random.int(10, PEER_NOTICE_MS), () => this.#notice(member, other))
    }
  }

  #notice(member: MemberIndex, other: MemberIndex): void {
    const connected = this.isConnected(member, other)
    for (const endpoint of this.#processesOf(member)) {
      const key = `${placeOf(endpoint)}<${other}`
      if (!endpoint.is_up || (this.#told.get(key) ?? false) === connected) continue
      this.#told.set(key, connected)
      endpoint.onPeer(other, connected)
    }
  }
}

function placeOf({ index, is_beside }: Pick<Endpoint, 'index' | 'is_beside'>): number {
  return is_beside ? MEMBER_SLOTS + index : index
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
