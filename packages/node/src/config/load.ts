import { dirname, resolve } from 'node:path'
import { readConfigFile } from './file.ts'
import { type NodeConfig, assemble } from './node-config.ts'
import { SETTING_KEYS, type SettingKey, settings } from './settings.ts'
import { type Environment, type Flags, type Found, type Origin, Reader, ignoredVariables } from './sources.ts'

export interface LoadOptions {
  /** null: no file. */
  readonly file: string | null
  readonly env?: Environment
  readonly flags?: Flags
  /** What relative paths outside the file are relative to. */
  readonly cwd: string
}

export interface LoadedConfig {
  readonly config: NodeConfig
  /** Of every setting. */
  readonly origins: Readonly<Record<SettingKey, Found>>
  /** Variables named `BELFRY_…` that are no setting: worth a warning. */
  readonly ignored: readonly string[]
}

/**
 * Reads the file and nothing else: whether the paths in it lead anywhere is for those who open them.
 * @throws ConfigError
 */
export async function loadConfig({ file, env = {}, flags = {}, cwd }: LoadOptions): Promise<LoadedConfig> {
  const path = file === null ? null : resolve(cwd, file)
  const reader = new Reader({
    flags,
    environment: env,
    file: path === null ? {} : await readConfigFile(path),
    file_dir: path === null ? cwd : dirname(path),
    working_dir: cwd,
  })
  const config = assemble(reader)
  const origins = Object.fromEntries(SETTING_KEYS.map((key) => [key, reader.found.get(key) ?? UNREAD]))
  return { config, origins: origins as Record<SettingKey, Found>, ignored: ignoredVariables(env) }
}

const UNREAD: Found = { origin: 'default', value: null }

export interface PrintedSetting {
  readonly key: SettingKey
  readonly value: string | number | boolean | readonly string[] | null
  readonly origin: Origin
}

/** Every setting with its value and where that came from, for `config print`. Secrets are only in the files named. */
export function printConfig({ origins }: Pick<LoadedConfig, 'origins'>): PrintedSetting[] {
  return SETTING_KEYS.map((key) => {
    const { value, origin } = origins[key]
    return { key, origin, value: value !== null && settings[key].redacted ? '[redacted]' : printed(value) }
  })
}

function printed(value: unknown): PrintedSetting['value'] {
  if (Array.isArray(value)) return value.map(String)
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null
}
