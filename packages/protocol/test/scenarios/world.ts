/**
 * Several real cores and what lies between them: frames that are under way, each member's own chain, and which links are cut.
 * Custody is made of stand-ins, as everywhere in these tests. What happens is told line by line.
 */
import assert from 'node:assert/strict'
import {
  type ChainEvent,
  type DurableEffect,
  type ImmediateEffect,
  type MemberIndex,
  type Output,
  type SpendTx,
} from '../../src/index.ts'
import type { Feerate, Outpoint } from '../../src/primitives/index.ts'
import { Seat } from '../core/seat.ts'
import { type Setting, type TestVault, blockAt } from '../core/setting.ts'
import { Names } from './names.ts'
import { describeFrame, describeTell, membersInWords } from './words.ts'

interface Delivery {
  readonly from: number
  readonly to: number
  readonly channel: 'gossip' | 'stream'
  readonly bytes: Uint8Array
}

/** A storm of messages is a bug, and must not keep the test from ending. */
const MAX_DELIVERIES = 20_000

/** What operators are told all the time, and what only counts. */
const UNTOLD: ReadonlySet<string> = new Set([
  'block-connected', 'started', 'chain-state', 'vote-held', 'receipt-held', 'share-held', 'peer-alive', 'wait-ended',
])
export class World {
  readonly setting: Setting
  readonly names = new Names()
  readonly seats: ReadonlyMap<number, Seat>
  readonly down = new Set<number>()
  /** Nothing gets from the one to the other: `from>to`. */
  readonly cut = new Set<string>()
  readonly #mail: Delivery[] = []
  readonly #read = new Map<number, number>()
  /** What was said, by whom: the same words of several members are one line. */
  #told = new Map<string, number[]>()

  constructor(setting: Setting) {
    this.setting = setting
    this.seats = new Map(setting.federation.members.map(({ index }) => [index, new Seat(setting, index)]))
    for (const index of this.seats.keys()) this.#read.set(index, 0)
  }

  /** What was told since this was asked last: in the order in which it was said first. */
  take(): readonly string[] {
    const lines = [...this.#told].map(([line, members]) => `${membersInWords(members)} ${line}`)
    this.#told = new Map()
    return lines
  }

  tell(member: number, line: string): void {
    const words = this.names.within(line)
    const members = this.#told.get(words)
    if (members) members.push(member)
    else this.#told.set(words, [member])
  }

  /** Members that are up, by index; those named must be members. */
  members(named: readonly number[] = [...this.seats.keys()]): readonly [number, Seat][] {
    return named.flatMap((index): [number, Seat][] => {
      const seat = this.seats.get(index)
      assert.ok(seat, `no member ${index}`)
      return this.down.has(index) ? [] : [[index, seat]]
    })
  }

  /** @param height of the next block; null: where tests begin */
  begin(height: number | null): void {
    for (const [, seat] of this.members()) {
      seat.height = height ?? seat.height
      seat.step({ kind: 'start' })
    }
    for (const [index, seat] of this.members()) {
      seat.chain({ event: 'chain-health', state: 'ok', estimate: null, mempool_floor: 0 as Feerate, implementation: `test ${index}` })
      // The chain is where it is: a later epoch's member begins at its tip.
      if (height !== null) seat.height -= 1
      seat.connect()
    }
    this.meet([...this.seats.keys()])
  }

  heal(): void {
    this.cut.clear()
    this.meet([...this.seats.keys()])
  }

  /** Tells members, and those that they reach, that they are connected. */
  meet(members: readonly number[]): void {
    for (const [index] of this.members(members)) {
      for (const [other] of this.members()) {
        if (other === index || this.isCut(index, other) || this.isCut(other, index)) continue
        this.#connected(index, other)
        if (!members.includes(other)) this.#connected(other, index)
      }
    }
    this.settle()
  }

  #connected(member: number, other: number, connected = true): void {
    this.seats.get(member)?.step({ kind: 'peer', member: other as MemberIndex, connected })
  }

  part(members: readonly number[], others: readonly number[]): void {
    for (const a of members) {
      for (const b of others) {
        this.cut.add(`${a}>${b}`).add(`${b}>${a}`)
        if (!this.down.has(a)) this.#connected(a, b, false)
        if (!this.down.has(b)) this.#connected(b, a, false)
      }
    }
    this.settle()
  }

  isCut(from: number, to: number): boolean {
    return this.cut.has(`${from}>${to}`)
  }

  crash(index: number): void {
    this.down.add(index)
    for (const [other] of this.members()) this.#connected(other, index, false)
    this.settle()
  }

  /** With all that it had written, or only the first `kept` records: an older disk. */
  restart(index: number, kept?: number): void {
    const seat = this.seats.get(index)
    assert.ok(seat, `no member ${index}`)
    this.down.delete(index)
    seat.restart(kept)
    // Its own bitcoind tells it again what came after.
    seat.height = (seat.state.durable.position?.height ?? seat.tip) + 1
    seat.chain({ event: 'chain-health', state: 'ok', estimate: null, mempool_floor: 0 as Feerate, implementation: `test ${index}` })
    this.meet([index])
  }

  /** The same at each of these members' bitcoinds. */
  chain(event: ChainEvent, members?: readonly number[]): void {
    for (const [, seat] of this.members(members)) seat.chain(event)
    this.settle()
  }

  connect(spends: readonly { readonly outpoint: Outpoint; readonly tx: SpendTx }[], members?: readonly number[]): void {
    for (const [, seat] of this.members(members)) {
      this.names.addBlock('main', seat.height)
      seat.connect(spends)
    }
    this.settle()
  }

  /** The last block is undone, with the spends that it held. */
  disconnect(spends: readonly { readonly outpoint: Outpoint; readonly tx: SpendTx }[], members?: readonly number[]): void {
    for (const [, seat] of this.members(members)) {
      const block = blockAt(seat.tip)
      for (const { outpoint, tx } of spends) seat.chain({ event: 'spend-unconfirmed', outpoint, txid: tx.txid, block })
      seat.chain({ event: 'block-disconnected', block, previous: blockAt(block.height - 1).hash })
      seat.height -= 1
    }
    this.settle()
  }

  pass(ms: number): void {
    const step_ms = Math.min(ms, this.setting.federation.timing.heartbeat_ms)
    for (let passed = 0; passed < ms; passed += step_ms) {
      for (const [, seat] of this.members()) seat.pass(step_ms)
      this.settle()
    }
  }

  enrol(vault: TestVault, members?: readonly number[]): void {
    for (const [index, seat] of this.members(members)) {
      const [answer] = seat.sendManifest(vault)
      if (answer !== undefined && answer.answer !== 'receipt') this.tell(index, `answers the owner: ${answer.answer}`)
      if (answer === undefined) seat.verified(vault)
    }
    this.settle()
    for (const [, seat] of this.members(members)) seat.publish(vault)
    this.settle()
  }

  /** Hands over all that is under way, and does what the cores ask for, until nothing is left. */
  settle(): void {
    for (let handed = 0; ; handed++) {
      if (handed > MAX_DELIVERIES) throw new RangeError('the members never come to rest')
      this.#collect()
      const next = this.#mail.shift()
      if (next === undefined) return
      const seat = this.seats.get(next.to)
      if (!seat || this.down.has(next.to) || this.isCut(next.from, next.to)) continue
      seat.step({ kind: 'frame', peer: next.from as MemberIndex, channel: next.channel, bytes: next.bytes, token: 1 })
    }
  }

  /** Reads what the cores gave out since. An answer to a core may make it give out more, which is read in the next round. */
  #collect(): void {
    for (let isNew = true; isNew; ) {
      isNew = false
      for (const [index, seat] of this.seats) {
        const from = this.#read.get(index) ?? 0
        const fresh = seat.outputs.slice(from)
        this.#read.set(index, from + fresh.length)
        if (fresh.length > 0) isNew = true
        if (!this.down.has(index)) for (const output of fresh) this.#perform(index, seat, output)
      }
    }
  }

  #perform(index: number, seat: Seat, output: Output): void {
    for (const effect of output.immediate) this.#immediate(index, seat, effect)
    for (const effect of output.afterDurable) this.#durable(index, seat, effect)
  }

  #immediate(index: number, seat: Seat, effect: ImmediateEffect): void {
    switch (effect.effect) {
      case 'tell':
        if (!UNTOLD.has(effect.tell.event)) this.tell(index, describeTell(effect.tell))
        return
      case 'verdict':
        if (effect.verdict === 'reject') this.tell(index, `rejects a ${effect.kind} from ${effect.peer}: ${effect.code}`)
        return
      case 'seal-share': {
        const { incident_id, manifest_hash, envelope_id, to, sealed } = effect
        seat.outcome({ of: 'seal-share', incident_id, manifest_hash, envelope_id, to, sealed })
        return
      }
      case 'open-share': {
        const { incident_id, envelope_id, from } = effect
        seat.outcome({ of: 'open-share', incident_id, envelope_id, from, result: 'good' })
        return
      }
      case 'rebuild': {
        const { incident_id, envelope_id, txid } = effect
        seat.outcome({ of: 'rebuild', incident_id, envelope_id, result: txid ?? 'opened' })
        return
      }
      case 'test-sighting':
        seat.outcome({ of: 'test-sighting', incident_id: effect.incident_id, member: effect.member, sighted: null })
        return
      case 'read-headers':
        seat.outcome({ of: 'read-headers', to: effect.to, headers: [] })
        return
      case 'submit-headers':
        seat.outcome({ of: 'submit-headers', member: effect.member, result: 'unreachable', tip: null, base: null })
        return
      case 'prove-block':
        seat.outcome({ of: 'prove-block', block: effect.block, answers: null })
        return
      default: // what is looked at, watched and forgotten is the shell's
    }
  }

  #durable(index: number, seat: Seat, effect: DurableEffect): void {
    switch (effect.effect) {
      case 'gossip':
        this.tellFrame(index, 'all', effect.bytes)
        for (const to of this.seats.keys()) if (to !== index) this.post({ from: index, to, channel: 'gossip', bytes: effect.bytes })
        return
      case 'send':
        this.tellFrame(index, effect.to, effect.bytes)
        this.post({ from: index, to: effect.to, channel: 'stream', bytes: effect.bytes })
        return
      case 'broadcast': {
        const { incident_id, envelope_id, txid } = effect
        this.tell(index, `broadcasts ${txid}`)
        seat.outcome({ of: 'broadcast', incident_id, envelope_id, txid, answer: 'accepted' })
        return
      }
      default: // replies are read by whoever asks; there are no fee coins here
    }
  }

  post(delivery: Delivery): void {
    this.#mail.push(delivery)
  }

  tellFrame(from: number, to: number | 'all', bytes: Uint8Array): void {
    const words = describeFrame(from, bytes)
    if (words !== null) this.tell(from, `→ ${to} ${words}`)
  }
}
