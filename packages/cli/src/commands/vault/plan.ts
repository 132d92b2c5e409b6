import {
  MAX_CSV,
  MAX_KEYS,
  MAX_SATS,
  type Network,
  type Outpoint,
  type VaultPlan,
  createPlan,
  findDeposit,
  parseOutpoint,
  planToJson,
  refuseExisting,
  requireDeposit,
  sats,
  scriptsOf,
  summaryLines,
  summaryOf,
  writeFiles,
} from '@belfry/client'
import { type Command, InvalidArgumentError } from 'commander'
import { type Registrar, addCommand, integer, option, required } from '../../command.ts'
import { usageError } from '../../errors.ts'
import { type BitcoindOptions, bitcoindOptions, withBitcoind } from '../../files/bitcoind.ts'
import { PLAN } from '../../files/names.ts'
import type { JsonObject, Report } from '../../output/index.ts'
import type { Shell } from '../../shell.ts'
import { type KeySetOptions, deepColdOf, hotKeyOf, keySetOptions, readColdKeys } from './key-set.ts'

interface PlanOptions extends KeySetOptions, BitcoindOptions {
  readonly deposit: Outpoint
  readonly value?: number
  readonly csv?: number
  readonly deepColdThreshold?: number
  readonly deepColdAddress?: string
  readonly actAt?: VaultPlan['act_at']
  readonly maxClawbackFeePercent?: number
  readonly out: string
  readonly force?: boolean
}

export function registerPlan(parent: Command, registrar: Registrar): void {
  addCommand<PlanOptions>(parent, registrar, {
    usage: 'plan',
    summary: 'Plan the recovery set of a deposit',
    about: 'Says what each transaction is for and what it costs, before anything is signed. plan.json is public.',
    example:
      'belfry vault plan --network signet --keys keys/vault-keys.json --deposit TXID:0 --bitcoind-port 38332 --bitcoind-cookie .cookie',
    options: [
      ...keySetOptions(),
      required('--deposit <outpoint>', 'the deposit, as txid:vout').argParser(parseDepositOption),
      integer('--value <sats>', 'its value, where no bitcoind is asked', 1, Number(MAX_SATS)),
      integer('--csv <blocks>', 'blocks between an unvault and the hot spend (default: 144)', 1, MAX_CSV),
      integer('--deep-cold-threshold <count>', 'deep-cold keys that must sign (default: more than half)', 1, MAX_KEYS),
      option('--deep-cold-address <address>', 'bring clawed-back coins to this address instead'),
      option('--act-at <moment>', 'act on a theft once it confirmed, or at first sight').choices([
        'confirmation',
        'mempool',
      ]),
      integer(
        '--max-clawback-fee-percent <percent>',
        'leave out rungs that cost more of the vault (default: 2)',
        1,
        50,
      ),
      ...bitcoindOptions(),
      option('--out <file>', 'the plan').default(PLAN),
      option('--force', 'replace the file that is there'),
    ],
    run: (options) => runPlan(options, registrar.shell),
  })
}

function parseDepositOption(text: string): Outpoint {
  try {
    return parseOutpoint(text)
  } catch {
    throw new InvalidArgumentError('It must be txid:vout.')
  }
}

async function runPlan(options: PlanOptions, shell: Shell): Promise<Report> {
  const { out, force = false } = options
  await refuseExisting([out], { force })
  const { plan, left_out, checked } = await makePlan(options, shell)
  await writeFiles([{ path: out, content: planToJson(plan), privacy: 'public' }], { force })
  return {
    result: { file: out, deposit_checked: checked, ...planJson(plan), left_out: left_out.map(({ reason }) => reason) },
    human: () => [
      ...summaryLines(plan),
      ...left_out.map(({ reason }) => `Left out: ${reason}.`),
      checked
        ? 'The deposit is there, unspent, with this value and script.'
        : 'No bitcoind was asked about the deposit.',
      `Wrote ${out}. Next: belfry vault sign --plan ${out}`,
    ],
  }
}

type Made = ReturnType<typeof createPlan> & { readonly checked: boolean }

async function makePlan(options: PlanOptions, { signal }: Shell): Promise<Made> {
  const { keys, cold } = await readColdKeys(options)
  const terms = {
    network: options.network,
    cold,
    hot: hotKeyOf(keys),
    deep_cold: deepColdOf(keys, options.deepColdThreshold, options.deepColdAddress),
    ...(options.csv === undefined ? {} : { csv: options.csv }),
    ...(options.actAt === undefined ? {} : { act_at: options.actAt }),
    ...(options.maxClawbackFeePercent === undefined ? {} : { max_clawback_fee_percent: options.maxClawbackFeePercent }),
  }
  const planFor = (value: bigint) =>
    createPlan({ ...terms, deposit: { outpoint: options.deposit, value: sats(value) } })
  const asked = await withBitcoind(options, options.network, signal, async (bitcoind) => {
    const { value } = await findDeposit(bitcoind, options.deposit, signal)
    if (options.value !== undefined && BigInt(options.value) !== value) {
      throw usageError(
        `The deposit holds ${value} sat, not ${options.value} sat.`,
        'Leave --value out: bitcoind knows it.',
      )
    }
    const made = planFor(value)
    await requireDeposit(bitcoind, made.plan, signal)
    return made
  })
  if (asked) return { ...asked, checked: true }
  if (options.value === undefined) {
    throw usageError(
      "The deposit's value is not known.",
      'Give --bitcoind-port and --bitcoind-cookie to have it looked up, or --value.',
    )
  }
  return { ...planFor(BigInt(options.value)), checked: false }
}

export function planJson(plan: VaultPlan): JsonObject {
  const { network, deposit, csv, act_at } = plan
  const scripts = scriptsOf(plan)
  const { transactions, signatures, signers } = summaryOf(plan)
  return {
    network: network satisfies Network,
    deposit: { outpoint: deposit.outpoint, value_sats: Number(deposit.value), address: scripts.deposit.address },
    deep_cold: { address: scripts.deep_cold.address, descriptor: scripts.deep_cold.descriptor },
    csv_blocks: csv,
    act_at,
    signers,
    signatures,
    transactions: transactions.map(({ id, txid, purpose, feerate, fee, fee_percent, pays, to }) => ({
      id,
      txid,
      purpose,
      sat_vb: feerate / 1000,
      fee_sats: Number(fee),
      fee_percent,
      pays_sats: Number(pays),
      to,
    })),
  }
}
