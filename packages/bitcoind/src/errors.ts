import { CodedError } from '@belfry/protocol/primitives'

/** Closed, and short, so that a code doubles as a metric label. */
export type BitcoindErrorCode =
  /** No connection, or one lost before the whole answer had come. Transient. */
  | 'unreachable'
  /** No whole answer in time. Transient. */
  | 'timeout'
  /** The caller gave up, or the client was closed. */
  | 'aborted'
  /** bitcoind is starting (RPC code -28). Transient. */
  | 'warming-up'
  /** bitcoind's work queue or our own queue of calls is full, or bitcoind is stopping. Transient. */
  | 'busy'
  | 'unauthorised'
  /** HTTP 403: `rpcallowip` or `rpcwhitelist`. */
  | 'forbidden'
  | 'cookie-unreadable'
  /** bitcoind answered with an RPC error: see `rpc`. */
  | 'rpc-error'
  /** Some other HTTP status; most likely not a bitcoind. */
  | 'http-error'
  /** Not JSON, not JSON-RPC, or a result without the expected fields. */
  | 'malformed-answer'
  | 'response-too-large'
  /** No usable program here, and none can be fetched. */
  | 'no-program'
  /** Fetching Debian's package failed. */
  | 'fetch-failed'
  | 'start-failed'
  /** A regtest network did not reach an awaited state in time. */
  | 'stalled'
  /** The purse holds too little for what was asked. */
  | 'purse-empty'

const REMEDIES: Readonly<Record<BitcoindErrorCode, string>> = {
  unreachable: 'Start bitcoind with server=1, or correct the RPC host, port and cookie path.',
  timeout: 'Look at bitcoind\'s load and disk; it is retried.',
  aborted: 'Nothing to do.',
  'warming-up': 'Wait until bitcoind has started.',
  busy: 'Raise rpcworkqueue and rpcthreads of bitcoind when it happens often.',
  unauthorised: 'Point the cookie file, or the RPC user and password, at this bitcoind.',
  forbidden: 'Allow this host by rpcallowip, and the method by rpcwhitelist.',
  'cookie-unreadable': 'Make the cookie file readable for this user (rpccookieperms=group).',
  'rpc-error': 'Read bitcoind\'s own words; its debug.log may say more.',
  'http-error': 'Check that the RPC host and port are bitcoind\'s.',
  'malformed-answer': 'Check that the RPC port is bitcoind\'s, and its version is 28 or later.',
  'response-too-large': 'Report it: no answer Belfry asks for should be so long.',
  'no-program': 'Install Bitcoin Core or Bitcoin Knots, version 28 or later, so that bitcoind is on PATH.',
  'fetch-failed': 'Check the network and the apt mirror, or install bitcoind 28 or later on PATH.',
  'start-failed': 'Read debug.log and stderr.log in the data directory.',
  stalled: 'Read debug.log in the data directories; the machine may be too busy.',
  'purse-empty': 'Ask for less, or mine blocks to the purse\'s address.',
}

/** An RPC error in bitcoind's own terms. */
export interface RpcFault {
  /** RPC_* of bitcoind's rpc/protocol.h, for example -5, -26. */
  readonly code: number
  /** bitcoind's words, printable and cut to a bound. Only answers.ts may branch on them. */
  readonly message: string
}

export interface BitcoindErrorOptions extends ErrorOptions {
  readonly rpc?: RpcFault
  /** Where the code's usual remedy does not fit. */
  readonly remedy?: string
}

export class BitcoindError extends CodedError<BitcoindErrorCode> {
  /** Present exactly when the code is `rpc-error` or `warming-up` as told over RPC. */
  readonly rpc: RpcFault | undefined

  constructor(code: BitcoindErrorCode, message: string, options: BitcoindErrorOptions = {}) {
    super(code, message, options.remedy ?? REMEDIES[code], options)
    this.rpc = options.rpc
  }
}

/** Whether bitcoind answered with this RPC error code. */
export function isRpcFault(error: unknown, code: number): error is BitcoindError {
  return error instanceof BitcoindError && error.rpc?.code === code
}

const UNPRINTABLE = /[^\x20-\x7e]+/g
/**
 * Longer than any hash: a transaction, which bitcoind quotes when it does not decode, and which may have to stay
 * unknown.
 */
const RAW_DATA = /[0-9a-f]{65,}/gi
const SCANNED_LENGTH = 500

/** Text from outside, made fit for one line of a log: printable ASCII, at most `limit` characters, no raw data. */
export function printable(text: string, limit: number): string {
  // Cut first, so that a huge text costs no more than its head; not at the limit, where raw data could be left too
  // short to tell.
  const head = text.slice(0, limit + SCANNED_LENGTH).replaceAll(RAW_DATA, '(raw data)')
  return head.slice(0, limit).replaceAll(UNPRINTABLE, '?')
}
