import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  ConfigError,
  type ConfigErrorCode,
  type LoadOptions,
  type LoadedConfig,
  loadConfig,
} from '../../src/config/index.ts'

export const MINIMAL = `
data_dir: data
lock: federation.lock.json
passphrase_file: secrets/passphrase
bitcoind:
  rpc_port: 8332
  cookie_file: /var/lib/bitcoind/.cookie
`

export interface ConfigFolder {
  readonly dir: string
  load(text: string, options?: Partial<LoadOptions>): Promise<LoadedConfig>
  /** The refusal; fails where there is none. */
  refused(text: string, options?: Partial<LoadOptions>): Promise<ConfigError>
  remove(): Promise<void>
}

export async function configFolder(): Promise<ConfigFolder> {
  const dir = await mkdtemp(join(tmpdir(), 'belfry-config-'))
  const file = join(dir, 'belfry.yaml')
  const load: ConfigFolder['load'] = async (text, options = {}) => {
    await writeFile(file, text)
    return await loadConfig({ file, cwd: '/elsewhere', ...options })
  }
  return {
    dir,
    load,
    async refused(text, options) {
      try {
        await load(text, options)
      } catch (error) {
        if (error instanceof ConfigError) return error
        throw error
      }
      throw new Error('it was not refused')
    },
    remove: () => rm(dir, { recursive: true }),
  }
}

/** Code first, so that a failing test shows both. */
export function summary({ code, message }: ConfigError): `${ConfigErrorCode}: ${string}` {
  return `${code}: ${message}`
}
