/**
 * Real cores with real signatures, joined by links of one delay: what a federation's messages cost and how long they take, without
 * faults. Gossip goes as our gossipsub sends it: from its author to all, and on from each to its mesh, where it is a copy.
 */
import { performance } from 'node:perf_hooks'
import { type DurableEffect, type MemberIndex, type Output, decodeFrame, decodeHeader } from '../../packages/protocol/src/index.ts'
import type { Feerate, Millis } from '../../packages/protocol/src/primitives/index.ts'
import { Seat } from '../../packages/protocol/test/core/seat.ts'
import { type TestVault, settingOf, vaultOf } from '../../packages/protocol/test/core/setting.ts'
import { World } from '../../packages/simulator/src/world/index.ts'

/** As in packages/network. */
const MESH_DEGREE = 6

/** Of one member, since it was reset. */
export interface Traffic {
  /** Messages that reached its core. */
  messages: number
  bytes: number
  /** What came to it besides, that it had already: gossipsub drops it unread. */
  copies: number
  copied_bytes: number
  /** Time spent in its core, milliseconds of one processor. */
  cpu_ms: number
  readonly kinds: Map<string, number>
}

export class TimedFederation {
  readonly members: number
  readonly vault: TestVault
  readonly seats: readonly Seat[]
  readonly #world = new World()
  readonly round_trip_ms: number
  readonly #one_way_ms: number
  readonly #wakes = new Map<Seat, Millis>()
  #traffic: Traffic[]
  /** When each member certified first, and when each broadcast, since it was reset. */
  readonly certified = new Map<number, number>()
  readonly broadcast = new Map<number, number>()

  constructor({ members, round_trip_ms }: { readonly members: number; readonly round_trip_ms: number }) {
    this.members = members
    this.round_trip_ms = round_trip_ms
    this.#one_way_ms = round_trip_ms / 2
    const setting = settingOf(members)
    this.seats = setting.federation.members.map(({ index }) => new Seat(setting, index))
    this.vault = vaultOf(setting)
    this.#traffic = this.seats.map(nothing)
  }

  get now_ms(): number {
    return this.#world.now_ms
  }

  /** All are up, know each other and guard a vault; the talk of the beginning is over. */
  begin(): void {
    for (const seat of this.seats) {
      this.#do(seat, () => seat.step({ kind: 'start' }))
      this.#do(seat, () => seat.chain({ event: 'chain-health', state: 'ok', estimate: null, mempool_floor: 0 as Feerate, implementation: 'bench' }))
      this.#do(seat, () => seat.connect())
    }
    for (const seat of this.seats) {
      for (const other of seat.others()) this.#do(seat, () => seat.step({ kind: 'peer', member: other as MemberIndex, connected: true }))
    }
    this.run(60_000)
    for (const seat of this.seats) this.#do(seat, () => seat.enrol(this.vault))
    this.run(60_000)
  }

  /** The same theft in the same block at all. */
  theft(): void {
    for (const seat of this.seats) this.#do(seat, () => seat.theftConfirmed(this.vault))
  }

  run(ms: number): void {
    const end = { isOver: false }
    this.#world.after(ms, () => {
      end.isOver = true
    })
    while (!end.isOver && this.#world.next());
  }

  /** What each member's traffic came to. Counting begins anew. */
  takeTraffic(): readonly Traffic[] {
    const taken = this.#traffic
    this.#traffic = this.seats.map(nothing)
    this.certified.clear()
    this.broadcast.clear()
    return taken
  }

  #do(seat: Seat, act: () => unknown): void {
    const at = this.#at(seat)
    seat.now_ms = EPOCH_MS + this.#world.now_ms
    const before_ms = performance.now()
    act()
    const traffic = this.#traffic[at]
    if (traffic) traffic.cpu_ms += performance.now() - before_ms
    this.#collect(seat)
  }

  #at(seat: Seat): number {
    return seat.state.config.self - 1
  }

  #collect(seat: Seat): void {
    const fresh = seat.outputs.splice(0)
    for (const output of fresh) this.#perform(seat, output)
    const last = fresh.at(-1)
    if (last) this.#wakeAt(seat, last.wake_at_ms)
  }

  #perform(seat: Seat, output: Output): void {
    for (const effect of output.immediate) {
      if (effect.effect === 'tell' && effect.tell.event === 'certified') this.certified.set(this.#at(seat), this.now_ms)
      if (effect.effect === 'seal-share') {
        const { incident_id, manifest_hash, envelope_id, to, sealed } = effect
        this.#do(seat, () => seat.outcome({ of: 'seal-share', incident_id, manifest_hash, envelope_id, to, sealed }))
      } else if (effect.effect === 'open-share') {
        const { incident_id, envelope_id, from } = effect
        this.#do(seat, () => seat.outcome({ of: 'open-share', incident_id, envelope_id, from, result: 'good' }))
      } else if (effect.effect === 'rebuild') {
        const { incident_id, envelope_id, txid } = effect
        this.#do(seat, () => seat.outcome({ of: 'rebuild', incident_id, envelope_id, result: txid ?? 'opened' }))
      }
    }
    for (const effect of output.afterDurable) this.#leave(seat, effect)
  }

  #leave(seat: Seat, effect: DurableEffect): void {
    switch (effect.effect) {
      case 'gossip':
        this.#gossip(seat, effect.bytes)
        return
      case 'send': {
        const to = this.seats[effect.to - 1]
        if (to) this.#carry(seat, to, 'stream', effect.bytes)
        return
      }
      case 'broadcast': {
        const { incident_id, envelope_id, txid } = effect
        this.broadcast.set(this.#at(seat), this.now_ms)
        this.#do(seat, () => seat.outcome({ of: 'broadcast', incident_id, envelope_id, txid, answer: 'accepted' }))
        return
      }
      default: // nobody waits for the others here
    }
  }

  #gossip(from: Seat, bytes: Uint8Array): void {
    const degree = Math.min(this.members - 1, MESH_DEGREE)
    for (const to of this.seats) {
      if (to === from) continue
      this.#carry(from, to, 'gossip', bytes)
      // From each of its mesh that had it from the author: all but the author itself.
      const traffic = this.#traffic[this.#at(to)]
      const copies = Math.min(degree, this.members - 2)
      if (traffic) {
        traffic.copies += copies
        traffic.copied_bytes += copies * bytes.length
      }
    }
  }

  #carry(from: Seat, to: Seat, channel: 'gossip' | 'stream', bytes: Uint8Array): void {
    this.#world.after(this.#one_way_ms, () => {
      const traffic = this.#traffic[this.#at(to)]
      if (traffic) {
        const { kind } = decodeHeader(decodeFrame(bytes).signed)
        traffic.messages += 1
        traffic.bytes += bytes.length
        traffic.kinds.set(kind, (traffic.kinds.get(kind) ?? 0) + 1)
      }
      const peer = from.state.config.self
      this.#do(to, () => to.step({ kind: 'frame', peer, channel, bytes, token: null }))
    })
  }

  /** Calls again when the core asked for it last. */
  #wakeAt(seat: Seat, wake_ms: Millis): void {
    if (this.#wakes.get(seat) === wake_ms) return
    this.#wakes.set(seat, wake_ms)
    this.#world.after(wake_ms - EPOCH_MS - this.#world.now_ms, () => {
      if (this.#wakes.get(seat) !== wake_ms) return
      this.#wakes.delete(seat)
      this.#do(seat, () => seat.step({ kind: 'tick' }))
    })
  }
}

const EPOCH_MS = 1_700_000_000_000

function nothing(): Traffic {
  return { messages: 0, bytes: 0, copies: 0, copied_bytes: 0, cpu_ms: 0, kinds: new Map() }
}
