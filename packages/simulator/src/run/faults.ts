/** What goes wrong by itself: crashes, failing disks, partitions, bitcoinds that are gone for a while. */
import type { MemberIndex } from '@belfry/protocol/primitives'
import type { BitcoinNetwork, SimBitcoind } from '../chain/index.ts'
import type { SimMember } from '../member/index.ts'
import type { SimNetwork } from '../network/index.ts'
import type { Random, World } from '../world/index.ts'
import type { ProcessFaults, Siege } from './plan.ts'

export interface FaultModules {
  readonly world: World
  readonly random: Random
  readonly network: SimNetwork
  readonly bitcoin: BitcoinNetwork
  readonly members: readonly SimMember[]
  readonly say: (what: string, member?: MemberIndex) => void
}

export class Faults {
  readonly #options: ProcessFaults
  readonly #modules: FaultModules
  /** Nothing goes wrong any more with these, nor between two of them. */
  #spared: ReadonlySet<MemberIndex> = new Set()
  readonly #held_down = new Set<MemberIndex>()
  readonly #held_blind = new Set<SimBitcoind>()

  constructor(options: ProcessFaults, modules: FaultModules) {
    this.#options = options
    this.#modules = modules
  }

  begin(): void {
    const { crash_ms, partition_ms, outage_ms } = this.#options
    for (const member of this.#modules.members) {
      this.#repeat(crash_ms, () => this.#crash(member))
      this.#repeat(outage_ms, () => this.#outage(member))
    }
    this.#repeat(partition_ms, () => this.#partition())
  }

  /** What went wrong with these is put right, and they are left alone from now on. */
  spare(members: readonly MemberIndex[]): void {
    this.#spared = new Set(members)
    const { network, bitcoin } = this.#modules
    bitcoin.censors = false
    for (const member of this.#modules.members) {
      if (!this.#spared.has(member.index)) continue
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
    const { members, network, bitcoin, random, say } = this.#modules
    say(`siege: ${siege}`)
    if (siege === 'apart') network.setApart(true)
    if (siege === 'censored') bitcoin.censors = true
    if (siege === 'down') {
      const least = members.length - needed + 1
      for (const member of random.sample(members, random.int(least, members.length))) {
        this.#held_down.add(member.index)
        member.crash()
      }
    }
    if (siege === 'blind') {
      for (const { bitcoind } of members) {
        this.#held_blind.add(bitcoind)
        bitcoind.stop()
      }
    }
  }

  /** It comes back after a while, at once where it is spared. */
  restartLater(member: SimMember): void {
    const { world, random } = this.#modules
    const down_ms = this.#spared.has(member.index) ? 0 : random.exponential(this.#options.down_ms)
    world.after(down_ms, () => {
      if (!this.#held_down.has(member.index)) member.start()
    })
  }

  #repeat(mean_ms: number | null, act: () => void): void {
    if (mean_ms === null) return
    const { world, random } = this.#modules
    world.after(random.exponential(mean_ms), () => {
      act()
      this.#repeat(mean_ms, act)
    })
  }

  #crash(member: SimMember): void {
    const { world, random } = this.#modules
    if (!member.is_up || this.#spared.has(member.index)) return
    if (random.chance(this.#options.disk_fails)) {
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

  #outage(member: SimMember): void {
    const { world, random, say } = this.#modules
    if (!member.bitcoind.is_up || this.#spared.has(member.index)) return
    say('its bitcoind is gone', member.index)
    member.bitcoind.stop()
    const keepsMempool = random.chance(0.5)
    world.after(random.exponential(this.#options.outage_lasts_ms), () => {
      if (!member.bitcoind.is_up && !this.#held_blind.has(member.bitcoind)) member.bitcoind.start(keepsMempool)
    })
  }

  #partition(): void {
    const { world, random, network, members, say } = this.#modules
    const indices = members.map(({ index }) => index)
    const side = random.sample(indices, random.int(1, Math.max(1, indices.length - 1)))
    const others = indices.filter((index) => !side.includes(index))
    const isOneWay = random.chance(0.3)
    const ways = side.flatMap((from) => others.flatMap((to) => (isOneWay ? [[from, to]] : [[from, to], [to, from]])))
    const cut = ways.flatMap(([from, to]) => (from && to && !this.#areSpared(from, to) ? [{ from, to }] : []))
    say(`${isOneWay ? 'one-way ' : ''}partition ${side.join()} from ${others.join()}`)
    for (const { from, to } of cut) network.cut(from, to)
    world.after(random.exponential(this.#options.partition_lasts_ms), () => {
      for (const { from, to } of cut) network.open(from, to)
    })
  }

  #areSpared(a: MemberIndex, b: MemberIndex): boolean {
    return this.#spared.has(a) && this.#spared.has(b)
  }
}
