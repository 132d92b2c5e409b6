/** Where and of what a result was measured: numbers without these mean nothing. */
import { execFile } from 'node:child_process'
import { availableParallelism, cpus } from 'node:os'
import { promisify } from 'node:util'

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly node: string
  /** null where none took part. */
  readonly bitcoind: string | null
}

export function thisMachine(bitcoind: string | null): Machine {
  return { cpu: cpus()[0]?.model.trim() ?? 'unknown', cores: availableParallelism(), node: process.version, bitcoind }
}

const GIT_LIMIT_MS = 10_000

/** Of the checkout, with `-dirty` where files differ from it; `unknown` outside one. */
export async function thisCommit(): Promise<string> {
  try {
    const args = ['describe', '--always', '--dirty', '--exclude=*', '--abbrev=40']
    const { stdout } = await promisify(execFile)('git', args, { cwd: import.meta.dirname, timeout: GIT_LIMIT_MS })
    return stdout.trim()
  } catch {
    return 'unknown'
  }
}
