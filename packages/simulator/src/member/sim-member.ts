/** One member: its disk, clock and bitcoind outlive its process, which runs the production core in the production loop. */
import {
  type BelfryCore,
  type CoreConfig,
  type CryptoPorts,
  type Channel,
  type Durable,
  type DurableEffect,
  type ImmediateEffect,
  type Input,
  type LogRecord,
  type OwnerKind,
  type Reading,
  type State,
  createCore,
  watchedOutpoints,
} from '@belfry/protocol'
import { type MemberIndex, assertNever } from '@belfry/protocol/primitives'
import { Loop, type RestoredLog, type SnapshotRule, restoreLog } from '@belfry/runtime'
import { type BitcoinNetwork, type SimBitcoind, SimFollower } from '../chain/index.ts'
import type { SimDisk } from '../disk/index.ts'
import type { Endpoint, SimNetwork } from '../network/index.ts'
import { Shell, type Vaults } from '../shell/index.ts'
import { type ClockError, MemberClock, type Random, type World } from '../world/index.ts'
import { type Behaviour, HONEST } from './behaviour.ts'
import { ChainTeller } from './chain-teller.ts'
import { performImmediate } from './immediate.ts'
import { coreInputs } from './inputs.ts'
import type { Probe } from './probe.ts'
import { type Speech, spokenAs } from './speech.ts'

export type SimLoop = Loop<State, Durable, Input, LogRecord, DurableEffect, ImmediateEffect>

export interface MemberOptions {
  /** With the federation as this member knows it. */
  readonly config: CoreConfig
  readonly clock_error: ClockError
  readonly snapshot_rule: SnapshotRule
  readonly has_fee_coins: boolean
  /** What it signs may come to conflict: its disk may be put back, or a second process run on its key. */
  readonly is_wayward: boolean
  /** It is that second process. */
  readonly is_beside: boolean
}

export interface MemberModules {
  readonly world: World
  readonly random: Random
  readonly network: SimNetwork
  readonly bitcoin: BitcoinNetwork
  readonly bitcoind: SimBitcoind
  readonly disk: SimDisk
  readonly vaults: Vaults
  readonly ports: CryptoPorts
  readonly reading: Reading
  readonly probe: Required<Probe>
  /** Where a planted bug sits; the core itself otherwise. */
  readonly wrapCore: (core: BelfryCore, member: SimMember) => BelfryCore
  /** A process on the same key and beside the same bitcoind. */
  readonly makeBeside: (member: SimMember, kind: BesideKind) => SimMember
  readonly onReply: (member: MemberIndex, request_id: number, bytes: Uint8Array) => void
}

/** `wrong-lock`: of another federation, with data of its own. `second-instance`: on a copy of the member's data. */
export type BesideKind = 'wrong-lock' | 'second-instance'

/** One run of the process. */
interface Life {
  readonly clock: MemberClock
  readonly core: BelfryCore
  readonly loop: SimLoop
  readonly shell: Shell
  readonly follower: SimFollower
  readonly teller: ChainTeller
}

/** Where the loop has no room, the follower and the shell ask again. */
const RETRY_MS = 5

export class SimMember implements Endpoint {
  readonly index: MemberIndex
  readonly options: MemberOptions
  readonly disk: SimDisk
  readonly bitcoind: SimBitcoind
  behaviour: Behaviour = HONEST
  /** The message version that it signs with. */
  speaks: Speech = 'common'
  /** An old backup was put back. */
  is_rolled_back = false
  clock_jumps = 0
  /** There were two processes at one time. */
  has_run_twice = false
  readonly #clock_error: { offset_ms: number; drift_ppm: number }
  #stand_in: SimMember | null = null
  readonly #modules: MemberModules
  #life: Life | null = null
  /** Of this life, the last record that its core has made. */
  #record_index = 0
  #lives = 0

  constructor(options: MemberOptions, modules: MemberModules) {
    this.index = options.config.self
    this.options = options
    this.#clock_error = { ...options.clock_error }
    this.disk = modules.disk
    this.bitcoind = modules.bitcoind
    this.#modules = modules
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

  /** Starts so far. */
  get lives(): number {
    return this.#lives
  }

  /** To be read only; null while it is down, or where its disk has failed and nobody knows what is on it. */
  get state(): State | null {
    const loop = this.#life?.loop
    return loop === undefined || loop.status === 'failed' ? null : loop.state
  }

  get core(): BelfryCore | null {
    return this.#life?.core ?? null
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

  start(): void {
    if (this.#life !== null) return
    const { world, probe, ports, reading } = this.#modules
    this.#lives += 1
    const clock = new MemberClock(world, this.#clock_error)
    const core = this.#observed(this.#modules.wrapCore(createCore(this.options.config, ports, reading), this))
    const log = restoreLog(core, this.disk.load())
    this.#record_index = Math.max(log.next_index - 1, 0)
    const shell = this.#newShell(clock)
    const loop: SimLoop = new Loop(
      { snapshot_rule: this.options.snapshot_rule },
      {
        core,
        log,
        disk: this.disk,
        clock,
        inputs: coreInputs,
        effects: {
          performDurable: ({ effect }) => this.performDurable(effect),
          performImmediate: (effect) => this.#performImmediate(effect),
        },
        observer: { onFatal: (error) => this.#modules.probe.onFatal(this, error) },
      },
    )
    const follower = this.#newFollower(log)
    const teller = new ChainTeller({
      bitcoind: this.bitcoind,
      follower,
      clock,
      random: this.#modules.random,
      tell: (event) => this.#insist(() => ({ kind: 'chain', at_ms: clock.now(), event })),
    })
    this.#life = { clock, core, loop, shell, follower, teller }
    probe.onStarted(this, log.durable)
    loop.offer({ kind: 'start', at_ms: clock.now() })
    clock.soon(() => {
      this.#modules.network.changed(this.index, this.is_beside)
      teller.tellHealth()
      teller.tellSoon()
    })
  }

  /** The process dies now. */
  crash(): void {
    const life = this.#life
    if (life === null) return
    this.#modules.probe.onCrash(this)
    life.clock.end()
    this.#life = null
    life.loop.stop()
    this.disk.crash()
    this.#modules.network.changed(this.index, this.is_beside)
  }

  /** For good: also in lives to come. */
  jumpClock(by_ms: number): void {
    this.clock_jumps += 1
    this.#clock_error.offset_ms += by_ms
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

  #performImmediate(effect: ImmediateEffect): void {
    const life = this.#life
    if (life === null) return
    this.#modules.probe.onImmediate(this, effect)
    performImmediate(effect, {
      shell: life.shell,
      watch: (outpoints) => life.follower.watch(outpoints),
      onVerdict: (token, verdict) => this.#modules.network.onVerdict(this.index, token, verdict),
    })
  }

  #observed(core: BelfryCore): BelfryCore {
    return {
      ...core,
      step: (state, input) => {
        const output = core.step(state, input)
        this.#record_index += output.records.length
        this.#modules.probe.onStep(this, input, output, this.#record_index)
        return output
      },
    }
  }

  #newShell(clock: MemberClock): Shell {
    const { random, bitcoin, vaults, ports } = this.#modules
    return new Shell({
      federation: this.options.config.federation,
      self: this.index,
      hasher: ports,
      random,
      clock,
      bitcoind: this.bitcoind,
      bitcoin,
      vaults,
      has_fee_coins: this.options.has_fee_coins,
      watch: (outpoints) => {
        this.#life?.follower.watch(outpoints)
        this.#life?.teller.tellSoon()
      },
      offer: (outcome) => this.#insist(() => ({ kind: 'outcome', at_ms: clock.now(), outcome })),
      distort: (share) => this.behaviour.distort(share),
    })
  }

  #newFollower({ durable }: RestoredLog<Durable>): SimFollower {
    const at = durable.position && this.#modules.bitcoin.blockOf(durable.position)
    return new SimFollower({ at, watched: watchedOutpoints(durable) }, { bitcoind: this.bitcoind })
  }

  readonly #onBitcoind = (): void => this.#life?.teller.tellSoon()

  #offer(input: Input): boolean {
    const loop = this.#life?.loop
    const isTaken = loop?.offer(input) ?? false
    if (!isTaken && loop?.status === 'running') this.#modules.probe.onRefused(this, input)
    return isTaken
  }

  /** For chain events and outcomes, which are never dropped. */
  #insist(input: () => Input): void {
    const life = this.#life
    if (life === null || this.#offer(input())) return
    life.clock.after(RETRY_MS, () => this.#insist(input))
  }
}
