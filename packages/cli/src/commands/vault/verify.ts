import {
  type Acceptance,
  type Bitcoind,
  RecoverySetRefused,
  type SignedRecoverySet,
  type VaultPlan,
  acceptRecoverySet,
  checkFunding,
  lookUpDeposit,
  parsePlan,
  planToJson,
  readRecoverySet,
  scriptsOf,
  testAcceptance,
} from '@belfry/client'
import type { Command } from 'commander'
import { type Registrar, addCommand, option } from '../../command.ts'
import { CliError } from '../../errors.ts'
import { type BitcoindOptions, bitcoindOptions, withBitcoind } from '../../files/bitcoind.ts'
import { PLAN, RECOVERY_SET } from '../../files/names.ts'
import { type PassphraseOptions, passphraseOptions, readPassphrase } from '../../files/passphrase.ts'
import { readParsed } from '../../files/read-parsed.ts'
import type { Output, Report } from '../../output/index.ts'
import type { Shell } from '../../shell.ts'
import { describeSet, setJson } from './describe-set.ts'

interface VerifyOptions extends PassphraseOptions, BitcoindOptions {
  readonly plan: string
  readonly set: string
  readonly confirm?: string
  readonly funding?: string
}

export function registerVerify(parent: Command, registrar: Registrar): void {
  addCommand<VerifyOptions>(parent, registrar, {
    usage: 'verify',
    summary: 'Verify a signed recovery set in every point',
    about:
      'Against the plan alone: version, coin, sequence, lock time, scripts, fee, signatures, destination. With a bitcoind ' +
      'also the deposit and, without sending anything, whether it would take every transaction, each clawback with its unvault.\n' +
      'Where the coin is paid in last (--signing ephemeral), give the signed funding transaction before you destroy any key.',
    example: [
      'belfry vault verify --plan plan.json --set recovery-set.json --confirm bc1q… --passphrase-file pass',
      'belfry vault verify --plan plan.json --set recovery-set.json --bitcoind-port 38332 --bitcoind-cookie .cookie --passphrase-file pass',
      'belfry vault verify --plan plan.json --set recovery-set.json --funding funding.hex --passphrase-file pass',
    ].join('\n  '),
    options: [
      option('--plan <file>', 'what was to be signed').default(PLAN),
      option('--set <file>', 'the recovery set').default(RECOVERY_SET),
      option('--confirm <address>', 'the deep-cold address or descriptor of your own record'),
      option('--funding <file>', 'the signed transaction that will make the deposit, in hex: whether it does'),
      ...passphraseOptions(),
      ...bitcoindOptions(),
    ],
    run: (options) => runVerify(options, registrar.shell),
  })
}

async function runVerify(options: VerifyOptions, { output, signal }: Shell): Promise<Report> {
  const plan = await readParsed(options.plan, 'a plan', parsePlan)
  using passphrase = await readPassphrase(options)
  const unverified = await readRecoverySet({ path: options.set, passphrase })
  if (planToJson(unverified.plan) !== planToJson(plan)) {
    throw new CliError(
      'files-disagree',
      `${options.set} was signed for another plan than ${options.plan}.`,
      'Give the plan that was signed.',
    )
  }
  const { funding } = options
  if (funding !== undefined) {
    await readParsed(funding, 'the funding transaction', (hex) => checkFunding(plan, hex.trim()))
  }
  const set = accept(plan, unverified.transactions, options.confirm, output)
  const said = await withBitcoind(options, plan.network, signal, (bitcoind) => ask(bitcoind, set, output, signal))
  const confirmed = options.confirm !== undefined
  return {
    result: {
      ...setJson(set),
      destination_confirmed: confirmed,
      funding_checked: funding !== undefined,
      bitcoind_asked: said?.tried === true,
      bitcoind_skipped: said?.tried === false ? said.reason : null,
      below_mempool_minimum: said?.tried === true ? said.underpaying : [],
      accepted_later: said?.tried === true ? said.later : [],
    },
    human: (style) => [
      ...describeSet(set),
      ...bitcoindSays(said),
      ...(funding === undefined ? [] : ['The funding transaction makes this deposit, and its txid can no longer change.']),
      confirmed
        ? style('green', 'All as planned, to the destination that you confirmed.')
        : `All as planned. Compare with your own record: the coin goes to ${scriptsOf(plan).deep_cold.address}`,
    ],
  }
}

/** @throws RecoverySetRefused with the first finding, after all others were told */
function accept(
  plan: VaultPlan,
  presigned: Parameters<typeof acceptRecoverySet>[1],
  confirm: string | undefined,
  output: Output,
): SignedRecoverySet {
  const { address, descriptor } = scriptsOf(plan).deep_cold
  const deep_cold_descriptor = confirm === undefined || confirm === address ? descriptor : confirm
  try {
    return acceptRecoverySet(plan, presigned, { deep_cold_descriptor })
  } catch (error) {
    if (error instanceof RecoverySetRefused) for (const { sentence } of error.findings.slice(1)) output.warn(sentence)
    throw error
  }
}

/** What bitcoind said of the set. A transaction that would be taken later or for more says nothing against it. */
type Said =
  | { readonly tried: true; readonly underpaying: string[]; readonly later: string[] }
  | { readonly tried: false; readonly reason: string }

function bitcoindSays(said: Said | null): string[] {
  if (said === null) return ['No bitcoind was asked.']
  if (!said.tried) return [`bitcoind tried no transaction: ${said.reason}.`]
  const { underpaying, later } = said
  const there = 'bitcoind: the deposit is there, unspent, and'
  const but = [...underpaying, ...later]
  return [
    but.length === 0
      ? `${there} every transaction would be taken.`
      : `${there} all but ${but.join(', ')} would be taken now.`,
    ...(underpaying.length === 0
      ? []
      : [`${underpaying.join(', ')}: less than its full mempool asks today; no fault of the set.`]),
    ...(later.length === 0
      ? []
      : [`${later.join(', ')}: only once the deposit has rested as planned; until then bitcoind does not try its signatures.`]),
  ]
}

async function ask(bitcoind: Bitcoind, set: SignedRecoverySet, output: Output, signal: AbortSignal): Promise<Said> {
  const deposit = await lookUpDeposit(bitcoind, set.plan, signal)
  if (deposit.kind === 'not-paid-yet') return { tried: false, reason: deposit.reason }
  const acceptances = await testAcceptance(
    bitcoind,
    set,
    (done, of) => output.count('transactions tried', done, of),
    signal,
  )
  const idsOf = (wanted: Acceptance['outcome']): string[] =>
    acceptances.flatMap(({ id, outcome }) => (outcome === wanted ? [id] : []))
  const reasonsOf = (wanted: Acceptance['outcome']): string[] =>
    acceptances.flatMap(({ id, outcome, answer }) =>
      outcome === wanted ? [`${id}: ${'reason' in answer ? answer.reason : answer.kind}`] : [],
    )
  const [unanswered] = reasonsOf('unanswered')
  if (unanswered !== undefined)
    throw new CliError('unreachable', `bitcoind gave no answer on ${unanswered}`, 'Run it again when bitcoind answers.')
  const refused = reasonsOf('refused')
  if (refused.length === 0) return { tried: true, underpaying: idsOf('underpaid'), later: idsOf('later') }
  throw new CliError(
    'mempool-refuses',
    `bitcoind would not take ${refused.join('; ')}`,
    'Do not enrol this set; plan and sign it anew.',
  )
}
