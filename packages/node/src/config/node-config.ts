/** What a node needs to know before it starts. Paths are absolute; no secret is in it, only where each one lies. */
import { isIP } from 'node:net'
import { join } from 'node:path'
import type { LogLevel } from '../logging/levels.ts'
import { ConfigError } from './errors.ts'
import type { Reader } from './sources.ts'

export interface NodeConfig {
  readonly data_dir: string
  /** federation.lock.json of the newest epoch. */
  readonly lock: string
  /** Those of earlier epochs, which are served for as long as a vault may be guarded under them. In any order. */
  readonly previous_locks: readonly string[]
  readonly keystore: string
  readonly passphrase_file: string
  /** For mounts that a group can read, as Kubernetes makes them. */
  readonly allow_group_readable_passphrase: boolean
  readonly bitcoind: {
    readonly host: string
    readonly rpc_port: number
    readonly credentials: { readonly cookie_file: string } | { readonly user: string; readonly password_file: string }
    /** null: bitcoind is asked only. */
    readonly zmq: { readonly rawblock: string; readonly rawtx: string; readonly sequence: string } | null
  }
  /** Multiaddrs; none where this member only dials the others. */
  readonly listen: readonly string[]
  readonly http: { readonly host: string; readonly port: number; readonly allow_remote: boolean }
  /** Paths of the cards of admitted owners. */
  readonly owners: readonly string[]
  readonly fee_wallet: FeeWalletConfig
  /** `file` null: the standard error. */
  readonly log: { readonly level: LogLevel; readonly file: string | null }
}

export interface FeeWalletConfig {
  /** Where there is no such file, there is no fee wallet. */
  readonly key_file: string
  /** For a key that an earlier node used: where to look for its coins from; null: from the first start on. */
  readonly birth_height: number | null
  readonly max_sat_per_incident: number
  readonly max_sat_per_window: number
  readonly window_blocks: number
  /** At a higher feerate coins stay as large as they are; 0: always. */
  readonly split_max_sat_vb: number
}

/** @throws ConfigError */
export function assemble(read: Reader): NodeConfig {
  const data_dir = read.required('data_dir')
  return {
    data_dir,
    lock: read.required('lock'),
    previous_locks: read.required('previous_locks'),
    keystore: read.defaultsTo('keystore', join(data_dir, 'node-keys.json')),
    passphrase_file: read.required('passphrase_file'),
    allow_group_readable_passphrase: read.required('allow_group_readable_passphrase'),
    bitcoind: {
      host: read.required('bitcoind.host'),
      rpc_port: read.required('bitcoind.rpc_port'),
      credentials: credentials(read),
      zmq: zmq(read),
    },
    listen: read.required('listen'),
    http: http(read),
    owners: read.required('owners'),
    fee_wallet: {
      key_file: read.defaultsTo('fee_wallet.key_file', join(data_dir, 'fee-key.json')),
      birth_height: read.optional('fee_wallet.birth_height'),
      max_sat_per_incident: read.required('fee_wallet.max_sat_per_incident'),
      max_sat_per_window: read.required('fee_wallet.max_sat_per_window'),
      window_blocks: read.required('fee_wallet.window_blocks'),
      split_max_sat_vb: read.required('fee_wallet.split_max_sat_vb'),
    },
    log: { level: read.required('log.level'), file: read.optional('log.file') },
  }
}

function credentials(read: Reader): NodeConfig['bitcoind']['credentials'] {
  const cookie_file = read.optional('bitcoind.cookie_file')
  const user = read.optional('bitcoind.user')
  const password_file = read.optional('bitcoind.password_file')
  if (cookie_file !== null && (user !== null || password_file !== null)) {
    throw new ConfigError(
      'conflict',
      'bitcoind.cookie_file and bitcoind.user with bitcoind.password_file are both set',
      'Keep one of the two ways; the cookie is the better one where both programs run on one host.',
    )
  }
  if (cookie_file !== null) return { cookie_file }
  if (user !== null && password_file !== null) return { user, password_file }
  throw new ConfigError(
    'missing-value',
    user === null && password_file === null
      ? 'there is no way to log in to bitcoind'
      : 'one of bitcoind.user and bitcoind.password_file is set without the other',
    'Set bitcoind.cookie_file (bitcoind keeps .cookie in its data directory), or bitcoind.user and password_file.',
  )
}

function zmq(read: Reader): NodeConfig['bitcoind']['zmq'] {
  const rawblock = read.optional('bitcoind.zmq.rawblock')
  const rawtx = read.optional('bitcoind.zmq.rawtx')
  const sequence = read.optional('bitcoind.zmq.sequence')
  if (rawblock !== null && rawtx !== null && sequence !== null) return { rawblock, rawtx, sequence }
  if (rawblock === null && rawtx === null && sequence === null) return null
  const missing = Object.entries({ rawblock, rawtx, sequence }).flatMap(([name, value]) =>
    value === null ? [`bitcoind.zmq.${name}`] : [],
  )
  throw new ConfigError(
    'missing-value',
    `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} not set, although the rest of bitcoind.zmq is`,
    'Set rawblock, rawtx and sequence (bitcoind publishes all three at one address if asked to), or none of them.',
  )
}

function http(read: Reader): NodeConfig['http'] {
  const host = read.required('http.host')
  const allow_remote = read.required('http.allow_remote')
  if (!isLoopback(host) && !allow_remote) {
    throw new ConfigError(
      'remote-http',
      'http.host is not a loopback address: metrics and readiness would be open to the network',
      'Use 127.0.0.1 and reach it through SSH or a proxy, or set http.allow_remote where a firewall guards it.',
    )
  }
  return { host, port: read.required('http.port'), allow_remote }
}

/** 127.0.0.0/8, ::1 or localhost, which systems resolve by themselves (RFC 6761). */
export function isLoopback(host: string): boolean {
  if (isIP(host) === 4) return host.startsWith('127.')
  return host === '::1' || host.toLowerCase() === 'localhost'
}
