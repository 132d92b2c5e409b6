/** Makes the members of a world: each one's true process, and what may run beside it on the same key. */
import type { CoreConfig, Federation, Reading } from '@belfry/protocol'
import type { MemberIndex, VaultId } from '@belfry/protocol/primitives'
import type { BitcoinNetwork } from '../chain/index.ts'
import { type CryptoSuite, portsOf } from '../crypto/index.ts'
import { SimDisk } from '../disk/index.ts'
import { type SimFederation, buildFederation } from '../federation/index.ts'
import { type BesideKind, type Machine, type MemberModules, type Probe, SimMember } from '../member/index.ts'
import type { SimNetwork } from '../network/index.ts'
import type { PlantedBug } from '../planted/index.ts'
import type { Vaults } from '../shell/index.ts'
import type { Random, World } from '../world/index.ts'
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
  /** As the epochs before know a vault that this machine serves. */
  readonly earlierKeys: (machine: Machine, vault_id: VaultId) => ReturnType<MemberModules['earlierKeys']>
  /** Each stream is of this epoch alone. */
  readonly stream: (name: string) => Random
  /** Made where there is none yet. */
  readonly newMachine: (clock: Random) => Machine
}

interface Process {
  readonly index: MemberIndex
  readonly disk: SimDisk
  readonly federation: Federation
  readonly is_beside: boolean
  /** Null: one of its own. */
  readonly machine: Machine | null
}

export class MemberMaker {
  readonly #modules: MakerModules
  #other: Federation | null = null
  /** Second processes so far. */
  #beside = 0

  constructor(modules: MakerModules) {
    this.#modules = modules
  }

  /** @param machine null: one that does not exist yet */
  make(index: MemberIndex, machine: Machine | null): SimMember {
    const { built: { federation }, planted, probe } = this.#modules
    const known = planted?.federation?.(federation) ?? federation
    return this.#makeProcess({ index, disk: this.#newDisk(`disk ${index}`), federation: known, is_beside: false, machine }, probe)
  }

  /** What it does is nobody's to judge: not the true member's log, but its key. */
  #makeBeside({ index, disk: copied }: SimMember, kind: BesideKind): SimMember {
    const { built, probe } = this.#modules
    this.#beside += 1
    const disk = this.#newDisk(`disk ${index} of process ${this.#beside}`)
    if (kind === 'second-instance') disk.putBack(copied.load())
    const federation = kind === 'wrong-lock' ? this.#otherFederation() : built.federation
    return this.#makeProcess({ index, disk, federation, is_beside: true, machine: null }, { ...combine([]), onFatal: probe.onFatal })
  }

  #makeProcess({ index, disk, federation, is_beside, machine }: Process, probe: Required<Probe>): SimMember {
    const { plan, planted, world, suite, built, owner, network, bitcoin, vaults, reading, onReply, earlierKeys, stream, newMachine } = this.#modules
    const number = built.machineOf(index)
    const node = built.keys.get(index)?.node
    const bitcoind = bitcoin.nodes[number - 1]
    if (!node || !bitcoind) throw new RangeError('every member has keys and a bitcoind')
    const at = machine ?? newMachine(stream(`clock ${index}`))
    return new SimMember(
      {
        config: { federation, self: index, owners: [owner], software: 'belfry/simulated' },
        has_fee_coins: plan.has_fee_coins.has(number),
        is_wayward: plan.wayward.has(number),
        is_beside,
        snapshot_rule: { every_records: plan.snapshot_every, every_bytes: SNAPSHOT_BYTES },
      },
      {
        world,
        machine: at,
        earlierKeys: (vault_id) => earlierKeys(at, vault_id),
        random: stream(`member ${index}${is_beside ? ` of process ${this.#beside}` : ''}`),
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
    return new SimDisk({ sync_ms, torn_tails: swarm['torn-tails'] }, { world, random: this.#modules.stream(stream) })
  }

  /** With the same members and another lock. */
  #otherFederation(): Federation {
    const { plan, suite, stream } = this.#modules
    this.#other ??= buildFederation({ ...plan, name: 'another' }, { suite, random: stream('federation') }).federation
    return this.#other
  }
}
