/** One run of a member's process: the production core in the production loop, and what surrounds it until it ends. */
import { type BelfryCore, type Durable, type DurableEffect, type ImmediateEffect, type Input, type Outcome, createCore, watchedOutpoints } from '@belfry/protocol'
import type { LockHash } from '@belfry/protocol/primitives'
import { Loop, type RestoredLog, type RuntimeError, restoreLog } from '@belfry/runtime'
import { SimFollower } from '../chain/index.ts'
import { Shell } from '../shell/index.ts'
import { MemberClock } from '../world/index.ts'
import { ChainTeller } from './chain-teller.ts'
import { performImmediate } from './immediate.ts'
import { coreInputs } from './inputs.ts'
import type { MemberModules, SimLoop } from './modules.ts'
import type { SimMember } from './sim-member.ts'

/** Where the loop has no room, the follower and the shell ask again. */
const RETRY_MS = 5

export class Life {
  readonly clock: MemberClock
  readonly core: BelfryCore
  readonly loop: SimLoop
  readonly shell: Shell
  /** By the world's time. */
  readonly began_ms: number
  readonly #member: SimMember
  readonly #modules: MemberModules
  readonly #log: RestoredLog<Durable>
  readonly #follower: SimFollower
  readonly #teller: ChainTeller
  #record_index: number

  /** Nothing happens before `begin`. */
  constructor(member: SimMember, modules: MemberModules) {
    const { world, machine, ports, reading, random } = modules
    this.#member = member
    this.#modules = modules
    this.began_ms = world.now_ms
    this.clock = new MemberClock(world, machine.clock_error)
    this.core = this.#observed(modules.wrapCore(createCore({ ...member.options.config, next_lock: nextLock(member), refused_locks: [...machine.refused_locks] }, ports, reading), member))
    this.#log = restoreLog(this.core, member.disk.load())
    this.#record_index = Math.max(this.#log.next_index - 1, 0)
    this.shell = this.#newShell()
    this.loop = this.#newLoop()
    this.#follower = this.#newFollower()
    this.#teller = new ChainTeller({
      bitcoind: member.bitcoind,
      follower: this.#follower,
      clock: this.clock,
      random,
      tell: (event) => this.#insist(() => ({ kind: 'chain', at_ms: this.clock.now(), event })),
    })
  }

  /** The last record that its core has made. */
  get record_index(): number {
    return this.#record_index
  }

  begin(): void {
    const { network, probe } = this.#modules
    const { index, is_beside } = this.#member
    probe.onStarted(this.#member, this.#log.durable)
    this.loop.offer({ kind: 'start', at_ms: this.clock.now() })
    this.clock.soon(() => {
      network.changed(index, is_beside)
      this.#teller.tellHealth()
      this.#teller.tellSoon()
    })
  }

  /** Something changed at its bitcoind. */
  tellSoon(): void {
    this.#teller.tellSoon()
  }

  offer(input: Input): boolean {
    const isTaken = this.loop.offer(input)
    if (!isTaken && this.loop.status === 'running') this.#modules.probe.onRefused(this.#member, input)
    return isTaken
  }

  /** For chain events and outcomes, which are never dropped. */
  #insist(input: () => Input): void {
    if (!this.offer(input())) this.clock.after(RETRY_MS, () => this.#insist(input))
  }

  #newLoop(): SimLoop {
    const { probe } = this.#modules
    const member = this.#member
    return new Loop(
      { snapshot_rule: member.options.snapshot_rule },
      {
        core: this.core,
        log: this.#log,
        disk: member.disk,
        clock: this.clock,
        inputs: coreInputs,
        effects: {
          performDurable: ({ effect }: { readonly effect: DurableEffect }) => member.performDurable(effect),
          performImmediate: (effect: ImmediateEffect) => this.#performImmediate(effect),
        },
        observer: { onFatal: (error: RuntimeError) => probe.onFatal(member, error) },
      },
    )
  }

  #performImmediate(effect: ImmediateEffect): void {
    const { probe, network } = this.#modules
    if (!this.#member.isLiving(this)) return
    probe.onImmediate(this.#member, effect)
    performImmediate(effect, {
      shell: this.shell,
      watch: (outpoints) => this.#follower.watch(outpoints),
      onVerdict: (token, verdict) => network.onVerdict(token, verdict),
    })
  }

  #observed(core: BelfryCore): BelfryCore {
    return {
      ...core,
      step: (state, input) => {
        const output = core.step(state, input)
        this.#record_index += output.records.length
        this.#modules.probe.onStep(this.#member, input, output, this.#record_index)
        return output
      },
    }
  }

  #newShell(): Shell {
    const { random, bitcoin, vaults, ports, earlierKeys } = this.#modules
    const member = this.#member
    return new Shell({
      federation: member.options.config.federation,
      self: member.index,
      hasher: ports,
      random,
      clock: this.clock,
      bitcoind: member.bitcoind,
      bitcoin,
      vaults,
      has_fee_coins: member.options.has_fee_coins,
      earlierKeys,
      watch: (outpoints) => {
        this.#follower.watch(outpoints)
        this.#teller.tellSoon()
      },
      offer: (outcome: Outcome) => this.#insist(() => ({ kind: 'outcome', at_ms: this.clock.now(), outcome })),
      distort: (share) => member.behaviour.distort(share),
    })
  }

  #newFollower(): SimFollower {
    const { durable } = this.#log
    const at = durable.position && this.#modules.bitcoin.blockOf(durable.position)
    return new SimFollower({ at, watched: watchedOutpoints(durable) }, { bitcoind: this.#member.bitcoind })
  }
}

/** The lock that follows this one, where its machine serves that, too. */
function nextLock({ machine, options: { config: { federation: { lock_hash } } } }: SimMember): LockHash | null {
  const locks = machine.seats.map(({ options }) => options.config.federation)
  return locks.find(({ previous_lock_hash }) => previous_lock_hash === lock_hash)?.lock_hash ?? null
}
