import {
  type Bitcoind,
  RecoverySetRefused,
  type SignedRecoverySet,
  type VaultPlan,
  acceptRecoverySet,
  parsePlan,
  planToJson,
  readRecoverySet,
  requireDeposit,
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
}

export function registerVerify(parent: Command, registrar: Registrar): void {
  addCommand<VerifyOptions>(parent, registrar, {
    usage: 'verify',
    summary: 'Verify a signed recovery set in every point',
    about:
      'Against the plan alone: version, coin, sequence, lock time, scripts, fee, signatures, destination. With a bitcoind ' +
      'also the deposit and, without sending anything, whether it would take every transaction.',
    example: 'belfry vault verify --plan plan.json --set recovery-set.json --confirm bc1q… --passphrase-file pass',
    options: [
      option('--plan <file>', 'what was to be signed').default(PLAN),
      option('--set <file>', 'the recovery set').default(RECOVERY_SET),
      option('--confirm <address>', 'the deep-cold address or descriptor of your own record'),
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
  const set = accept(plan, unverified.transactions, options.confirm, output)
  const underpaying = await withBitcoind(options, plan.network, signal, (bitcoind) =>
    ask(bitcoind, set, output, signal),
  )
  const confirmed = options.confirm !== undefined
  return {
    result: {
      ...setJson(set),
      destination_confirmed: confirmed,
      bitcoind_asked: underpaying !== null,
      below_mempool_minimum: underpaying ?? [],
    },
    human: (style) => [
      ...describeSet(set),
      bitcoindSays(underpaying),
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

function bitcoindSays(underpaying: readonly string[] | null): string {
  if (underpaying === null) return 'No bitcoind was asked.'
  const there = 'bitcoind: the deposit is there, unspent, and'
  if (underpaying.length === 0) return `${there} every transaction would be taken.`
  return `${there} all but ${underpaying.join(', ')} would be taken now; these pay less than its full mempool asks today.`
}

/** @returns the transactions that pay less than the mempool asks now, which says nothing against the set */
async function ask(bitcoind: Bitcoind, set: SignedRecoverySet, output: Output, signal: AbortSignal): Promise<string[]> {
  await requireDeposit(bitcoind, set.plan, signal)
  const acceptances = await testAcceptance(
    bitcoind,
    set,
    (done, of) => output.count('transactions tried', done, of),
    signal,
  )
  const refused = acceptances.flatMap(({ id, answer }) => {
    switch (answer.kind) {
      case 'accepted':
      case 'already-known':
      case 'fee-too-low':
        return []
      case 'unreachable':
        throw new CliError(
          'unreachable',
          `bitcoind gave no answer on ${id}: ${answer.reason}`,
          'Run it again when bitcoind answers.',
        )
      default:
        return [`${id}: ${answer.reason}`]
    }
  })
  if (refused.length === 0) return acceptances.flatMap(({ id, answer }) => (answer.kind === 'fee-too-low' ? [id] : []))
  throw new CliError(
    'mempool-refuses',
    `bitcoind would not take ${refused.join('; ')}`,
    'Do not enrol this set; plan and sign it anew.',
  )
}
