/** The drills that this member remembers, and how long ago each level last passed. */
import {
  type DrillInfo,
  type DrillResult,
  type DrillStatus,
  type Federation,
  type State,
  DRILL_LEVELS,
  decodeBody,
  decodeFrame,
  decodeHeader,
  drillsOf,
  finalSpend,
  newestFirst,
} from '@belfry/protocol'
import { invariant, sortedEntries, toHex } from '@belfry/protocol/primitives'
import { type MemberName, named, namedAll } from './named.ts'
import { satVb, utc } from './units.ts'
import { nameOfVault, tipOf } from './vaults.ts'

export interface DrillView {
  readonly command_hash: string
  readonly epoch: number
  readonly vault_id: string
  readonly vault_name: string
  readonly level: number
  /** When this member took the order. */
  readonly commanded_at: string
  readonly commanded_height: number
  readonly held_back: readonly MemberName[]
  /** Level 3: what the owner's client found when it tried the ladder. */
  readonly trial: TrialView | null
  readonly status: DrillStatus
  readonly reports: readonly DrillReportView[]
}

export interface TrialView {
  readonly tried: number
  readonly accepted: number
  readonly mempool_floor_sat_vb: number
  readonly estimate_sat_vb: number | null
}

/** What one member signed of it. */
export interface DrillReportView {
  readonly member: MemberName
  readonly result: DrillResult
  readonly tried: number
  readonly good: number
  readonly height: number
  /** The signed message, hex. */
  readonly frame: string
}

/** Newest first. */
export function drillsView(state: State): DrillView[] {
  const { federation } = state.config
  return sortedEntries(state.durable.vaults)
    .flatMap(([vault_id, vault]) => drillsOf(vault_id, vault).map((drill) => ({ drill, vault_name: nameOfVault(vault) })))
    .toSorted((a, b) => newestFirst(a.drill, b.drill))
    .map(({ drill, vault_name }) => drillView(federation, drill, vault_name))
}

function drillView(federation: Federation, drill: DrillInfo, vault_name: string): DrillView {
  const { command_hash, vault_id, level, commanded_at_ms, commanded_height, held_back, trial, status, reports } = drill
  return {
    command_hash,
    epoch: federation.epoch,
    vault_id,
    vault_name,
    level,
    commanded_at: utc(commanded_at_ms),
    commanded_height,
    held_back: namedAll(federation, held_back),
    trial: trial && {
      tried: trial.tried,
      accepted: trial.accepted,
      mempool_floor_sat_vb: satVb(trial.mempool_floor),
      estimate_sat_vb: trial.estimate === null ? null : satVb(trial.estimate),
    },
    status,
    reports: reports.map((frame) => reportView(federation, frame)),
  }
}

function reportView(federation: Federation, bytes: Uint8Array): DrillReportView {
  const { from, body } = decodeHeader(decodeFrame(bytes).signed)
  const receipt = decodeBody('receipt', body)
  invariant(receipt.statement === 'drill', "a drill's reports are drill receipts")
  const { result, tried, good, height } = receipt
  return { member: named(federation, from), result, tried, good, height, frame: toHex(bytes) }
}

/** Of one level, over the vaults whose coin is there: the others cannot be drilled any more. */
export interface DrillAge {
  readonly level: number
  /** Since the vault that passed longest ago did; null where none is known to have passed. */
  readonly blocks: number | null
  readonly commanded_at_ms: number | null
  /** Vaults that are not known to have passed it. */
  readonly vaults_without: number
}

export function drillAges(state: State): DrillAge[] {
  const vaults = sortedEntries(state.durable.vaults)
    .filter(([, vault]) => finalSpend(vault) === null)
    .map(([vault_id, vault]) => drillsOf(vault_id, vault).filter(({ status }) => status === 'passed').toSorted(newestFirst))
  return Array.from({ length: DRILL_LEVELS }, (_, index) => index + 1).map((level) => {
    const newest = vaults.flatMap((passed) => passed.find((drill) => drill.level === level) ?? [])
    const [oldest] = newest.toSorted((a, b) => -newestFirst(a, b))
    return {
      level,
      blocks: oldest === undefined ? null : Math.max(0, tipOf(state) - oldest.commanded_height),
      commanded_at_ms: oldest?.commanded_at_ms ?? null,
      vaults_without: vaults.length - newest.length,
    }
  })
}
