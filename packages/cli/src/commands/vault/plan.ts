import {
  MAX_CSV,
  MAX_KEYS,
  MAX_SATS,
  type Network,
  type Outpoint,
  type PlanRequest,
  type PublicKey,
  type VaultKeys,
  type VaultPlan,
  createPlan,
  findDeposit,
  isPublicKey,
  lookUpDeposit,
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
import { type KeySetOptions, deepColdOf, heirOf, hotKeyOf, keySetOptions, readColdKeys } from './key-set.ts'

interface PlanOptions extends KeySetOptions, BitcoindOptions {
  readonly deposit: Outpoint
  readonly value?: number
  readonly csv?: number
  readonly deepColdThreshold?: number
  readonly deepColdAddress?: string
  readonly actAt?: VaultPlan['act_at']
  readonly maxClawbackFeePercent?: number
  readonly profile?: VaultPlan['profile']
  readonly signing: VaultPlan['signing']
  readonly anyoneCanPay?: boolean
  readonly anchored?: boolean
  readonly heir?: PublicKey
  readonly heirAfter?: number
  readonly staging?: number
  readonly out: string
  readonly force?: boolean
}

export function registerPlan(parent: Command, registrar: Registrar): void {
  addCommand<PlanOptions>(parent, registrar, {
    usage: 'plan',
    summary: 'Plan the recovery set of a deposit',
    about:
      'Says what each transaction is for and what it costs, before anything is signed. plan.json is public.\n' +
      'Profiles: compact is the fewest signatures, standard adds a second unvault and a clawback that a child can pay for, ' +
      'full a third and more emergency rungs.\n' +
      'With --signing ephemeral the cold keys sign this one set and are destroyed: plan around a funding transaction that ' +
      'is not broadcast yet.',
    example: [
      'belfry vault plan --network signet --keys keys/vault-keys.json --deposit TXID:0 --bitcoind-port 38332 --bitcoind-cookie .cookie',
      'belfry vault plan --network signet --keys keys/vault-keys.json --deposit TXID:0 --value 50000000 --profile full --anyone-can-pay --no-anchored',
      'belfry vault plan --network signet --keys keys/vault-keys.json --deposit TXID:0 --value 50000000 --heir PUBLICKEY --heir-after 52560',
      'belfry vault plan --network signet --keys keys/vault-keys.json --deposit TXID:0 --value 50000000 --signing ephemeral',
    ].join('\n  '),
    options: [
      ...keySetOptions(),
      required('--deposit <outpoint>', 'the deposit, as txid:vout').argParser(parseDepositOption),
      integer('--value <sats>', 'its value, where no bitcoind is asked', 1, Number(MAX_SATS)),
      integer('--csv <blocks>', 'blocks between an unvault and the hot spend (default: 144)', 1, MAX_CSV),
      integer('--deep-cold-threshold <count>', 'deep-cold keys that must sign (default: more than half)', 1, MAX_KEYS),
      option('--deep-cold-address <address>', 'bring clawed-back coins to this address instead'),
      option('--act-at <moment>', 'act on a theft once it confirmed, or at first sight (default: confirmation)').choices([
        'confirmation',
        'mempool',
      ]),
      integer(
        '--max-clawback-fee-percent <percent>',
        'leave out rungs that cost more of the vault (default: 2)',
        1,
        50,
      ),
      option('--profile <name>', 'how many transactions (default: compact)').choices(['compact', 'standard', 'full']),
      option('--anchored', 'clawbacks that a child can pay for (default: in standard and full)'),
      option('--no-anchored', 'none of these'),
      option('--anyone-can-pay', 'clawbacks that a coin can join, and the rung of 1000 sat/vB that they need'),
      option('--heir <key>', 'who inherits, as a public key (default: the heir key of the files)').argParser(parseHeir),
      integer('--heir-after <blocks>', 'blocks that the deposit rests before the heir can act', 1, MAX_CSV),
      integer('--staging <blocks>', 'blocks in which you can take it back from the heir (default: 4320)', 1, MAX_CSV),
      option('--signing <model>', 'keep the cold keys, or destroy them before the deposit is paid')
        .choices(['presigned', 'ephemeral'])
        .default('presigned'),
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

function parseHeir(text: string): PublicKey {
  if (isPublicKey(text)) return text as PublicKey
  throw new InvalidArgumentError('It must be a compressed public key, 66 lower-case hex digits.')
}

async function runPlan(options: PlanOptions, shell: Shell): Promise<Report> {
  const { out, force = false } = options
  await refuseExisting([out], { force })
  const { plan, left_out, deposit } = await makePlan(options, shell)
  await writeFiles([{ path: out, content: planToJson(plan), privacy: 'public' }], { force })
  return {
    result: { file: out, deposit_checked: deposit === 'there', ...planJson(plan), left_out: left_out.map(({ reason }) => reason) },
    human: () => [
      ...summaryLines(plan),
      ...left_out.map(({ reason }) => `Left out: ${reason}.`),
      depositSentence(deposit, plan),
      `Wrote ${out}. Next: belfry vault sign --plan ${out} with --keys, or with --psbt-out for keys on several devices`,
    ],
  }
}

/** What a bitcoind said of the deposit. */
type Seen = 'there' | 'not-paid-yet' | 'not-asked'
type Made = ReturnType<typeof createPlan> & { readonly deposit: Seen }

function depositSentence(seen: Seen, { signing }: VaultPlan): string {
  switch (seen) {
    case 'there':
      return signing === 'ephemeral'
        ? 'The deposit is there already, with this value and script. With ephemeral keys it belongs last: consider a new one.'
        : 'The deposit is there, unspent, with this value and script.'
    case 'not-paid-yet':
      return 'The deposit is not there yet, as it should be with ephemeral keys.'
    case 'not-asked':
      return 'No bitcoind was asked about the deposit.'
  }
}

async function makePlan(options: PlanOptions, { signal }: Shell): Promise<Made> {
  const terms = await termsOf(options)
  const planFor = (value: bigint) =>
    createPlan({ ...terms, deposit: { outpoint: options.deposit, value: sats(value) } })
  const { signing } = options
  const asked = await withBitcoind(options, options.network, signal, async (bitcoind): Promise<Made | null> => {
    if (signing === 'ephemeral') {
      if (options.value === undefined) return null
      const made = planFor(BigInt(options.value))
      const { kind } = await lookUpDeposit(bitcoind, made.plan, signal)
      return { ...made, deposit: kind }
    }
    const { value } = await findDeposit(bitcoind, options.deposit, signal)
    if (options.value !== undefined && BigInt(options.value) !== value) {
      throw usageError(
        `The deposit holds ${value} sat, not ${options.value} sat.`,
        'Leave --value out: bitcoind knows it.',
      )
    }
    const made = planFor(value)
    await requireDeposit(bitcoind, made.plan, signal)
    return { ...made, deposit: 'there' }
  })
  if (asked) return asked
  if (options.value === undefined) {
    throw usageError(
      "The deposit's value is not known.",
      signing === 'ephemeral'
        ? 'Give --value: the funding transaction is not broadcast yet, so that nobody else knows it.'
        : 'Give --bitcoind-port and --bitcoind-cookie to have it looked up, or --value.',
    )
  }
  return { ...planFor(BigInt(options.value)), deposit: 'not-asked' }
}

async function termsOf(options: PlanOptions): Promise<Omit<PlanRequest, 'deposit'>> {
  const { keys, cold } = await readColdKeys(options)
  return {
    network: options.network,
    cold,
    hot: hotKeyOf(keys),
    deep_cold: deepColdOf(keys, options.deepColdThreshold, options.deepColdAddress),
    signing: options.signing,
    dead_man: deadManOf(options, keys),
    fee_coins: {
      ...(options.anyoneCanPay === undefined ? {} : { anyone_can_pay: options.anyoneCanPay }),
      ...(options.anchored === undefined ? {} : { anchored: options.anchored }),
    },
    ...(options.profile === undefined ? {} : { profile: options.profile }),
    ...(options.csv === undefined ? {} : { csv: options.csv }),
    ...(options.actAt === undefined ? {} : { act_at: options.actAt }),
    ...(options.maxClawbackFeePercent === undefined ? {} : { max_clawback_fee_percent: options.maxClawbackFeePercent }),
  }
}

/** @throws CliError usage where only a part of it is named */
function deadManOf({ heir, heirAfter, staging }: PlanOptions, keys: VaultKeys): NonNullable<PlanRequest['dead_man']> | null {
  if (heirAfter === undefined) {
    if (heir === undefined && staging === undefined) return null
    throw usageError('When the heir inherits is not said.', 'Give --heir-after with the blocks that the deposit must rest.')
  }
  return { heir: heirOf(keys, heir), after: heirAfter, ...(staging === undefined ? {} : { staging_csv: staging }) }
}

export function planJson(plan: VaultPlan): JsonObject {
  const { network, profile, signing, deposit, csv, act_at, fee_coins, dead_man } = plan
  const scripts = scriptsOf(plan)
  const { transactions, signatures, signers, steps } = summaryOf(plan)
  return {
    network: network satisfies Network,
    profile,
    signing,
    deposit: { outpoint: deposit.outpoint, value_sats: Number(deposit.value), address: scripts.deposit.address },
    deep_cold: { address: scripts.deep_cold.address, descriptor: scripts.deep_cold.descriptor },
    dead_man: dead_man && {
      heir: dead_man.heir,
      after_blocks: dead_man.after,
      staging_blocks: dead_man.staging_csv,
      staging: scripts.staging && { address: scripts.staging.address, descriptor: scripts.staging.descriptor },
    },
    fee_coins: { ...fee_coins },
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
    steps: [...steps],
  }
}
