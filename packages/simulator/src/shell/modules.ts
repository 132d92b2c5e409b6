import type { DurableEffect, EnrolmentKeys, Federation, Hasher, ImmediateEffect, Outcome } from '@belfry/protocol'
import type { MemberIndex, Outpoint, VaultId } from '@belfry/protocol/primitives'
import type { BitcoinNetwork, SimBitcoind } from '../chain/index.ts'
import type { MemberClock, Random } from '../world/index.ts'
import type { Vaults } from './vaults.ts'

export type Effect<K extends ImmediateEffect['effect']> = Extract<ImmediateEffect, { effect: K }>
export type Broadcast = Extract<DurableEffect, { effect: 'broadcast' }>
export type Bump = Extract<DurableEffect, { effect: 'bump' }>
export type OutcomeOf<K extends Outcome['of']> = Extract<Outcome, { of: K }>

export interface ShellModules {
  readonly federation: Federation
  readonly self: MemberIndex
  readonly hasher: Hasher
  readonly random: Random
  /** Of this life: what is under way when it ends has no outcome. */
  readonly clock: MemberClock
  readonly bitcoind: SimBitcoind
  readonly bitcoin: BitcoinNetwork
  readonly vaults: Vaults
  /** Its fee wallet has coins; else there is none. */
  readonly has_fee_coins: boolean
  /** Of the active manifest of a vault under the newest earlier lock that this machine serves; null where there is none. */
  readonly earlierKeys: (vault_id: VaultId) => EnrolmentKeys | null
  readonly watch: (outpoints: readonly Outpoint[]) => void
  readonly offer: (outcome: Outcome) => void
  /** What a corrupted member makes of the share that it seals; an honest one leaves it as it is. */
  readonly distort: (share: Uint8Array) => Uint8Array
}
