/** A member's configuration file, as an operator would write it. */
import type { RegtestNode } from '@belfry/client/regtest'
import type { Seat } from './ceremony.ts'

export interface ConfigInit {
  readonly seat: Seat
  readonly lock: string
  /** Of earlier epochs. Default none. */
  readonly previousLocks?: readonly string[]
  readonly bitcoind: Pick<RegtestNode, 'rpcPort' | 'cookieFile' | 'zmq'>
  readonly httpPort: number
  readonly ownerCards: readonly string[]
  readonly logLevel: LogLevel
}

export type LogLevel = 'debug' | 'info'

/** YAML; a JSON string is one of YAML's ways to write text, so that no path can be taken for something else. */
export function memberConfig({ seat, lock, previousLocks = [], bitcoind, httpPort, ownerCards, logLevel }: ConfigInit): string {
  const { files, address } = seat
  const text = (value: string): string => JSON.stringify(value)
  return [
    `data_dir: ${text(files.dataDir)}`,
    `lock: ${text(lock)}`,
    `previous_locks: [${previousLocks.map(text).join(', ')}]`,
    `passphrase_file: ${text(files.passphrase)}`,
    'bitcoind:',
    `  rpc_port: ${bitcoind.rpcPort}`,
    `  cookie_file: ${text(bitcoind.cookieFile)}`,
    '  zmq:',
    `    rawblock: ${text(bitcoind.zmq.rawblock)}`,
    `    rawtx: ${text(bitcoind.zmq.rawtx)}`,
    `    sequence: ${text(bitcoind.zmq.sequence)}`,
    'listen:',
    `  - ${text(address)}`,
    'http:',
    `  port: ${httpPort}`,
    'owners:',
    ...ownerCards.map((path) => `  - ${text(path)}`),
    'log:',
    `  level: ${logLevel}`,
    `  file: ${text(files.log)}`,
    '',
  ].join('\n')
}
