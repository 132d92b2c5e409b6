/** Where each value comes from: flags before environment before file before default. */
import { resolve } from 'node:path'
import { ConfigError } from './errors.ts'
import type { FileValues } from './file.ts'
import {
  SETTING_KEYS,
  type SettingKey,
  type SettingKind,
  type ValueOf,
  flagOf,
  settings,
  variableOf,
} from './settings.ts'

export type Origin = 'flag' | 'environment' | 'file' | 'default'

export type FlagValue = string | number | boolean | readonly string[]
/** By setting; `flagOf` names the flags. Undefined is not given. */
export type Flags = Partial<Record<SettingKey, FlagValue | undefined>>
export type Environment = Readonly<Record<string, string | undefined>>

export interface Sources {
  readonly flags: Flags
  readonly environment: Environment
  readonly file: FileValues
  /** Paths in the file are relative to its folder. */
  readonly file_dir: string
  /** Paths in flags and environment are relative to this. */
  readonly working_dir: string
}

export interface Found {
  readonly origin: Origin
  readonly value: unknown
}

export class Reader {
  readonly #sources: Sources
  /** Every value read so far, for `config print`. */
  readonly found = new Map<SettingKey, Found>()

  constructor(sources: Sources) {
    this.#sources = sources
  }

  /** null where it is neither given nor has a default. @throws ConfigError wrong-value */
  optional<K extends SettingKey>(key: K): ValueOf<K> | null {
    const { schema, fallback, expects, kind } = settings[key]
    const given = this.#given(key)
    if (given === null) return this.#note(key, 'default', fallback ?? null)
    const parsed = schema.safeParse(given.value)
    if (!parsed.success) throw wrongValue(key, expects, given)
    // Only paths are resolved, and into paths: the type stays what the schema made it.
    const value = absolute(kind, parsed.data, given.base) as ValueOf<K>
    return this.#note(key, given.origin, value)
  }

  /** @throws ConfigError wrong-value, missing-value */
  required<K extends SettingKey>(key: K): ValueOf<K> {
    const value = this.optional(key)
    if (value !== null) return value
    throw new ConfigError(
      'missing-value',
      `${key} is not set`,
      `Set ${key} in the configuration file, ${variableOf(key)} or ${flagOf(key)}.`,
    )
  }

  /** Replaces a default that follows from another setting. */
  defaultsTo<K extends SettingKey>(key: K, value: ValueOf<K>): ValueOf<K> {
    return this.optional(key) ?? this.#note(key, 'default', value)
  }

  #note<T>(key: SettingKey, origin: Origin, value: T): T {
    this.found.set(key, { origin, value })
    return value
  }

  #given(key: SettingKey): Given | null {
    const { flags, environment, file, file_dir, working_dir } = this.#sources
    const { kind } = settings[key]
    const flag = flags[key]
    if (flag !== undefined) {
      return { origin: 'flag', value: fromText(kind, flag), base: working_dir, place: flagOf(key) }
    }
    // An empty variable is how EnvironmentFile= and compose files say "not set".
    const variable = environment[variableOf(key)]
    if (variable) {
      return { origin: 'environment', value: fromText(kind, variable), base: working_dir, place: variableOf(key) }
    }
    const value = file[key]
    return value === undefined ? null : { origin: 'file', value, base: file_dir, place: 'the configuration file' }
  }
}

interface Given {
  readonly origin: Origin
  readonly value: unknown
  /** What a relative path is relative to. */
  readonly base: string
  /** For errors. */
  readonly place: string
}

/** Text that does not fit stays as it is, for the schema to refuse. */
function fromText(kind: SettingKind, value: FlagValue): unknown {
  if (typeof value !== 'string') return value
  switch (kind) {
    case 'number':
      return /^(0|[1-9][0-9]{0,8})$/.test(value) ? Number(value) : value
    case 'boolean':
      return value === 'true' ? true : value === 'false' ? false : value
    case 'list':
    case 'paths':
      return value.split(',').map((part) => part.trim())
    case 'text':
    case 'path':
      return value
  }
}

function absolute(kind: SettingKind, value: unknown, base: string): unknown {
  if (kind === 'path' && typeof value === 'string') return resolve(base, value)
  if (kind === 'paths' && Array.isArray(value)) return value.map((path: unknown) => resolve(base, String(path)))
  return value
}

function wrongValue(key: SettingKey, expects: string, { origin, place, value }: Given): ConfigError {
  // Kubernetes gives every pod variables of the services around it; one named belfry-http makes BELFRY_HTTP_PORT.
  const isServiceLink =
    origin === 'environment' && typeof value === 'string' && value.startsWith('tcp://') && key.endsWith('port')
  return new ConfigError(
    'wrong-value',
    `${key} must be ${expects}`,
    isServiceLink ? `Set enableServiceLinks: false in the pod: Kubernetes made ${place}.` : `Correct it in ${place}.`,
  )
}

/** Variables of ours by name that set nothing: most likely mistyped, but a test's or Kubernetes' own are there too. */
export function ignoredVariables(environment: Environment): string[] {
  const known = new Set(SETTING_KEYS.map(variableOf))
  return Object.keys(environment)
    .filter((name) => name.startsWith('BELFRY_') && !known.has(name))
    .toSorted()
}
