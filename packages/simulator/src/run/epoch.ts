/** What belongs to one lock of a simulated world: its network, its members' seats, what the owner enrols under it, and who judges it. */
import type { EnrolmentKeys, Reading } from '@belfry/protocol'
import type { MemberIndex, Outpoint, VaultId } from '@belfry/protocol/primitives'
import { Corrupted, type Strategy } from '../adversary/index.ts'
import type { BitcoinNetwork } from '../chain/index.ts'
import { type CryptoSuite, type KeyPair, portsOf } from '../crypto/index.ts'
import { type Deal, type DealPlan, Owner, type SimFederation, deal } from '../federation/index.ts'
import { Machine, type Probe, type SimMember } from '../member/index.ts'
import { SimNetwork, type Wires } from '../network/index.ts'
import type { PlantedBug } from '../planted/index.ts'
import { Vaults } from '../shell/index.ts'
import { Random, type World } from '../world/index.ts'
import { Judge, combine } from './judge.ts'
import { MemberMaker } from './member-maker.ts'
import type { Plan } from './plan.ts'
import { Statistics } from './statistics.ts'
import { isThorough } from './thorough.ts'
import { Trace } from './trace.ts'

export interface EpochModules {
  readonly plan: Plan
  readonly planted: PlantedBug | null
  readonly world: World
  readonly suite: CryptoSuite
  readonly reading: Reading
  readonly bitcoin: BitcoinNetwork
  readonly wires: Wires
  readonly built: SimFederation
  /** Tells epochs apart: nothing for the first, 1 for the next, and 1b for another that follows the first, too. */
  readonly mark: string
  readonly owner: KeyPair
  /** The newest first. */
  readonly earlier: readonly SimEpoch[]
  readonly trace: ((line: string) => void) | undefined
  /** The process has ended: somebody is to start it again. */
  readonly onDiskFailed: (machine: Machine) => void
  /** A member doubts its disk or its key: somebody is to look after it. */
  readonly onQuarantine: (machine: Machine) => void
}

export const OWNER_PEER = 'simulated-owner'
/** Requests of one client of the owner, at most. */
const REQUESTS = 1_000_000

export class SimEpoch {
  readonly built: SimFederation
  readonly mark: string
  readonly network: SimNetwork
  readonly vaults: Vaults
  readonly statistics: Statistics
  readonly judge: Judge
  readonly trace: Trace | null
  /** Those that have a seat. */
  readonly members = new Map<MemberIndex, SimMember>()
  readonly clients: Owner[] = []
  readonly #modules: EpochModules
  readonly #maker: MemberMaker

  constructor(modules: EpochModules) {
    const { plan, world, built, mark, wires, earlier: [before], reading, trace } = modules
    this.#modules = modules
    this.built = built
    this.mark = mark
    this.trace = trace ? new Trace({ world, write: trace, mark }) : null
    this.network = new SimNetwork({ faults: plan.network }, { world, random: this.stream('network'), wires, machineOf: built.machineOf })
    this.vaults = new Vaults(before?.vaults)
    this.statistics = new Statistics(reading)
    this.judge = this.#newJudge()
    this.#maker = this.#newMaker()
  }

  /** Each is of this epoch alone. */
  stream(name: string): Random {
    const { plan: { seed }, mark } = this.#modules
    return new Random(seed, mark === '' ? name : `epoch ${mark}: ${name}`)
  }

  /** This member serves this lock from its next start on. @param machine null: one that does not exist yet */
  seat(index: MemberIndex, machine: Machine | null): SimMember {
    const member = this.#maker.make(index, machine)
    this.members.set(index, member)
    this.network.join(member)
    return member
  }

  corrupt(member: SimMember, strategies: readonly Strategy[]): void {
    const { world, bitcoin, suite, built } = this.#modules
    const corrupted = new Corrupted(strategies, {
      world,
      member,
      federation: built.federation,
      network: this.network,
      vaults: this.vaults,
      bitcoin,
      random: this.stream(`adversary ${member.index}`),
      hasher: suite,
    })
    member.behaviour = corrupted
    corrupted.begin()
    this.trace?.say(`corrupted: ${strategies.map(({ name }) => name).join()}`, member.index)
  }

  deal(plan: DealPlan, deposit: Outpoint, random: Random): Deal {
    const { suite, owner, built } = this.#modules
    const made = deal(plan, deposit, { federation: built.federation, hasher: suite, random, owner })
    this.vaults.add(made)
    return made
  }

  newClient(made: Deal, random: Random): Owner {
    const { members: all, thresholds: { clawback } } = this.built.federation
    const members = all.map(({ index }) => index).slice(0, this.#modules.plan.swarm.vigils === 'half-enrolled' ? clawback.protected - 1 : all.length)
    const client = new Owner(
      { deal: made, wanted: clawback.protected, first_request: this.clients.length * REQUESTS },
      {
        world: this.#modules.world,
        random,
        members,
        request: (member, request_id, bytes) => this.members.get(member)?.onRequest(request_id, OWNER_PEER, 'enrol', bytes),
      },
    )
    this.clients.push(client)
    return client
  }

  /** What a member of this epoch knows of the vault there: as the node does it (packages/node, epochs/earlier-keys.ts). */
  keysOf(machine: Machine, vault_id: VaultId): EnrolmentKeys | null {
    const vault = machine.seats.find((seat) => this.members.get(seat.index) === seat)?.state?.durable.vaults.get(vault_id)
    return vault?.manifests.find(({ hash }) => hash === vault.active)?.manifest.owner.enrol ?? null
  }

  #newJudge(): Judge {
    const { plan, world, suite, reading, mark, built: { federation, keys, machineOf } } = this.#modules
    const [any] = keys.values()
    if (any === undefined) throw new RangeError('a federation has members')
    return new Judge({
      world,
      federation,
      mark,
      vaults: this.vaults,
      ports: portsOf(suite, any.node),
      reading,
      members: this.members,
      isHonest: (member) => !plan.corrupted.has(machineOf(member)),
      is_calm: plan.is_calm,
      is_lossless: plan.is_calm || plan.swarm.vigils !== null,
      is_thorough: isThorough(plan.seed),
      isConnected: (a, b) => this.network.isConnected(a, b),
    })
  }

  #newMaker(): MemberMaker {
    const { plan, planted, world, suite, built, owner, bitcoin, reading, earlier } = this.#modules
    const probe = combine([...(this.trace ? [this.trace] : []), this.statistics, ...this.judge.watchers, this.#quarantineWatcher()])
    const { 'clock-offset': offset_ms, 'clock-drift': drift_ppm } = plan.swarm
    return new MemberMaker({
      plan,
      planted,
      world,
      suite,
      built,
      owner: { peer_id: OWNER_PEER, root: owner.public },
      network: this.network,
      bitcoin,
      vaults: this.vaults,
      reading,
      probe: { ...probe, onFatal: (member, error) => this.#onFatal(member, error, probe) },
      onReply: (from, request_id, bytes) => {
        for (const client of this.clients) client.onReply(from, request_id, bytes)
      },
      earlierKeys: (machine, vault_id) => earlier.map((epoch) => epoch.keysOf(machine, vault_id)).find((keys) => keys !== null) ?? null,
      stream: (name) => this.stream(name),
      newMachine: (clock) => new Machine({ offset_ms: clock.int(-offset_ms, offset_ms), drift_ppm: clock.between(-drift_ppm, drift_ppm) }),
    })
  }

  #quarantineWatcher(): Probe {
    const { onQuarantine } = this.#modules
    return {
      onStep({ machine }, _input, { records }) {
        if (records.some(({ record }) => record === 'quarantined')) onQuarantine(machine)
      },
      onStarted({ machine }, { quarantine }) {
        if (quarantine !== null) onQuarantine(machine)
      },
    }
  }

  /** A disk that fails ends the process, which somebody starts again; anything else is a bug. */
  #onFatal(member: SimMember, error: Parameters<Required<Probe>['onFatal']>[1], probe: Required<Probe>): void {
    if (error.code !== 'disk-failed') {
      probe.onFatal(member, error)
      return
    }
    this.trace?.say('its disk failed', member.index)
    probe.onDiskFailed(member)
    this.#modules.world.after(0, () => {
      // Another seat of this machine ended it in the same moment.
      if (!member.is_up) return
      member.crash()
      this.#modules.onDiskFailed(member.machine)
    })
  }
}
