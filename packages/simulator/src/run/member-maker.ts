/** Makes the members of a world: each one's true process, and what may run beside it on the same key. */
import type { CoreConfig, Federation, Reading } from '@belfry/protocol'
import type { MemberIndex } from '@belfry/protocol/primitives'
import type { BitcoinNetwork } from '../chain/index.ts'
import { type CryptoSuite, portsOf } from '../crypto/index.ts'
import { SimDisk } from '../disk/index.ts'
import { type SimFederation, buildFederation } from '../federation/index.ts'
import { type BesideKind, type MemberModules, type Probe, SimMember } from '../member/index.ts'
import type { SimNetwork } from '../network/index.ts'
import type { PlantedBug } from '../planted/index.ts'
import type { Vaults } from '../shell/index.ts'
import { Random, type World } from '../world/index.ts'
import { combine } from './judge.ts'
import type { Plan } from './plan.ts'

const SNAPSHOT_BYTES = 8 * 1024 * 1024

export interface MakerModules {
  readonly plan: Plan
  readonly planted: PlantedBug | null
  readonly world: World
  readonly suite: CryptoSuite
  readonly built: SimFederation
  readonly owner: CoreConfig['owners'][number]
  readonly network: SimNetwork
  readonly bitcoin: BitcoinNetwork
  readonly vaults: Vaults
  readonly reading: Reading
  /** Looks on at every true process. */
  readonly probe: Required<Probe>
  readonly onReply: MemberModules['onReply']
}

interface Process {
  readonly index: MemberIndex
  readonly disk: SimDisk
  readonly federation: Federation
  readonly is_beside: boolean
}

export class MemberMaker {
  readonly #modules: MakerModules
  #other: Federation | null = null
  /** Second processes so far. */
  #beside = 0

  constructor(modules: MakerModules) {
    this.#modules = modules
  }

  make(index: MemberIndex): SimMember {
    const { built: { federation }, planted, probe } = this.#modules
    const known = planted?.federation?.(federation) ?? federation
    return this.#makeProcess({ index, disk: this.#newDisk(`disk ${index}`), federation: known, is_beside: false }, probe)
  }

  /** What it does is nobody's to judge: not the true member's log, but its key. */
  #makeBeside({ index, disk: copied }: SimMember, kind: BesideKind): SimMember {
    const { built, probe } = this.#modules
    this.#beside += 1
    const disk = this.#newDisk(`disk ${index} of process ${this.#beside}`)
    if (kind === 'second-instance') disk.putBack(copied.load())
    const federation = kind === 'wrong-lock' ? this.#otherFederation() : built.federation
    return this.#makeProcess({ index, disk, federation, is_beside: true }, { ...combine([]), onFatal: probe.onFatal })
  }

  #makeProcess({ index, disk, federation, is_beside }: Process, probe: Required<Probe>): SimMember {
    const { plan, planted, world, suite, built, owner, network, bitcoin, vaults, reading, onReply } = this.#modules
    const { 'clock-offset': offset_ms, 'clock-drift': drift_ppm } = plan.swarm
    const clock = this.#random(`clock ${index}`)
    const node = built.keys.get(index)?.node
    const bitcoind = bitcoin.nodes[index - 1]
    if (!node || !bitcoind) throw new RangeError('every member has keys and a bitcoind')
    return new SimMember(
      {
        config: { federation, self: index, owners: [owner], software: 'belfry/simulated' },
        clock_error: { offset_ms: clock.int(-offset_ms, offset_ms), drift_ppm: clock.between(-drift_ppm, drift_ppm) },
        has_fee_coins: plan.has_fee_coins.has(index),
        is_wayward: plan.wayward.has(index),
        is_beside,
        snapshot_rule: { every_records: plan.snapshot_every, every_bytes: SNAPSHOT_BYTES },
      },
      {
        world,
        random: this.#random(`member ${index}${is_beside ? ` of process ${this.#beside}` : ''}`),
        network,
        bitcoin,
        bitcoind,
        disk,
        vaults,
        ports: portsOf(suite, node),
        reading,
        probe,
        wrapCore: (core, each) => planted?.core?.(core, each) ?? core,
        onReply,
        makeBeside: (each, kind) => this.#makeBeside(each, kind),
      },
    )
  }

  #newDisk(stream: string): SimDisk {
    const { plan: { sync_ms, swarm }, world } = this.#modules
    return new SimDisk({ sync_ms, torn_tails: swarm['torn-tails'] }, { world, random: this.#random(stream) })
  }

  /** With the same members and another lock. */
  #otherFederation(): Federation {
    const { plan, suite } = this.#modules
    this.#other ??= buildFederation({ ...plan, name: 'another' }, { suite, random: this.#random('federation') }).federation
    return this.#other
  }

  #random(stream: string): Random {
    return new Random(this.#modules.plan.seed, stream)
  }
}
