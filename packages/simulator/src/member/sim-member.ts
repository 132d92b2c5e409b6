/** One member under one lock: its disk, machine and bitcoind outlive its process, which runs the production core in the production loop. */
import type { BelfryCore, Channel, CryptoPorts, DurableEffect, Input, OwnerKind, State } from '@belfry/protocol'
import { type MemberIndex, assertNever } from '@belfry/protocol/primitives'
import type { SimBitcoind } from '../chain/index.ts'
import type { SimDisk } from '../disk/index.ts'
import type { Endpoint } from '../network/index.ts'
import type { Shell } from '../shell/index.ts'
import { type Behaviour, HONEST } from './behaviour.ts'
import { Life } from './life.ts'
import type { Adopted } from './ledger-desk.ts'
import type { Machine } from './machine.ts'
import type { BesideKind, MemberModules, MemberOptions } from './modules.ts'
import { type Speech, spokenAs } from './speech.ts'

export class SimMember implements Endpoint {
  readonly index: MemberIndex
  readonly options: MemberOptions
  readonly machine: Machine
  readonly disk: SimDisk
  readonly bitcoind: SimBitcoind
  behaviour: Behaviour = HONEST
  /** An old backup was put back. */
  is_rolled_back = false
  /** What its operator took for signed here, since a backup was put back. */
  adopted: readonly Adopted[] = []
  /** The last life before that; null where nothing was. */
  adopted_in_life: number | null = null
  /** There were two processes at one time. */
  has_run_twice = false
  #stand_in: SimMember | null = null
  readonly #modules: MemberModules
  #life: Life | null = null
  #lives = 0

  /** It has its seat at the machine from now on. */
  constructor(options: MemberOptions, modules: MemberModules) {
    this.index = options.config.self
    this.options = options
    this.machine = modules.machine
    this.disk = modules.disk
    this.bitcoind = modules.bitcoind
    this.#modules = modules
    modules.machine.seats.push(this)
    modules.bitcoind.follow(this.#onBitcoind)
  }

  get is_wayward(): boolean {
    return this.options.is_wayward && this.is_honest
  }

  get is_beside(): boolean {
    return this.options.is_beside
  }

  /** What it signs may conflict, and not by its own fault. */
  get may_contradict(): boolean {
    return this.is_rolled_back || this.has_run_twice
  }

  get stand_in(): SimMember | null {
    return this.#stand_in
  }

  get is_up(): boolean {
    return this.#life !== null
  }

  get is_honest(): boolean {
    return this.behaviour === HONEST
  }

  get speaks(): Speech {
    return this.machine.speaks
  }

  set speaks(speech: Speech) {
    this.machine.speaks = speech
  }

  get clock_jumps(): number {
    return this.machine.clock_jumps
  }

  /** Starts so far. */
  get lives(): number {
    return this.#lives
  }

  /** When its process began, by the world's time; null while it is down. */
  get up_since_ms(): number | null {
    return this.#life?.began_ms ?? null
  }

  /** To be read only; null while it is down, or where its disk has failed and nobody knows what is on it. */
  get state(): State | null {
    const loop = this.#life?.loop
    return loop === undefined || loop.status === 'failed' ? null : loop.state
  }

  get core(): BelfryCore | null {
    return this.#life?.core ?? null
  }

  /** The last record that its core has made in this life; 0 while it is down. */
  get record_index(): number {
    return this.#life?.record_index ?? 0
  }

  get kept_shares(): Shell['kept'] | null {
    return this.#life?.shell.kept ?? null
  }

  /** Signs with its node key: also for a corrupted member that makes messages of its own. */
  get ports(): CryptoPorts {
    return this.#modules.ports
  }

  now(): number | null {
    return this.#life?.clock.now() ?? null
  }

  isLiving(life: Life): boolean {
    return this.#life === life
  }

  /** Its process: for every lock that this machine serves. */
  start(): void {
    for (const seat of this.machine.seats) seat.#begin()
  }

  /** The process dies now, for every lock that this machine serves. */
  crash(): void {
    for (const seat of this.machine.seats) seat.#end()
  }

  #begin(): void {
    if (this.#life !== null) return
    this.#lives += 1
    this.#life = new Life(this, this.#modules)
    this.#life.begin()
  }

  #end(): void {
    const life = this.#life
    if (life === null) return
    this.#modules.probe.onCrash(this)
    life.clock.end()
    this.#life = null
    life.loop.stop()
    this.disk.crash()
    this.#modules.network.changed(this.index, this.is_beside)
  }

  jumpClock(by_ms: number): void {
    this.machine.jumpClock(by_ms)
  }

  runBeside(kind: BesideKind): void {
    if (this.#stand_in !== null) return
    const { network, makeBeside } = this.#modules
    if (kind === 'second-instance') this.has_run_twice = true
    this.#stand_in = makeBeside(this, kind)
    network.join(this.#stand_in)
    this.#stand_in.start()
  }

  endBeside(): void {
    const ended = this.#stand_in
    if (ended === null) return
    this.#stand_in = null
    ended.crash()
    this.bitcoind.unfollow(ended.#onBitcoind)
    this.#modules.network.leave(ended)
  }

  onFrame(peer: MemberIndex, channel: Channel, bytes: Uint8Array, token: number | null): boolean {
    const life = this.#life
    if (life === null) return false
    this.behaviour.onFrame(peer, bytes)
    return this.#offer({ kind: 'frame', at_ms: life.clock.now(), peer, channel, bytes, token })
  }

  onPeer(member: MemberIndex, connected: boolean): void {
    const life = this.#life
    if (life) this.#offer({ kind: 'peer', at_ms: life.clock.now(), member, connected })
  }

  passesOn(): boolean {
    return this.behaviour.passesOn()
  }

  onRequest(request_id: number, peer_id: string, protocol: OwnerKind, bytes: Uint8Array): void {
    const life = this.#life
    if (life) this.#offer({ kind: 'request', at_ms: life.clock.now(), request_id, peer_id, protocol, bytes })
  }

  performDurable(effect: DurableEffect): void {
    this.#modules.probe.onLeaving(this, effect)
    for (const each of this.behaviour.leaving(effect)) this.#leave(spokenAs(this.speaks, each, this))
  }

  #leave(effect: DurableEffect): void {
    const { network, onReply } = this.#modules
    switch (effect.effect) {
      case 'gossip':
        network.publish(this.index, effect.bytes, this.is_beside)
        return
      case 'send':
        network.send(this.index, effect.to, effect.bytes)
        return
      case 'reply':
        onReply(this.index, effect.request_id, effect.bytes)
        return
      case 'unwatch':
        return // what is told of them concerns no vault any more
      case 'broadcast':
        this.#life?.shell.broadcast(effect)
        return
      case 'bump':
        this.#life?.shell.bump(effect)
        return
      default:
        assertNever(effect)
    }
  }

  readonly #onBitcoind = (): void => this.#life?.tellSoon()

  #offer(input: Input): boolean {
    return this.#life?.offer(input) ?? false
  }
}
