import {
  type DrillsAnswer,
  type Federation,
  type Surveyed,
  type ToldDrill,
  drillsTold,
  readDrillReport,
  surveyDrills,
} from '@belfry/client'
import type { DrillView } from '@belfry/node'
import type { Command } from 'commander'
import { type ApiOptions, NodeApi, apiOptions } from '../../api/node-api.ts'
import { type Registrar, addCommand, option } from '../../command.ts'
import { usageError } from '../../errors.ts'
import { readFederations } from '../../files/epochs.ts'
import { readFederation, withLink } from '../../files/owner.ts'
import { type MaybePassphraseOptions, passphraseOptions, readPassphrase } from '../../files/passphrase.ts'
import { memberJson, memberName } from '../../orders/results.ts'
import { vaultOf } from '../../orders/vault-of.ts'
import { type Json, type JsonObject, type Report, type Style, count, sentenceList, utc } from '../../output/index.ts'
import type { Shell } from '../../shell.ts'
import { LEVELS, reportJson, reportLine, statusesJson } from './describe.ts'

interface HistoryOptions extends ApiOptions, MaybePassphraseOptions {
  readonly lock?: string
  readonly vault?: string
}

export function registerHistory(parent: Command, registrar: Registrar): void {
  addCommand<HistoryOptions>(parent, registrar, {
    usage: 'history',
    summary: 'List the drills that were held, with what members signed of them, the newest first',
    about:
      "An owner asks all members: --lock, --data and --passphrase-file. An operator asks the node on this host: --config. A " +
      "member remembers a drill for about two days; keep what it signed with --json.",
    example: [
      'belfry drill history --lock federation.lock.json --data owner --passphrase-file pass',
      'belfry drill history --config /etc/belfry/node.yaml',
    ].join('\n  '),
    options: [
      option('--lock <file>', "the federation's lock, to ask all members as an owner"),
      ...passphraseOptions({ optional: true }),
      option('--vault <vault>', 'of one vault only: its id or its enrolment file'),
      ...apiOptions(),
    ],
    run: (options) => (options.lock === undefined ? ofNode(options, registrar.shell) : ofMembers(options, options.lock, registrar.shell)),
  })
}

async function ofMembers(options: HistoryOptions, lock: string, { signal }: Shell): Promise<Report> {
  const { data, vault } = options
  if (data === undefined) throw usageError("An owner's keys are needed to ask the members.", 'Give --data and --passphrase-file.')
  const wanted = vault === undefined ? null : (await vaultOf(vault)).vault_id
  const federation = await readFederation(lock)
  using passphrase = await readPassphrase(options)
  const surveyed = await withLink(federation, data, passphrase, (link) => surveyDrills(link, signal))
  const drills = drillsTold(federation, surveyed).filter(({ drill }) => wanted === null || drill.vault_id === wanted)
  return {
    result: { drills: drills.map((told) => toldJson(federation, told)), silent: silentJson(federation, surveyed) },
    human: (style) => [
      ...(drills.length === 0 ? ['No member remembers a drill.'] : drills.flatMap((told) => toldLines(federation, told, style))),
      ...surveyed.flatMap((one) =>
        one.result === 'answer' ? [] : [`${memberName(federation, one.member)} did not answer: ${one.message}`],
      ),
    ],
  }
}

function toldJson(federation: Federation, told: ToldDrill): Json {
  const { command_hash, vault_id, level, commanded_at_ms, commanded_height, held_back, trial } = told.drill
  return {
    command_hash,
    vault_id,
    level,
    commanded_at: new Date(commanded_at_ms).toISOString(),
    commanded_height,
    held_back: held_back.map((member) => memberJson(federation, member)),
    trial: trial && {
      tried: trial.tried,
      accepted: trial.accepted,
      mempool_floor_sat_vb: trial.mempool_floor / 1_000,
      estimate_sat_vb: trial.estimate === null ? null : trial.estimate / 1_000,
    },
    statuses: statusesJson(federation, told),
    reports: told.reports.map((report) => reportJson(federation, report)),
  }
}

function silentJson(federation: Federation, surveyed: readonly Surveyed<DrillsAnswer>[]): Json {
  return surveyed.flatMap((one) =>
    one.result === 'answer'
      ? []
      : [{ ...memberJson(federation, one.member), code: one.code, message: one.message, remedy: one.remedy }],
  )
}

function toldLines(federation: Federation, told: ToldDrill, style: Style): string[] {
  const { level, vault_id, commanded_at_ms, commanded_height, held_back } = told.drill
  const held = held_back.length === 0 ? '' : `; held back: ${sentenceList(held_back.map((member) => federation.memberOf(member).name))}`
  const statuses = new Map<string, string[]>()
  for (const { member, status } of told.statuses) {
    statuses.set(status, [...(statuses.get(status) ?? []), federation.memberOf(member).name])
  }
  const words = [...statuses].map(([status, names]) => `${status} as ${sentenceList(names)} ${names.length === 1 ? 'sees' : 'see'} it`)
  return [
    `${style('bold', `Level ${level}`)}, ${utc(commanded_at_ms)}, height ${commanded_height}: ${LEVELS[level - 1] ?? ''}`,
    `  vault ${vault_id}; ${words.join('; ')}${held}`,
    ...told.reports.map((report) => `  ${reportLine(federation, report)}, signature valid`),
  ]
}

async function ofNode(options: HistoryOptions, shell: Shell): Promise<Report> {
  const wanted = options.vault === undefined ? null : (await vaultOf(options.vault)).vault_id
  const api = await NodeApi.of(options, shell)
  const epochs = await readFederations(api.locks)
  const { drills: all } = await api.get<{ readonly drills: readonly DrillView[] }>('drills')
  const drills = all.filter(({ vault_id }) => wanted === null || vault_id === wanted).map((drill) => checked(drill, epochs.find(({ epoch }) => epoch === drill.epoch) ?? null))
  return {
    // As the node gave it, with one word more on each report.
    result: { drills: drills.map(checkedJson) },
    human: (style) => (drills.length === 0 ? ['This node remembers no drill.'] : drills.flatMap((drill) => viewLines(drill, style))),
  }
}

type CheckedReport = DrillView['reports'][number] & {
  /** Signed by that member, and saying what the node says that it says; null where there is no lock to check it against. */
  readonly valid: boolean | null
}

type CheckedDrill = Omit<DrillView, 'reports'> & { readonly reports: readonly CheckedReport[] }

function checked(drill: DrillView, federation: Federation | null): CheckedDrill {
  return { ...drill, reports: drill.reports.map((report) => ({ ...report, valid: federation && isSigned(drill, report, federation) })) }
}

function checkedJson({ held_back, trial, reports, ...rest }: CheckedDrill): JsonObject {
  return {
    ...rest,
    held_back: held_back.map((member) => ({ ...member })),
    trial: trial && { ...trial },
    reports: reports.map((report) => ({ ...report, member: { ...report.member } })),
  }
}

function isSigned({ command_hash }: DrillView, { member, result, tried, good, frame }: DrillView['reports'][number], federation: Federation): boolean {
  const signed = readDrillReport(federation, command_hash, frame)
  const { receipt } = signed ?? {}
  return signed?.member === member.index && receipt?.result === result && receipt.tried === tried && receipt.good === good
}

function viewLines({ level, vault_name, commanded_at, commanded_height, status, reports }: CheckedDrill, style: Style): string[] {
  return [
    `${style('bold', `Level ${level}`)}, ${utc(Date.parse(commanded_at))}, height ${commanded_height}: ${LEVELS[level - 1] ?? ''}`,
    `  vault ${vault_name}; ${style(status === 'passed' ? 'green' : 'yellow', status)}, ${count(reports.length, 'report')}`,
    ...reports.map(({ member, result, tried, good, valid }) => {
      const numbers = tried === 0 ? '' : `, ${good} of ${tried}`
      const proof = valid === null ? '' : valid ? ', signature valid' : `, ${style('red', 'SIGNATURE WRONG')}`
      return `  ${member.name}: ${result}${numbers}${proof}`
    }),
  ]
}
