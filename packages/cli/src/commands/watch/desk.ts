/** The list of what a node watches, in its data directory. */
import { parseLock, refuseOn, verifier, verifyLock } from '@belfry/client'
import type * as Daemon from '@belfry/node'
import type { Option } from 'commander'
import { required } from '../../command.ts'
import { readParsed } from '../../files/read-parsed.ts'
import type { Shell } from '../../shell.ts'

export interface DeskOptions {
  readonly config: string
}

export function deskOptions(): Option[] {
  return [required('--config <file>', "the node's configuration, which says where its data and its lock are")]
}

/** Here and nowhere before: whoever runs another command loads no store and no daemon. */
function loadDaemon(): Promise<typeof Daemon> {
  return import('@belfry/node')
}

/** Open until the work is done. @throws ConfigError, WatchError, StoreError; ClientError and FederationError of the lock */
export async function atDesk<T>(
  { config: file }: DeskOptions,
  { env, cwd }: Shell,
  work: (desk: Daemon.WatchDesk, daemon: typeof Daemon) => Promise<T>,
): Promise<T> {
  const daemon = await loadDaemon()
  const { config } = await daemon.loadConfig({ file, env, cwd })
  const lock = await readParsed(config.lock, 'the federation lock', parseLock)
  refuseOn(verifyLock(verifier, lock))
  await using desk = await daemon.WatchDesk.open({ data_dir: config.data_dir, network: lock.definition.network })
  return await work(desk, daemon)
}
