import {
  type AcceptedTimelockPlan,
  type SecretBytes,
  type SignedRecoverySet,
  type SignedTransaction,
  buildHeirSpend,
  daysOf,
  feerate,
  makeTimelockPlan,
  scriptOfAddress,
  timelockPlanToJson,
  writeFiles,
} from '@belfry/client'
import { randomUUID } from 'node:crypto'
import type { Command } from 'commander'
import { type Registrar, addCommand, integer, option } from '../../command.ts'
import { CliError, usageError } from '../../errors.ts'
import { openSigners } from '../../files/key-files.ts'
import { RECOVERY_SET, TIMELOCK_PLAN } from '../../files/names.ts'
import { type PassphraseOptions, passphraseOptions, readPassphrase } from '../../files/passphrase.ts'
import { openRecoverySet } from '../../files/recovery-set.ts'
import { type Report, count, list } from '../../output/index.ts'
import type { Shell } from '../../shell.ts'
import { packageVersion } from '../../version.ts'

interface ExportOptions extends PassphraseOptions {
  readonly bip128?: boolean
  readonly set: string
  readonly heirKey?: string
  readonly to?: string
  readonly feerate: number
  readonly rung?: number
  readonly name: string
  readonly out: string
  readonly force?: boolean
}

export function registerExport(parent: Command, registrar: Registrar): void {
  addCommand<ExportOptions>(parent, registrar, {
    usage: 'export',
    summary: "Write a vault's way to its heir as a timelock-recovery plan (BIP-128)",
    about:
      "The dead-man transaction is the plan's alert, the heir's claim its recovery: so a wallet or service that reads such " +
      'plans can watch and finish it without Belfry. Whoever has the file can begin it; the cold keys can still stop it ' +
      'until the wait is over. It shows one rung, for a plan has one alert.',
    example:
      'belfry vault export --bip128 --set recovery-set.json --heir-key heir-1.key --to bc1q… --out plan-for-the-heir.json --passphrase-file pass',
    options: [
      option('--bip128', 'the only form that there is'),
      option('--set <file>', 'the recovery set').default(RECOVERY_SET),
      option('--heir-key <file>', "the heir's key file, which signs the claim"),
      option('--to <address>', 'where the heir wants the coin'),
      integer('--feerate <sat_vb>', 'what the claim pays, in sat/vB', 2, 1_000).default(20),
      integer('--rung <index>', 'which dead-man rung is the alert (default: the highest)', 0, 7),
      option('--name <name>', 'of the plan').default('vault'),
      option('--out <file>', 'the plan').default(TIMELOCK_PLAN),
      option('--force', 'replace the file that is there'),
      ...passphraseOptions(),
    ],
    run: (options) => runExport(options, registrar.shell),
  })
}

async function runExport(options: ExportOptions, { now }: Shell): Promise<Report> {
  const { bip128, heirKey, to, out, force = false } = options
  if (bip128 !== true) throw usageError('It is not said in which form.', 'Add --bip128.')
  if (heirKey === undefined || to === undefined)
    throw usageError("The plan needs the heir's claim, signed and with its destination.", 'Give --heir-key and --to.')
  using passphrase = await readPassphrase(options)
  const set = await openRecoverySet(options.set, passphrase)
  const alert = alertOf(set, options.rung)
  const claim = await claimOf(set, alert, { heirKey, to, sat_vb: options.feerate }, passphrase)
  const made = makeTimelockPlan({
    network: set.plan.network,
    id: randomUUID(),
    name: options.name,
    description: `The way of the vault at ${set.plan.deposit.outpoint} to its heir, made by Belfry`,
    created_at: new Date(now()).toISOString(),
    software_version: await packageVersion(),
    alert: alert.raw,
    spent: set.plan.deposit.value,
    recovery: claim,
  })
  await writeFiles([{ path: out, content: timelockPlanToJson(made.plan), privacy: 'private' }], { force })
  return reportOf(out, made)
}

/** @throws CliError no-dead-man */
function alertOf({ transactions }: SignedRecoverySet, rung: number | undefined): SignedTransaction {
  const ladder = transactions.filter(({ place }) => place.purpose === 'dead-man')
  const chosen = rung === undefined ? ladder.at(-1) : ladder[rung]
  if (chosen) return chosen
  throw new CliError(
    'no-dead-man',
    ladder.length === 0
      ? 'This vault names no heir, so that it has no transaction that a timelock-recovery plan could begin with: its clawbacks and emergency transactions wait for nothing.'
      : `This vault has ${count(ladder.length, 'dead-man rung')}, counted from 0.`,
    ladder.length === 0 ? 'Plan the vault with an heir, and sign it anew.' : 'Give another --rung.',
  )
}

interface Claim {
  readonly heirKey: string
  readonly to: string
  readonly sat_vb: number
}

async function claimOf(
  { plan }: SignedRecoverySet,
  alert: SignedTransaction,
  { heirKey, to, sat_vb }: Claim,
  passphrase: SecretBytes,
): Promise<Uint8Array> {
  using heir = await openSigners([heirKey], passphrase)
  const script = scriptOfAddress(to, plan.network)
  return buildHeirSpend(plan, alert.txid, script, feerate(sat_vb * 1000), heir.sign).raw
}

function reportOf(out: string, { plan, lock }: AcceptedTimelockPlan): Report {
  const [output] = plan.recovery_outputs
  return {
    result: {
      file: out,
      id: plan.id,
      timelock_days: plan.timelock_days,
      lock: { unit: lock.unit, count: lock.count },
      alert_txid: plan.alert_txid,
      recovery_txid: plan.recovery_txid,
      pays: plan.recovery_outputs.map(({ address, value }) => ({ address, value_sats: Number(value) })),
    },
    human: () => [
      `Wrote ${out}: whoever has it can begin to bring the coin to the heir, so keep it as you keep the recovery set.`,
      ...list([
        ['alert', plan.alert_txid],
        ['recovery', plan.recovery_txid],
        ['waits', `${lock.count} blocks, about ${count(daysOf(lock), 'day')}`],
        ['pays', `${output?.value ?? 0} sat to ${output?.address ?? ''}`],
      ]),
      'The wait counts blocks, not seconds as the proposal computes it: a service that insists on seconds will refuse the plan.',
    ],
  }
}
