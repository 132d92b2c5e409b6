/** The ledgers in a node's data directory, while the node is stopped. */
import type * as Daemon from '@belfry/node'
import type { Option } from 'commander'
import { option } from '../../command.ts'
import { usageError } from '../../errors.ts'
import type { Shell } from '../../shell.ts'

export interface DeskOptions {
  readonly config?: string
  readonly data?: string
}

export function deskOptions(): Option[] {
  return [
    option('--config <file>', "the node's configuration, which says where its data is"),
    option('--data <dir>', 'or its data directory'),
  ]
}

/** Here and nowhere before: whoever runs another command loads no store and no daemon. */
function loadDaemon(): Promise<typeof Daemon> {
  return import('@belfry/node')
}

/** Open until the work is done. @throws ConfigError, LedgerError, StoreError, RuntimeError; CliError usage */
export async function atDesk<T>(options: DeskOptions, shell: Shell, work: (desk: Daemon.LedgerDesk) => Promise<T> | T): Promise<T> {
  const daemon = await loadDaemon()
  await using desk = await daemon.LedgerDesk.open(await dataDir(daemon, options, shell))
  return await work(desk)
}

async function dataDir({ loadConfig }: typeof Daemon, { config: file, data }: DeskOptions, { env, cwd }: Shell): Promise<string> {
  if (data !== undefined) return data
  if (file === undefined) throw usageError("The node's data directory is needed.", 'Give --config with its configuration, or --data with the directory.')
  return (await loadConfig({ file, env, cwd })).config.data_dir
}
