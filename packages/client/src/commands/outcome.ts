/** What comes of an order: what each member says of it, read again and again until it is done. */
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type DrillInfo,
  type Federation,
  type SignedCommand,
  type Receipt,
  incidentIdOf,
} from '@belfry/protocol'
import { type Hash32, type MemberIndex, fromHex, toHex } from '@belfry/protocol/primitives'
import type { FederationLink } from '../connect/federation-link.ts'
import { type Surveyed, surveyDrills, surveyVaults } from '../connect/survey.ts'
import { verifier } from '../crypto.ts'
import { readStatement } from '../incident/statement.ts'
import { hashOfCommand, readCommand } from './command.ts'

type DrillReceipt = Extract<Receipt, { statement: 'drill' }>

/** A member's own signed word on a drill, whoever handed it over. */
export interface DrillReport {
  readonly member: MemberIndex
  readonly receipt: DrillReceipt
  /** Hex. */
  readonly frame: string
}

/**
 * Of a frame that says so; null for another drill's, and for what that member did not sign.
 * @param hex an encoded frame, as the HTTP API shows it
 */
export function readDrillReport(federation: Federation, command_hash: string, hex: string): DrillReport | null {
  const statement = readStatement(federation, hex)
  if (statement?.valid !== true || statement.said.kind !== 'receipt') return null
  const { receipt } = statement.said
  if (receipt.statement !== 'drill' || receipt.command_hash !== command_hash) return null
  return { member: statement.from, receipt, frame: hex }
}

/** One drill as all members tell it. */
export interface ToldDrill {
  readonly drill: Omit<DrillInfo, 'status' | 'reports'>
  /** Where it stands, as each member that knows of it sees it. */
  readonly statuses: readonly { readonly member: MemberIndex; readonly status: DrillInfo['status'] }[]
  /** Each member's, checked, in the order of the members. */
  readonly reports: readonly DrillReport[]
}

/** Newest first. What members copy of each other's reports is counted once, and so is each member's word on a drill. */
export function drillsTold(federation: Federation, surveyed: readonly Surveyed<{ readonly drills: readonly DrillInfo[] }>[]): ToldDrill[] {
  const told = new Map<Hash32, { readonly member: MemberIndex; readonly info: DrillInfo }[]>()
  for (const one of surveyed) {
    if (one.result !== 'answer') continue
    for (const [command_hash, info] of new Map(one.answer.drills.map((drill) => [drill.command_hash, drill]))) {
      told.set(command_hash, [...(told.get(command_hash) ?? []), { member: one.member, info }])
    }
  }
  return [...told.values()]
    .flatMap((words): ToldDrill[] => {
      const drill = mostTold(words.map(({ info: { status: _status, reports: _reports, ...rest } }) => rest))
      if (drill === undefined) return []
      return [
        {
          drill,
          statuses: words.map(({ member, info }) => ({ member, status: info.status })),
          reports: merged(words.flatMap(({ info }) => reportsIn(federation, info))),
        },
      ]
    })
    .toSorted((a, b) => b.drill.commanded_at_ms - a.drill.commanded_at_ms)
}

/** As most tell it what was drilled; when and at which height is each member's own. */
function mostTold(drills: readonly ToldDrill['drill'][]): ToldDrill['drill'] | undefined {
  const essence = ({ vault_id, level, held_back, trial }: ToldDrill['drill']) => JSON.stringify([vault_id, level, held_back, trial])
  const voices = (drill: ToldDrill['drill']) => drills.filter((one) => essence(one) === essence(drill)).length
  return drills.toSorted((a, b) => voices(b) - voices(a))[0]
}

function reportsIn(federation: Federation, { command_hash, reports }: DrillInfo): DrillReport[] {
  return reports.flatMap((frame) => readDrillReport(federation, command_hash, toHex(frame)) ?? [])
}

function merged(reports: readonly DrillReport[]): DrillReport[] {
  return [...new Map(reports.map((one) => [one.member, one])).values()].toSorted((a, b) => a.member - b.member)
}

export interface FollowCommandOptions {
  readonly wait_ms: number
  readonly interval_ms?: number
  readonly signal: AbortSignal
}

const FOLLOW_INTERVAL_MS = 2_000

/**
 * Until every member that took it says that it is over, or the time is.
 * @param took members whose word is waited for
 * @param onChange what is known so far, told when it changes
 * @returns what was known last; null where no member told of it
 */
export async function followDrill(
  link: FederationLink,
  signed: SignedCommand,
  took: readonly MemberIndex[],
  onChange: (told: ToldDrill) => void,
  options: FollowCommandOptions,
): Promise<ToldDrill | null> {
  const command_hash = hashOfCommand(signed)
  return await untilDone(
    async () => {
      const surveyed = await surveyDrills(link, options.signal)
      return drillsTold(link.federation, surveyed).find(({ drill }) => drill.command_hash === command_hash) ?? null
    },
    (told) => took.every((member) => told.statuses.some((one) => one.member === member && one.status !== 'running')),
    onChange,
    options,
  )
}

/** The incident of a panic, as each member that has opened it sees it. */
export interface ToldPanic {
  readonly incident_id: string
  readonly statuses: readonly { readonly member: MemberIndex; readonly status: string }[]
}

/** An incident goes on; for this order it is over. */
const OVER: ReadonlySet<string> = new Set(['recovered', 'secured', 'settled', 'lost'])

/**
 * As followDrill, but for members that may lie: none of them keeps it from ending. It ends with the first confirmation: from
 * then on the incident is followed like any other.
 */
export async function followPanic(
  link: FederationLink,
  signed: SignedCommand,
  took: readonly MemberIndex[],
  onChange: (told: ToldPanic) => void,
  options: FollowCommandOptions,
): Promise<ToldPanic | null> {
  const { vault_id } = readCommand(signed)
  const incident_id = incidentIdOf(verifier, vault_id, 'panic', fromHex(hashOfCommand(signed)))
  return await untilDone(
    async () => {
      const statuses = (await surveyVaults(link, options.signal)).flatMap((one) => {
        if (one.result !== 'answer') return []
        const incidents = one.answer.vaults.flatMap((vault) => vault.incidents)
        const mine = incidents.find((incident) => incident.incident_id === incident_id)
        return mine === undefined ? [] : [{ member: one.member, status: mine.status }]
      })
      return statuses.length === 0 ? null : { incident_id, statuses }
    },
    ({ statuses }) => {
      const over = took.filter((member) => statuses.some((one) => one.member === member && OVER.has(one.status)))
      return over.length > link.federation.b && over.length >= took.length - link.federation.b
    },
    onChange,
    options,
  )
}

async function untilDone<Told>(
  look: () => Promise<Told | null>,
  isDone: (told: Told) => boolean,
  onChange: (told: Told) => void,
  { wait_ms, interval_ms = FOLLOW_INTERVAL_MS, signal }: FollowCommandOptions,
): Promise<Told | null> {
  const end_ms = performance.now() + wait_ms
  let before = ''
  for (;;) {
    const told = await look()
    const essence = JSON.stringify(told)
    if (told !== null && essence !== before) onChange(told)
    before = essence
    if ((told !== null && isDone(told)) || performance.now() >= end_ms) return told
    await sleep(interval_ms, undefined, { signal })
  }
}
