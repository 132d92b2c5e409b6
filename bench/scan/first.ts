import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const LIMIT_MS = 60_000

export interface FirstInit {
  /** null: the synthetic block. */
  readonly folder: string | null
  readonly name: string
  readonly signal: AbortSignal
}

/** Milliseconds that the first block takes, in so many processes. */
export async function firstBlock(init: FirstInit, prepared: 'warm' | 'unprepared', samples: number): Promise<number[]> {
  const { folder, name, signal } = init
  const script = `${import.meta.dirname}/first-block.ts`
  const args = ['--conditions=source', script, folder ?? '-', name, prepared]
  const times_ms: number[] = []
  for (let i = 0; i < samples; i++) {
    const { stdout } = await promisify(execFile)(process.execPath, args, { signal, timeout: LIMIT_MS })
    times_ms.push(Number(stdout))
  }
  return times_ms
}
