/** Asking a bitcoind of one's own, where a command can. */
import { type Bitcoind, type Network, connectBitcoind, readPassphraseFile, requireNetwork } from '@belfry/client'
import type { Option } from 'commander'
import { integer, option } from '../command.ts'
import { usageError } from '../errors.ts'

export interface BitcoindOptions {
  readonly bitcoindHost: string
  readonly bitcoindPort?: number
  readonly bitcoindCookie?: string
  readonly bitcoindUser?: string
  readonly bitcoindPasswordFile?: string
}

export function bitcoindOptions(): Option[] {
  return [
    integer('--bitcoind-port <port>', 'ask the bitcoind with this RPC port', 1, 65_535),
    option('--bitcoind-cookie <file>', "log in with bitcoind's cookie file"),
    option('--bitcoind-user <name>', 'log in with rpcauth instead'),
    option('--bitcoind-password-file <file>', 'the password of that user'),
    option('--bitcoind-host <host>', 'where it runs').default('127.0.0.1'),
  ]
}

/**
 * A bitcoind of the network, for the time of one command; null where none was named.
 * @throws CliError usage; ClientError wrong-network; BitcoindError
 */
export async function withBitcoind<T>(
  options: BitcoindOptions,
  network: Network,
  signal: AbortSignal,
  use: (bitcoind: Bitcoind) => Promise<T>,
): Promise<T | null> {
  const { bitcoindHost: host, bitcoindPort: port } = options
  const credentials = await credentialsOf(options)
  if (port === undefined || credentials === null) {
    if (port === undefined && credentials === null) return null
    throw usageError(
      'A bitcoind is asked by its port and its cookie file.',
      'Give --bitcoind-port with --bitcoind-cookie, or neither.',
    )
  }
  const bitcoind = connectBitcoind({ host, port, ...credentials })
  try {
    await requireNetwork(bitcoind, network, signal)
    return await use(bitcoind)
  } finally {
    bitcoind.close()
  }
}

type Credentials =
  { readonly cookieFile: string } | { readonly auth: { readonly user: string; readonly password: string } }

async function credentialsOf({
  bitcoindCookie,
  bitcoindUser,
  bitcoindPasswordFile,
}: BitcoindOptions): Promise<Credentials | null> {
  const byPassword = bitcoindUser !== undefined || bitcoindPasswordFile !== undefined
  if (bitcoindCookie !== undefined && !byPassword) return { cookieFile: bitcoindCookie }
  if (!byPassword) return null
  if (bitcoindCookie !== undefined || bitcoindUser === undefined || bitcoindPasswordFile === undefined) {
    throw usageError(
      'There are two ways to log in to bitcoind.',
      'Give --bitcoind-cookie, or --bitcoind-user with --bitcoind-password-file.',
    )
  }
  using secret = await readPassphraseFile(bitcoindPasswordFile)
  // The header of each request is made of it, so it has to be a string.
  return { auth: { user: bitcoindUser, password: secret.use((bytes) => new TextDecoder().decode(bytes)) } }
}
