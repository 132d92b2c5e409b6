import {
  type AcceptedTimelockPlan,
  type CheckedVault,
  type ForeignFinding,
  type ForeignVault,
  ForeignVaultRefused,
  NETWORKS,
  type Network,
  type Trial,
  acceptTimelockPlan,
  checkForeignVault,
  daysOf,
  parseTimelockPlan,
  readPlainCustody,
  refuseExisting,
  tryForeignVault,
  vaultOfTimelockPlan,
  writeCustody,
} from '@belfry/client'
import type { Command } from 'commander'
import { type Registrar, addCommand, option } from '../../command.ts'
import { usageError } from '../../errors.ts'
import { type BitcoindOptions, bitcoindOptions, withBitcoind } from '../../files/bitcoind.ts'
import { CUSTODY } from '../../files/names.ts'
import { type PassphraseOptions, passphraseOptions, readPassphrase } from '../../files/passphrase.ts'
import { readParsed } from '../../files/read-parsed.ts'
import { type JsonObject, type Output, type Report, btc, count, list, satPerVb, table } from '../../output/index.ts'
import type { Shell } from '../../shell.ts'

interface ImportOptions extends PassphraseOptions, BitcoindOptions {
  readonly custody?: string
  readonly bip128?: string
  readonly network?: Network
  readonly out: string
  readonly force?: boolean
}

export function registerImport(parent: Command, registrar: Registrar): void {
  addCommand<ImportOptions>(parent, registrar, {
    usage: 'import',
    summary: 'Take over a vault of another custody scheme, to be enrolled',
    about:
      'Looks at every transaction before anything is given to anybody: what it spends, what it pays, in what order; with a ' +
      'bitcoind also whether it would be taken, without sending it. --custody reads the finished transactions of any scheme ' +
      '(docs/custody-file.md); --bip128 a timelock-recovery plan, whose alert members then hold as the dead-man transaction. ' +
      'What is written is encrypted; delete the plain file then.',
    example:
      'belfry vault import --custody theirs.json --bitcoind-port 8332 --bitcoind-cookie .cookie --out custody.json --passphrase-file pass',
    options: [
      option('--custody <file>', 'finished transactions of another scheme'),
      option('--bip128 <file>', 'a timelock-recovery plan, as Electrum and others export it; asks a bitcoind'),
      option('--network <network>', 'of the timelock-recovery plan (default: mainnet)').choices(NETWORKS),
      option('--out <file>', 'the vault, encrypted').default(CUSTODY),
      option('--force', 'replace the file that is there'),
      ...bitcoindOptions(),
      ...passphraseOptions(),
    ],
    run: (options) => runImport(options, registrar.shell),
  })
}

async function runImport(options: ImportOptions, shell: Shell): Promise<Report> {
  const { out, force = false } = options
  await refuseExisting([out], { force })
  using passphrase = await readPassphrase(options)
  const { given, plan } = await read(options, shell)
  const { vault, notes } = told(shell.output, () => checkForeignVault(given))
  const trial = await withBitcoind(options, given.network, shell.signal, async (bitcoind) => {
    try {
      return await tryForeignVault(bitcoind, vault, shell.signal)
    } catch (error) {
      throw tellRest(shell.output, error)
    }
  })
  await writeCustody(given, { path: out, passphrase, force })
  return reportOf(out, vault, plan, [...notes, ...(trial?.notes ?? [])], trial)
}

interface Given {
  readonly given: ForeignVault
  readonly plan: AcceptedTimelockPlan | null
}

async function read({ custody, bip128, network = 'mainnet', ...options }: ImportOptions, { signal }: Shell): Promise<Given> {
  if ((custody === undefined) === (bip128 === undefined))
    throw usageError('One file is imported at a time.', 'Give --custody or --bip128.')
  if (custody !== undefined) return { given: await readPlainCustody(custody), plan: null }
  const plan = await readParsed(bip128 ?? '', 'a timelock-recovery plan', (text) =>
    acceptTimelockPlan(parseTimelockPlan(text), network),
  )
  const given = await withBitcoind(options, network, signal, (bitcoind) =>
    vaultOfTimelockPlan(plan, { network, bitcoind }, signal),
  )
  if (given !== null) return { given, plan }
  throw usageError(
    'The plan does not say what its coin is worth or where it lies.',
    'Give --bitcoind-port and --bitcoind-cookie, so that they can be looked up.',
  )
}

function told<T>(output: Output, check: () => T): T {
  try {
    return check()
  } catch (error) {
    throw tellRest(output, error)
  }
}

/** The error carries the first finding; the others are told here. */
function tellRest(output: Output, error: unknown): unknown {
  if (error instanceof ForeignVaultRefused) for (const { sentence } of error.findings.slice(1)) output.warn(sentence)
  return error
}

function reportOf(
  out: string,
  vault: CheckedVault,
  plan: AcceptedTimelockPlan | null,
  notes: readonly ForeignFinding[],
  trial: Trial | null,
): Report {
  const { network, deposit, csv, act_at } = vault
  const transactions = [...vault.unvaults.flatMap(({ clawback }) => clawback), ...vault.emergency, ...vault.dead_man]
  return {
    result: {
      file: out,
      network,
      deposit: { outpoint: deposit.outpoint, value_sats: Number(deposit.value), funding: deposit.funding },
      csv_blocks: csv,
      act_at,
      unvaults: vault.unvaults.map(({ txid, vout }) => ({ txid, vout })),
      transactions: transactions.map(({ place, txid, feerate, fee, vsize }) => ({
        id: place,
        txid,
        sat_vb: feerate / 1000,
        fee_sats: Number(fee),
        vsize,
      })),
      timelock_plan: plan && planJson(plan),
      tried: trial === null ? null : { tried: trial.tried, of: trial.of },
      notes: notes.map(({ sentence }) => sentence),
    },
    human: (style) => [
      style('green', `Imported a vault of ${btc(deposit.value)} at ${deposit.outpoint}.`),
      ...table(
        transactions.map(({ place, txid, feerate, fee }) => [`  ${place}`, txid, satPerVb(feerate), `${fee} sat`]),
        [2, 3],
      ),
      ...(plan === null ? [] : planLines(plan)),
      ...notes.map(({ sentence }) => `Note: ${sentence}.`),
      trial === null ? 'No bitcoind was asked.' : `bitcoind tried ${trial.tried} of ${count(trial.of, 'transaction')} and would take them.`,
      `Wrote ${out}, encrypted. Next: belfry vault enrol --custody ${out}`,
    ],
  }
}

function planJson({ plan, alert, recovery, lock, recovery_verified }: AcceptedTimelockPlan): JsonObject {
  return {
    id: plan.id,
    alert_txid: alert.txid,
    recovery_txid: recovery.txid,
    waits: { unit: lock.unit, count: lock.count, days: daysOf(lock) },
    pays: plan.recovery_outputs.map(({ address, value }) => ({ address, value_sats: Number(value) })),
    recovery_signatures_verified: recovery_verified,
  }
}

function planLines({ plan, alert, recovery, lock, recovery_verified }: AcceptedTimelockPlan): string[] {
  return [
    ...list([
      ['alert, held by the members', alert.txid],
      ['recovery, kept by whoever it is for', recovery.txid],
      ['waits after the alert', count(daysOf(lock), 'day')],
      ...plan.recovery_outputs.map(({ address, value }) => ['pays', `${btc(value)} to ${address}`] as const),
    ]),
    recovery_verified
      ? 'The signatures of the recovery were verified.'
      : 'The signatures of the recovery could not be verified: its script is none that Belfry reads. Have the wallet that made it vouch for it.',
  ]
}
