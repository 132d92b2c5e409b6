import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

/** A bitcoind that runs here. */
export interface BitcoindBinary {
  readonly path: string
  /** bitcoin-cli of the same origin, for people; null where there is none. */
  readonly cliPath: string | null
  /** The first number of the version: 29 of 29.5.0. */
  readonly majorVersion: number
  /** As the program says, for example `v29.5.0.knots20260508`. */
  readonly version: string
  /** Knots has policy options that Core lacks, and refuses to start without knowing an option. */
  readonly flavour: 'core' | 'knots'
  readonly source: 'path' | 'cache'
}

/** submitpackage for a child with its parent, JSON-RPC 2.0, and TRUC are all there from 28 on. */
export const MIN_MAJOR_VERSION = 28

/**
 * `Bitcoin Core daemon version v28.1.0`, `Bitcoin Knots daemon version v29.5.0.knots20260508`; before 28 without
 * `daemon`.
 */
const VERSION = /^Bitcoin (Core|Knots)(?: RPC)?(?: daemon)? version (v(\d{1,3})\.[\w.+-]{1,40})/m
const VERSION_LIMIT_MS = 20_000

const execFileAsync = promisify(execFile)

/** Asks a program for its version. @returns null when it does not run, or is no bitcoind */
export async function inspect(path: string, source: BitcoindBinary['source']): Promise<BitcoindBinary | null> {
  try {
    const { stdout } = await execFileAsync(path, ['-version'], { timeout: VERSION_LIMIT_MS })
    const [, name, version, major] = VERSION.exec(stdout) ?? []
    if (version === undefined) return null
    const cliPath = join(path, '..', 'bitcoin-cli')
    return {
      path,
      cliPath: await isExecutable(cliPath) ? cliPath : null,
      majorVersion: Number(major),
      version,
      flavour: name === 'Knots' ? 'knots' : 'core',
      source,
    }
  } catch {
    return null
  }
}

/** @param searchPath as in the environment's PATH */
export async function findOnPath(program: string, searchPath: string): Promise<string | null> {
  for (const directory of searchPath.split(delimiter)) {
    // An empty entry means the working directory: never run what lies there.
    if (directory === '') continue
    const path = join(directory, program)
    if (await isExecutable(path)) return path
  }
  return null
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
