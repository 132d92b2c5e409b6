/** The settings of a node as flags. They go before the environment and the file. */
import type { loadConfig } from '@belfry/node'
import { Option } from 'commander'

export type NodeFlags = NonNullable<Parameters<typeof loadConfig>[0]['flags']>
type Setting = keyof NodeFlags

/** What each setting is for; a setting without a line here does not compile. */
const MEANINGS: Record<Setting, string> = {
  data_dir: 'where the node keeps its state',
  lock: 'the federation lock of the newest epoch',
  previous_locks: 'locks of earlier epochs under which vaults are still guarded, separated by commas',
  keystore: 'the encrypted node keys (default: node-keys.json in the data directory)',
  passphrase_file: 'file with the passphrase of the keystore, readable by its owner alone',
  allow_group_readable_passphrase: 'accept a passphrase file that its group can read (true or false)',
  'bitcoind.host': 'where bitcoind runs',
  'bitcoind.rpc_port': "bitcoind's RPC port",
  'bitcoind.cookie_file': "bitcoind's cookie file",
  'bitcoind.user': 'RPC user, instead of the cookie',
  'bitcoind.password_file': 'file with the password of that user',
  'bitcoind.zmq.rawblock': "bitcoind's zmqpubrawblock address",
  'bitcoind.zmq.rawtx': "bitcoind's zmqpubrawtx address",
  'bitcoind.zmq.sequence': "bitcoind's zmqpubsequence address",
  listen: 'addresses to listen on, separated by commas',
  'http.host': 'where the HTTP API listens',
  'http.port': 'its port; 0 takes any that is free',
  'http.allow_remote': 'let http.host be no loopback address (true or false)',
  owners: 'cards of the owners to admit, separated by commas',
  'fee_wallet.key_file': 'the encrypted key of the fee wallet (default: fee-key.json in the data directory)',
  'fee_wallet.birth_height': 'the block from which on to look for coins of that key',
  'fee_wallet.max_sat_per_incident': 'the most that it may spend on one incident, in satoshis',
  'fee_wallet.max_sat_per_window': 'the most that it may spend in one window of blocks',
  'fee_wallet.window_blocks': 'how many blocks that window has',
  'fee_wallet.split_max_sat_vb': 'split coins at this feerate at most; 0 never does',
  'log.level': 'debug, info, warn or error',
  'log.file': 'log to this file instead of standard error',
}

const SETTINGS = Object.keys(MEANINGS) as Setting[]

export function settingOptions(): Option[] {
  return SETTINGS.map((key) => new Option(`${flagOf(key)} <value>`, MEANINGS[key]))
}

/** `--http-port` for `http.port`, as the node's own errors name it. */
function flagOf(key: Setting): string {
  return `--${key.replaceAll(/[._]/g, '-')}`
}

/** What was given on the command line, by setting. */
export function flagsOf(options: { readonly [name: string]: unknown }): NodeFlags {
  const flags: NodeFlags = {}
  for (const key of SETTINGS) {
    const value = options[new Option(flagOf(key)).attributeName()]
    if (typeof value === 'string') flags[key] = value
  }
  return flags
}
