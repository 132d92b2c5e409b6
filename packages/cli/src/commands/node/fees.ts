import type { FeeWalletView } from '@belfry/node'
import { CodedError } from '@belfry/client/errors'
import type { Command } from 'commander'
import { parseLock, refuseOn, verifier, verifyLock } from '@belfry/client'
import { NodeApi, type ApiOptions, apiOptions } from '../../api/node-api.ts'
import { type Registrar, addCommand, required } from '../../command.ts'
import { CliError } from '../../errors.ts'
import { readParsed } from '../../files/read-parsed.ts'
import { type Report, type Style, btc, count, list, short, table } from '../../output/index.ts'
import type { Shell } from '../../shell.ts'

export function registerFees(parent: Command, registrar: Registrar): void {
  const fees = parent
    .command('fees')
    .summary('The coins that pay for recovery transactions')
    .description('The fee wallet of a node: confirmed coins that pay for the clawbacks which bring no fee of their own.')
  addCommand<ApiOptions>(fees, registrar, {
    usage: 'show',
    summary: 'Show what the fee wallet holds, what it can pay, and where to send coins next',
    example: 'belfry node fees show --config /etc/belfry/node.yaml',
    options: apiOptions(),
    run: (options) => runShow(options, registrar.shell),
  })
  addCommand<CreateOptions>(fees, registrar, {
    usage: 'create',
    summary: 'Make the key of the fee wallet, once',
    about:
      'It is encrypted with the passphrase of the keystore, and used from the next start of the node on.\n' +
      'A key that is there is never replaced. Keep a copy of the file elsewhere: who loses it loses the coins.',
    example: 'belfry node fees create --config /etc/belfry/node.yaml',
    options: [required('--config <file>', "the node's configuration, which says where its keystore and its lock are")],
    run: (options) => runCreate(options, registrar.shell),
  })
}

interface CreateOptions {
  readonly config: string
}

async function runCreate({ config: file }: CreateOptions, { env, cwd }: Shell): Promise<Report> {
  // Here and nowhere before: whoever runs another command loads no daemon.
  const { createFeeKeyFile, loadConfig } = await import('@belfry/node')
  const { config } = await loadConfig({ file, env, cwd })
  const lock = await readParsed(config.lock, 'the federation lock', parseLock)
  refuseOn(verifyLock(verifier, lock))
  const { path, descriptor, first_address } = await createFeeKeyFile(config, lock.definition.network).catch(neverReplaced)
  return {
    result: { file: path, descriptor, first_address },
    human: () => [
      'Made the key of the fee wallet.',
      ...list([['file', path], ['descriptor', descriptor], ['first address', first_address]]),
      'Restart the node, then send coins to the address that belfry node fees show gives. Keep a copy of the file elsewhere.',
    ],
  }
}

/** There is no --force here, as there is elsewhere. */
function neverReplaced(error: unknown): never {
  if (!(error instanceof CodedError) || error.code !== 'file-exists') throw error
  throw new CliError(
    'file-exists',
    error.message,
    'This key is never replaced. If the node does not use it yet, restart it; then see belfry node fees show.',
  )
}

async function runShow(options: ApiOptions, shell: Shell): Promise<Report> {
  const api = await NodeApi.of(options, shell)
  const view = await api.get<FeeWalletView>('fee-wallet')
  return { result: view, human: (style) => describe(view, style) }
}

function describe(view: FeeWalletView, style: Style): string[] {
  const warnings = view.warnings.flatMap(({ warning, message, remedy }) => [
    `${style('red', warning)}: ${message}`,
    `→ ${remedy}`,
  ])
  if (view.state === 'none' && warnings.length === 0) {
    return ['This node has no fee wallet, and guards no vault that needs one.']
  }
  return view.state === 'ready' ? [...warnings, ...describeReady(view)] : warnings
}

function describeReady(view: FeeWalletView): string[] {
  const { next_address, coins, reserve_sats, recommended_sats, carries, budget, vaults, height } = view
  return [
    ...list([
      ['next address', next_address ?? 'none'],
      ['reserve', `${sats(reserve_sats)}, of ${sats(recommended_sats)} recommended`],
      ['carries', `A at ${carries.anyone_can_pay_sat_vb} sat/vB (a coin joins a clawback), or P at ${carries.anchored_sat_vb} sat/vB (a child pays for it)`],
      ['budget', `${sats(budget.spent_in_window_sats)} spent in this window, ${sats(budget.left_in_window_sats)} left`],
      ['vaults', `${vaults.anyone_can_pay} with A, ${vaults.anchored} with P`],
      ['coins', height === null ? 'not looked at yet' : `${count(coins.length, 'coin')} at block ${height}`],
    ]),
    ...table(coins.map(({ outpoint, value_sats, status, confirmations }) =>
      [`  ${short(outpoint)}`, sats(value_sats), status, count(confirmations, 'confirmation')]), [1]),
  ]
}

function sats(value: number): string {
  return btc(BigInt(value))
}
