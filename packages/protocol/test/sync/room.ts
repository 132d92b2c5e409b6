/** Seats that hear each other: whatever leaves one reaches the others that are up, at once and in order. */
import assert from 'node:assert/strict'
import { type MemberIndex, decodeFrame, decodeHeader } from '../../src/index.ts'
import { Seat } from '../core/seat.ts'
import type { Setting, TestVault } from '../core/setting.ts'

export class Room {
  readonly seats = new Map<number, Seat>()
  /** Nothing leaves these and nothing reaches them. */
  readonly down = new Set<number>()
  /** Codes by which members refused each other. */
  readonly verdicts: { readonly at: number; readonly from: number; readonly kind: string; readonly code: string }[] = []
  readonly #vault: TestVault
  readonly #heard = new Map<number, number>()

  /** All members guard the vault, of which the owner has published nothing. */
  constructor(vault: TestVault, setting: Setting) {
    this.#vault = vault
    for (const { index } of setting.federation.members) {
      const seat = new Seat(setting, index)
      seat.begin()
      seat.sendManifest(vault)
      seat.verified(vault)
      this.seats.set(index, seat)
    }
    this.settle()
  }

  at(member: number): Seat {
    return this.seats.get(member) ?? assert.fail()
  }

  get up(): Seat[] {
    return [...this.seats].flatMap(([member, seat]) => (this.down.has(member) ? [] : [seat]))
  }

  /** Until nobody has anything more to say. What members that are down say is lost. */
  settle(): void {
    for (let more = true; more; ) {
      more = false
      for (const [member, seat] of this.seats) {
        const since = this.#heard.get(member) ?? 0
        this.#heard.set(member, seat.outputs.length)
        if (this.down.has(member) || since === seat.outputs.length) continue
        more = true
        seat.work(this.#vault, since)
        this.#heard.set(member, seat.outputs.length)
        this.#deliver(member, seat, since)
      }
    }
  }

  #deliver(from: number, seat: Seat, since: number): void {
    for (const { afterDurable } of seat.outputs.slice(since)) {
      for (const effect of afterDurable) {
        if (effect.effect === 'gossip') for (const [to] of this.seats) this.#hand(from, to, effect.bytes, 'gossip')
        if (effect.effect === 'send') this.#hand(from, effect.to, effect.bytes, 'stream')
      }
    }
  }

  #hand(from: number, to: number, bytes: Uint8Array, channel: 'gossip' | 'stream'): void {
    if (to === from || this.down.has(to)) return
    const code = this.at(to).receive(bytes, from, channel)
    this.verdicts.push({ at: to, from, kind: decodeHeader(decodeFrame(bytes).signed).kind, code })
  }

  /** Some heartbeat periods go by for those that are up. */
  pass(periods = 1): void {
    for (let period = 0; period < periods; period++) {
      for (const seat of this.up) seat.pass(10_000)
      this.settle()
    }
  }

  connect(blocks = 1, spends: Parameters<Seat['connect']>[0] = []): void {
    for (let at = 0; at < blocks; at++) {
      for (const seat of this.up) seat.connect(at === 0 ? spends : [])
      this.settle()
    }
  }

  /** A member is back, with what its disk holds, and catches up with the blocks of another before it hears anybody. */
  back(member: number, like: number, spends: ReadonlyMap<number, Parameters<Seat['connect']>[0]> = new Map()): void {
    const seat = this.at(member)
    const now_ms = this.at(like).now_ms
    seat.now_ms = now_ms
    seat.restart()
    while (seat.height < this.at(like).height) seat.connect(spends.get(seat.height) ?? [])
    this.#heard.set(member, seat.outputs.length)
    this.down.delete(member)
    for (const other of this.up) {
      const index = other.state.config.self
      if (other === seat) continue
      seat.step({ kind: 'peer', member: index, connected: true })
      other.step({ kind: 'peer', member: member as MemberIndex, connected: true })
    }
    this.settle()
  }
}
