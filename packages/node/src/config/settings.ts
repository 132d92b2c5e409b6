/**
 * The one table of a node's settings: what each takes, how it is written in the environment and on the command line,
 * and its default. Everything else here (the strict file, the flags, `config print`) follows from it.
 */
import { isIP } from 'node:net'
import { isMultiaddr } from '@belfry/network'
import { z } from 'zod'
import { LOG_LEVELS } from '../logging/levels.ts'

/** How text from the environment or a flag becomes a value; `path` and `paths` are made absolute. */
export type SettingKind = 'text' | 'path' | 'paths' | 'list' | 'number' | 'boolean'

export interface Setting<T> {
  readonly kind: SettingKind
  readonly schema: z.ZodType<T>
  /** Completes "must be …". */
  readonly expects: string
  /** undefined: without a value there is none, and whoever needs one says so. */
  readonly fallback: T | undefined
  /** Printed as `[redacted]`. */
  readonly redacted: boolean
}

const MAX_PATH_CHARACTERS = 4_096
const MAX_TEXT_CHARACTERS = 255
/** Addresses to listen on: a host has few. */
const MAX_LISTEN = 16
/** Epochs served at once: a change of members is rare, and an old epoch ends when its vaults have moved. */
const MAX_PREVIOUS_LOCKS = 15
/** Owners admitted by one node; the network bounds their connections by itself. */
const MAX_OWNERS = 1_024

const MAX_HEIGHT = 0xffff_ffff
/** 5 BTC: nobody pays that in fees, and a typing error may. */
const MAX_FEE_SATS = 500_000_000
/** A year. */
const MAX_WINDOW_BLOCKS = 52_560
const MAX_SPLIT_SAT_VB = 100

/** `~` is a shell's, not ours: taken literally it would silently make a directory of that name. */
const pathText = z
  .string()
  .min(1)
  .max(MAX_PATH_CHARACTERS)
  .refine((text) => !text.includes('\0') && !/^~(\/|$)/.test(text))
const port = (min: number) => z.number().int().min(min).max(65_535)
const wholeNumber = (min: number, max: number) => z.number().int().min(min).max(max)
const host = z
  .string()
  .max(MAX_TEXT_CHARACTERS)
  .refine((text) => isIP(text) > 0 || isHostName(text))
/** HTTP's basic authentication ends the name at the colon. */
const rpcUser = z
  .string()
  .max(MAX_TEXT_CHARACTERS)
  .regex(/^[!-9;-~]+$/)
const zmqAddress = z.string().max(MAX_TEXT_CHARACTERS).refine(isTcpAddress)

function isHostName(text: string): boolean {
  return text.split('.').every((label) => /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(label))
}

function isTcpAddress(text: string): boolean {
  const match = /^tcp:\/\/(?:\[([0-9a-fA-F:.]+)\]|([^:/@[\]]+)):([1-9][0-9]{0,4})$/.exec(text)
  if (!match) return false
  const [, ip6, name, portText] = match
  if (Number(portText) > 65_535) return false
  return ip6 === undefined ? isHostName(name ?? '') : isIP(ip6) === 6
}

interface SettingInit<T> {
  readonly kind: SettingKind
  readonly expects: string
  readonly fallback?: NoInfer<T>
  readonly redacted?: boolean
}

function setting<T>(schema: z.ZodType<T>, { kind, expects, fallback, redacted = false }: SettingInit<T>): Setting<T> {
  return { kind, schema, expects, fallback, redacted }
}

const A_PATH = 'a path (written out: ~ is not expanded)'
const A_HOST = 'an IP address or a host name'
const A_ZMQ_ADDRESS = 'an address like tcp://127.0.0.1:28332'

export const SETTINGS = {
  data_dir: setting(pathText, { kind: 'path', expects: A_PATH }),
  lock: setting(pathText, { kind: 'path', expects: A_PATH }),
  previous_locks: setting(z.array(pathText).max(MAX_PREVIOUS_LOCKS), {
    kind: 'paths',
    expects: `a list of at most ${MAX_PREVIOUS_LOCKS} paths of lock files`,
    fallback: [],
  }),
  keystore: setting(pathText, { kind: 'path', expects: A_PATH }),
  passphrase_file: setting(pathText, { kind: 'path', expects: A_PATH }),
  allow_group_readable_passphrase: setting(z.boolean(), { kind: 'boolean', expects: 'true or false', fallback: false }),
  'bitcoind.host': setting(host, { kind: 'text', expects: A_HOST, fallback: '127.0.0.1' }),
  'bitcoind.rpc_port': setting(port(1), { kind: 'number', expects: 'a port, 1 to 65535' }),
  'bitcoind.cookie_file': setting(pathText, { kind: 'path', expects: A_PATH }),
  'bitcoind.user': setting(rpcUser, { kind: 'text', expects: 'a name without spaces and colons', redacted: true }),
  'bitcoind.password_file': setting(pathText, { kind: 'path', expects: A_PATH }),
  'bitcoind.zmq.rawblock': setting(zmqAddress, { kind: 'text', expects: A_ZMQ_ADDRESS }),
  'bitcoind.zmq.rawtx': setting(zmqAddress, { kind: 'text', expects: A_ZMQ_ADDRESS }),
  'bitcoind.zmq.sequence': setting(zmqAddress, { kind: 'text', expects: A_ZMQ_ADDRESS }),
  listen: setting(z.array(z.string().refine(isMultiaddr)).max(MAX_LISTEN), {
    kind: 'list',
    expects: `a list of at most ${MAX_LISTEN} addresses like /ip4/0.0.0.0/tcp/9740`,
    fallback: [],
  }),
  'http.host': setting(host, { kind: 'text', expects: A_HOST, fallback: '127.0.0.1' }),
  'http.port': setting(port(0), {
    kind: 'number',
    expects: 'a port, 0 to 65535 (0: any that is free)',
    fallback: 9741,
  }),
  'http.allow_remote': setting(z.boolean(), { kind: 'boolean', expects: 'true or false', fallback: false }),
  owners: setting(z.array(pathText).max(MAX_OWNERS), {
    kind: 'paths',
    expects: `a list of at most ${MAX_OWNERS} paths of owner cards`,
    fallback: [],
  }),
  'fee_wallet.key_file': setting(pathText, { kind: 'path', expects: A_PATH }),
  'fee_wallet.birth_height': setting(wholeNumber(0, MAX_HEIGHT), { kind: 'number', expects: 'the height of a block' }),
  'fee_wallet.max_sat_per_incident': setting(wholeNumber(0, MAX_FEE_SATS), {
    kind: 'number',
    expects: `satoshis, 0 to ${MAX_FEE_SATS}`,
    fallback: 1_000_000,
  }),
  'fee_wallet.max_sat_per_window': setting(wholeNumber(0, MAX_FEE_SATS), {
    kind: 'number',
    expects: `satoshis, 0 to ${MAX_FEE_SATS}`,
    fallback: 3_000_000,
  }),
  'fee_wallet.window_blocks': setting(wholeNumber(1, MAX_WINDOW_BLOCKS), {
    kind: 'number',
    expects: `a number of blocks, 1 to ${MAX_WINDOW_BLOCKS}`,
    fallback: 1_008,
  }),
  'fee_wallet.split_max_sat_vb': setting(wholeNumber(0, MAX_SPLIT_SAT_VB), {
    kind: 'number',
    expects: `sat/vB, 0 to ${MAX_SPLIT_SAT_VB} (0: never split)`,
    fallback: 10,
  }),
  'log.level': setting(z.enum(LOG_LEVELS), {
    kind: 'text',
    expects: 'debug, info, warn or error',
    fallback: 'info',
  }),
  'log.file': setting(pathText, { kind: 'path', expects: A_PATH }),
} as const

export type SettingKey = keyof typeof SETTINGS
export type ValueOf<K extends SettingKey> = z.output<(typeof SETTINGS)[K]['schema']>

/** The same table, typed so that a generic key finds the schema of its own value. */
export const settings: { readonly [K in SettingKey]: Setting<ValueOf<K>> } = SETTINGS

export const SETTING_KEYS = Object.keys(SETTINGS) as readonly SettingKey[]

export function isSettingKey(key: string): key is SettingKey {
  return Object.hasOwn(SETTINGS, key)
}

/** `BELFRY_HTTP_PORT` for `http.port`. */
export function variableOf(key: SettingKey): string {
  return `BELFRY_${key.replaceAll('.', '_').toUpperCase()}`
}

/** `--http-port` for `http.port`. */
export function flagOf(key: SettingKey): string {
  return `--${key.replaceAll(/[._]/g, '-')}`
}
