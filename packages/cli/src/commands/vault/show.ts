import {
  type Federation,
  type Manifest,
  type SurveyResult,
  type VaultPlan,
  formatOf,
  hashOfBundle,
  parsePlan,
  readBundle,
  summaryLines,
  surveyVaults,
} from '@belfry/client'
import type { Command } from 'commander'
import { type Registrar, addCommand, option } from '../../command.ts'
import { usageError } from '../../errors.ts'
import { ENROLMENT, LOCK } from '../../files/names.ts'
import { readFederation, withLink } from '../../files/owner.ts'
import { type MaybePassphraseOptions, passphraseOptions, readPassphrase } from '../../files/passphrase.ts'
import { readParsed } from '../../files/read-parsed.ts'
import { type Json, type JsonObject, type Report, type Style, btc, list, satPerVb, table } from '../../output/index.ts'
import type { Shell } from '../../shell.ts'
import { planJson } from './plan.ts'
import { describeVault, requireAnswer, silenceJson, silentLines, vaultJson } from './survey.ts'

interface ShowOptions extends MaybePassphraseOptions {
  readonly lock: string
  readonly data?: string
}

export function registerShow(parent: Command, registrar: Registrar): void {
  addCommand<ShowOptions, [file: string]>(parent, registrar, {
    usage: 'show [file]',
    summary: 'Show a vault from its plan or enrolment file, and what members say of it',
    about: `The file is ${ENROLMENT} unless another is named. With --data the members are asked too.`,
    example: 'belfry vault show enrolment.json --lock federation.lock.json --data owner --passphrase-file pass',
    options: [
      option('--lock <file>', "the federation's lock, to ask the members").default(LOCK),
      option('--data <dir>', "the owner's data directory, to ask the members"),
      ...passphraseOptions({ optional: true }),
    ],
    run: (options, file = ENROLMENT) => runShow(options, file, registrar.shell),
  })
}

async function runShow(options: ShowOptions, file: string, { signal }: Shell): Promise<Report> {
  const plan = await planIn(file)
  if (plan !== null) {
    if (options.data !== undefined)
      throw usageError('Members know enrolments, not plans.', `Show ${ENROLMENT} instead, or leave --data out.`)
    return { result: { kind: 'plan', ...planJson(plan) }, human: () => summaryLines(plan) }
  }
  const { bundle, manifest } = await readBundle(file)
  const hash = hashOfBundle(bundle)
  const asked = options.data === undefined ? null : await ask(options, options.data, signal)
  return {
    result: {
      kind: 'enrolment',
      manifest_hash: hash,
      ...manifestJson(manifest),
      survey: surveyJson(asked, manifest.vault_id),
    },
    human: (style) => [...describeManifest(manifest, hash, style), ...surveyLines(asked, manifest.vault_id, style)],
  }
}

/** null where no member was asked. */
function surveyJson(asked: Asked | null, vault_id: string): Json {
  if (asked === null) return null
  const { federation, results } = asked
  return { vault: vaultJson(federation, results, vault_id), silent: silenceJson(federation, results) }
}

function surveyLines(asked: Asked | null, vault_id: string, style: Style): string[] {
  if (asked === null) return []
  const { federation, results } = asked
  return ['', ...describeVault(federation, results, vault_id, style), ...silentLines(federation, results)]
}

/** The plan in the file; null where it says that it is another file. */
function planIn(file: string): Promise<VaultPlan | null> {
  return readParsed(file, 'a plan or enrolment', (text) =>
    formatOf(text) === 'belfry-enrolment' ? null : parsePlan(text),
  )
}

interface Asked {
  readonly federation: Federation
  readonly results: readonly SurveyResult[]
}

async function ask(options: ShowOptions, data: string, signal: AbortSignal): Promise<Asked> {
  const federation = await readFederation(options.lock)
  using passphrase = await readPassphrase(options)
  const results = await withLink(federation, data, passphrase, (link) => surveyVaults(link, signal))
  requireAnswer(results)
  return { federation, results }
}

type Rung = Pick<Manifest['emergency'][number], 'txid' | 'feerate' | 'fee'>

function manifestJson(manifest: Manifest): JsonObject {
  const { name, vault_id, generation, deposit, csv, act_at, unvaults, emergency, dead_man, owner } = manifest
  const rung = ({ txid, feerate, fee }: Rung) => ({ txid, sat_vb: feerate / 1000, fee_sats: Number(fee) })
  return {
    name,
    vault_id,
    generation,
    deposit: { outpoint: deposit.outpoint, value_sats: Number(deposit.value), funding: deposit.funding },
    csv_blocks: csv,
    act_at,
    unvaults: unvaults.map(({ txid, clawback, anyone_can_pay, anchored }) => ({
      txid,
      clawback: clawback.map(rung),
      anyone_can_pay: anyone_can_pay && rung(anyone_can_pay),
      anchored: anchored && rung(anchored),
    })),
    emergency: emergency.map(rung),
    dead_man: dead_man.map(rung),
    owner_root: owner.root,
  }
}

function describeManifest(manifest: Manifest, hash: string, style: Style): string[] {
  const { name, vault_id, generation, deposit, csv, act_at, unvaults, emergency, dead_man } = manifest
  const ladder = (label: string, rungs: readonly (Rung | null)[]) =>
    rungs.flatMap((rung) => (rung === null ? [] : [[`  ${label}`, rung.txid, satPerVb(rung.feerate), `${rung.fee} sat`]]))
  const variants = unvaults.flatMap(({ txid, vsize, fee, clawback, anyone_can_pay, anchored }, variant) =>
    [
      ladder(`unvault-${variant}`, [{ txid, fee, feerate: Math.floor((Number(fee) * 1_000) / vsize) as Rung['feerate'] }]),
      ladder(`clawback of unvault-${variant}`, clawback),
      ladder('the same, for a coin to join', [anyone_can_pay]),
      ladder('the same, for a child to pay', [anchored]),
    ].flat(),
  )
  return [
    `${style('bold', name)}: ${btc(deposit.value)} at ${deposit.outpoint}`,
    ...list([
      ['vault', vault_id],
      ['manifest', `${hash}, generation ${generation}`],
      ['waiting time', `${csv} blocks between an unvault and the hot spend`],
      ['members act', act_at === 'confirmation' ? 'once a theft confirmed' : 'at the first sight of a theft'],
    ]),
    ...table([...variants, ...ladder('emergency', emergency), ...ladder('to staging, for the heir', dead_man)], [2, 3]),
  ]
}
