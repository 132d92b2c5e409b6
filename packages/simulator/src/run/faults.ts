/** What goes wrong by itself, class by class as the seed has drawn them; sieges; and how all of it ends for a core of members. */
import type { MemberIndex } from '@belfry/protocol/primitives'
import type { BitcoinNetwork, SimBitcoind } from '../chain/index.ts'
import type { SimMember } from '../member/index.ts'
import type { SimNetwork } from '../network/index.ts'
import type { Random, World } from '../world/index.ts'
import { eclipse, feeRise, outage, stuck } from './mishaps/chain.ts'
import { jump } from './mishaps/clock.ts'
import { fullDisk, oldDisk, restore } from './mishaps/disk.ts'
import type { Mishap, MishapTools } from './mishaps/mishap.ts'
import { oneWayPartition, partition, stall } from './mishaps/network.ts'
import { beginVigil } from './mishaps/vigil.ts'
import { otherVersion, secondInstance, wrongLock } from './mishaps/operators.ts'
import type { Siege } from './plan.ts'
import type { FaultClass, Spell, Swarm } from './swarm.ts'

export interface FaultModules {
  readonly world: World
  /** One for each class, so that none changes what another draws. */
  readonly stream: (name: string) => Random
  readonly network: SimNetwork
  readonly bitcoin: BitcoinNetwork
  readonly members: readonly SimMember[]
  readonly say: (what: string, member?: MemberIndex) => void
  /** From then on nothing new goes wrong by itself. */
  readonly calm_from_ms: number
}

/** Those that come in spells, all of them alike; crashes and jumping clocks go their own ways. */
const MISHAPS = {
  partitions: partition,
  'one-way-partitions': oneWayPartition,
  stalls: stall,
  'full-disks': fullDisk,
  'old-disks': oldDisk,
  restores: restore,
  'fee-rises': feeRise,
  stuck,
  eclipses: eclipse,
  'other-versions': otherVersion,
  'wrong-locks': wrongLock,
  'second-instances': secondInstance,
} as const satisfies Partial<Record<FaultClass, Mishap>>

/** Blocks after a theft was confirmed, in a siege that is late: its early voters are gone; another sees it, by when their votes count with none of its own; all do. */
const GONE_AT = 3
const SEEN_LATE_AT = 16
const SEEN_BY_ALL_AT = 20

export class Faults {
  readonly #swarm: Swarm
  readonly #modules: FaultModules
  /** Nothing goes wrong any more with these, nor between two of them. */
  #spared: ReadonlySet<MemberIndex> = new Set()
  readonly #held_down = new Set<MemberIndex>()
  /** For good. */
  readonly #dead = new Set<MemberIndex>()
  readonly #held_blind = new Set<SimBitcoind>()
  /** What lasts at present, and how it is put right. */
  readonly #ends = new Map<MemberIndex, Set<() => void>>()
  readonly #restarts: Random
  #late: { readonly early: readonly SimMember[]; readonly rest: readonly SimMember[] } | null = null

  constructor(swarm: Swarm, modules: FaultModules) {
    this.#swarm = swarm
    this.#modules = modules
    this.#restarts = modules.stream('restarts')
  }

  begin(): void {
    const { members } = this.#modules
    for (const [name, mishap] of Object.entries(MISHAPS) as [keyof typeof MISHAPS, Mishap][]) {
      const spell = this.#swarm[name]
      if (spell !== null) this.#strike(name, spell, mishap)
    }
    const { crashes, outages, 'clock-jumps': jumps, vigils } = this.#swarm
    if (vigils !== null) beginVigil(this.#tools(this.#stream('vigils')), vigils)
    for (const member of members) {
      // Of each member alone: that many members, that many of these.
      if (crashes !== null) this.#repeat(this.#stream(`crashes ${member.index}`), crashes.every_ms, (random) => this.#crash(member, random))
      if (outages !== null) this.#strike(`outages ${member.index}`, outages, (tools, lasts_ms) => outage({ ...tools, members: [member] }, lasts_ms))
    }
    if (jumps !== null) this.#repeat(this.#stream('clock-jumps'), jumps.every_ms, (random) => jump(this.#tools(random), jumps.most_ms))
  }

  /** What went wrong with these is put right, and they are left alone from now on. */
  spare(members: readonly MemberIndex[]): void {
    this.#spared = new Set(members)
    const { network, bitcoin } = this.#modules
    bitcoin.censors = false
    for (const member of this.#modules.members) {
      if (!this.#spared.has(member.index)) continue
      for (const end of this.#ends.get(member.index) ?? []) end()
      this.#held_down.delete(member.index)
      this.#held_blind.delete(member.bitcoind)
      member.disk.fails_next = false
      member.start()
      if (!member.bitcoind.is_up) member.bitcoind.start(true)
      for (const other of members) if (other !== member.index) network.open(member.index, other)
    }
  }

  /** From now on the federation can do nothing, until `spare` ends it for some. `needed`: members for a clawback. */
  besiege(siege: Siege, needed: number): void {
    const { members, network, bitcoin, stream, say } = this.#modules
    say(`siege: ${siege}`)
    if (siege === 'apart') network.setApart(true)
    if (siege === 'censored') bitcoin.censors = true
    if (siege === 'down') {
      const random = stream('siege')
      const least = members.length - needed + 1
      for (const member of random.sample(members, random.int(least, members.length))) this.#holdDown(member)
    }
    if (siege === 'blind') this.#blind(members)
    if (siege === 'late') {
      const mixed = stream('late siege').sample(members)
      this.#late = { early: mixed.slice(0, needed - 1), rest: mixed.slice(needed - 1) }
      this.#blind(this.#late.rest)
    }
  }

  /** It never comes back. */
  bury(member: SimMember): void {
    this.#dead.add(member.index)
    member.crash()
  }

  isDead(member: MemberIndex): boolean {
    return this.#dead.has(member)
  }

  isSpared(member: MemberIndex): boolean {
    return this.#spared.has(member)
  }

  /** Nobody starts it, for now or for good. */
  isHeldDown(member: MemberIndex): boolean {
    return this.#held_down.has(member) || this.#dead.has(member)
  }

  /** So many blocks after the theft was confirmed. */
  onTheftDepth(blocks: number): void {
    if (this.#late === null) return
    const { early, rest: [next, ...rest] } = this.#late
    if (blocks >= GONE_AT) for (const member of early) this.#holdDown(member)
    if (blocks < SEEN_LATE_AT || next === undefined || this.#spared.size > 0) return
    this.#late = { early: [], rest: blocks < SEEN_BY_ALL_AT ? [next, ...rest] : rest }
    this.#held_blind.delete(next.bitcoind)
    if (!next.bitcoind.is_up) next.bitcoind.start(true)
  }

  #blind(members: readonly SimMember[]): void {
    for (const { bitcoind } of members) {
      this.#held_blind.add(bitcoind)
      bitcoind.stop()
    }
  }

  #holdDown(member: SimMember): void {
    if (this.#spared.has(member.index) || this.#held_down.has(member.index)) return
    this.#held_down.add(member.index)
    member.crash()
  }

  /** It comes back after a while, at once where it is spared. */
  restartLater(member: SimMember): void {
    const down_ms = this.#spared.has(member.index) ? 0 : this.#restarts.exponential(this.#swarm.crashes?.lasts_ms ?? 1_000)
    this.#modules.world.after(down_ms, () => {
      if (!this.isHeldDown(member.index)) member.start()
    })
  }

  #stream(name: string): Random {
    return this.#modules.stream(`strikes of ${name}`)
  }

  #strike(name: string, { every_ms, lasts_ms }: Spell, mishap: Mishap): void {
    this.#repeat(this.#stream(name), every_ms, (random) => mishap(this.#tools(random), lasts_ms))
  }

  #repeat(random: Random, mean_ms: number, act: (random: Random) => void): void {
    const { world, calm_from_ms } = this.#modules
    world.after(random.exponential(mean_ms), () => {
      if (world.now_ms >= calm_from_ms) return
      act(random)
      this.#repeat(random, mean_ms, act)
    })
  }

  #tools(random: Random): MishapTools {
    const { world, network, bitcoin, members, say } = this.#modules
    return {
      world,
      random,
      network,
      bitcoin,
      members,
      say,
      isSpared: (member) => this.isSpared(member),
      isHeldDown: (member) => this.isHeldDown(member),
      isHeldBlind: (bitcoind) => this.#held_blind.has(bitcoind),
      lasting: (member, lasts_ms, end) => this.#lasting(member, random.exponential(lasts_ms), end),
      restartLater: (member) => this.restartLater(member),
    }
  }

  #lasting({ index }: SimMember, lasts_ms: number, end: () => void): void {
    const ends = this.#ends.get(index) ?? new Set<() => void>()
    const endOnce = (): void => {
      if (ends.delete(endOnce)) end()
    }
    this.#ends.set(index, ends.add(endOnce))
    this.#modules.world.after(lasts_ms, endOnce)
  }

  #crash(member: SimMember, random: Random): void {
    const { world } = this.#modules
    if (!member.is_up || this.#spared.has(member.index)) return
    if (random.chance(this.#swarm['disk-errors'])) {
      member.disk.fails_next = true
      return
    }
    const die = (): void => {
      if (!member.is_up || this.#spared.has(member.index)) return
      member.crash()
      this.restartLater(member)
    }
    // Half of them in the middle of a write: that is where most can go wrong.
    if (random.chance(0.5)) die()
    else member.disk.onNextWrite = () => world.after(0, die)
  }
}
