/** What a simulated member is made of. */
import type {
  BelfryCore,
  CoreConfig,
  CryptoPorts,
  Durable,
  DurableEffect,
  EnrolmentKeys,
  ImmediateEffect,
  Input,
  LogRecord,
  Reading,
  State,
} from '@belfry/protocol'
import type { MemberIndex, VaultId } from '@belfry/protocol/primitives'
import type { Loop, SnapshotRule } from '@belfry/runtime'
import type { BitcoinNetwork, SimBitcoind } from '../chain/index.ts'
import type { SimDisk } from '../disk/index.ts'
import type { SimNetwork } from '../network/index.ts'
import type { Vaults } from '../shell/index.ts'
import type { Random, World } from '../world/index.ts'
import type { Machine } from './machine.ts'
import type { Probe } from './probe.ts'
import type { SimMember } from './sim-member.ts'

export type SimLoop = Loop<State, Durable, Input, LogRecord, DurableEffect, ImmediateEffect>

export interface MemberOptions {
  /** With the federation as this member knows it. */
  readonly config: CoreConfig
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
  /** Where it has a seat; it may have one for another lock there, too. */
  readonly machine: Machine
  readonly network: SimNetwork
  readonly bitcoin: BitcoinNetwork
  readonly bitcoind: SimBitcoind
  readonly disk: SimDisk
  readonly vaults: Vaults
  readonly ports: CryptoPorts
  readonly reading: Reading
  readonly probe: Required<Probe>
  /** As the epochs before know a vault. */
  readonly earlierKeys: (vault_id: VaultId) => EnrolmentKeys | null
  /** Where a planted bug sits; the core itself otherwise. */
  readonly wrapCore: (core: BelfryCore, member: SimMember) => BelfryCore
  /** A process on the same key and beside the same bitcoind. */
  readonly makeBeside: (member: SimMember, kind: BesideKind) => SimMember
  readonly onReply: (member: MemberIndex, request_id: number, bytes: Uint8Array) => void
}

/** `wrong-lock`: of another federation, with data of its own. `second-instance`: on a copy of the member's data. */
export type BesideKind = 'wrong-lock' | 'second-instance'
