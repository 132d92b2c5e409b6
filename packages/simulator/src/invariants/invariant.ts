import type { CryptoPorts, Federation } from '@belfry/protocol'
import type { MemberIndex } from '@belfry/protocol/primitives'
import type { Probe, SimMember } from '../member/index.ts'
import type { Vaults } from '../shell/index.ts'
import type { World } from '../world/index.ts'
import type { ToldAlerts } from './alerts.ts'
import type { FrameReader } from './frames.ts'
import type { Heard } from './heard.ts'
import type { ToldChains } from './told-chain.ts'

/** What L2 and L3 ask for. `own`: of oneself. */
export const ALERTS = [
  'peer-suspect',
  'peer-dead',
  'tip-lagging',
  'tip-stuck',
  'tip-forked',
  'own tip-lagging',
  'own tip-stuck',
  'eclipse-suspected',
  'clock-skewed',
  'own clock-skewed',
  'peer-incompatible',
  'duplicate-instance',
  'second-instance',
  'evidence',
  'bitcoind-gone',
  'disk-full',
  'disk-failed',
  'quarantined',
  'vault-unprotected',
  'ladder-under-market',
  'exposed',
  'successor-unknown',
  'successor-differs',
] as const
export type Alert = (typeof ALERTS)[number]

/** What an invariant may know: everything, and the lock as it is, whatever a member makes of it. */
export interface Context {
  readonly federation: Federation
  readonly vaults: Vaults
  readonly ports: CryptoPorts
  readonly frames: FrameReader
  readonly told: ToldChains
  readonly alerts: ToldAlerts
  readonly heard: Heard
  /** Nothing goes wrong in this run. */
  readonly is_calm: boolean
  /** No message between members is lost, and none of their connections ends but with a process. */
  readonly is_lossless: boolean
  /** In this run everything is looked at after each event, whatever it costs. */
  readonly is_thorough: boolean
  readonly world: Pick<World, 'now_ms'>
  /** Both are up, and one way between them is open at least. */
  readonly isConnected: (a: MemberIndex, b: MemberIndex) => boolean
  readonly members: ReadonlyMap<MemberIndex, SimMember>
  readonly isHonest: (member: MemberIndex) => boolean
  /** What it signs may conflict, and not by its own fault: its disk was put back, or two processes ran on its key. */
  readonly mayContradict: (member: MemberIndex) => boolean
  /** An alert must have been told by now, and whether it was is looked at: counted once a run. */
  readonly due: (alert: Alert) => void
  /** Says that it does not hold. The run ends after this event. */
  readonly fail: (detail: string, member?: MemberIndex) => void
}

/** Watches one run. */
export interface Watcher extends Probe {
  /** The run is over; members are still as they were. */
  onEnd?(): void
}

export interface Invariant {
  readonly name: string
  /** As protocol.md has it. */
  readonly sentence: string
  readonly watch: (context: Context) => Watcher
}

export interface Violation {
  readonly invariant: string
  readonly sentence: string
  readonly detail: string
  readonly at_ms: number
  readonly member: MemberIndex | null
  /** Of the epoch, as a trace has it: nothing for the first. */
  readonly mark: string
}
