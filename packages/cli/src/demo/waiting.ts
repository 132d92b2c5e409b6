import { setTimeout as sleep } from 'node:timers/promises'
import { CliError } from '../errors.ts'

const DEFAULT_INTERVAL_MS = 100

export interface Waiting {
  readonly limit_ms: number
  readonly interval_ms?: number
  readonly signal?: AbortSignal | undefined
  /** What else a person should know when it did not happen: the last words of a log. */
  readonly lastWords?: () => Promise<string>
}

/**
 * Asks until the answer is neither null nor false. For what gives no event of its own.
 * @param awaited completes the sentence "… did not happen within …"
 * @throws CliError stalled; AbortError
 */
export async function until<T>(awaited: string, ask: () => Promise<T | null | false>, waiting: Waiting): Promise<T> {
  const { limit_ms, interval_ms = DEFAULT_INTERVAL_MS, signal, lastWords } = waiting
  const end_ms = performance.now() + limit_ms
  for (;;) {
    signal?.throwIfAborted()
    const answer = await ask()
    if (answer !== null && answer !== false) return answer
    if (performance.now() > end_ms) {
      const said = (await lastWords?.()) ?? ''
      const message = `${awaited} did not happen within ${Math.round(limit_ms / 1_000)} s`
      throw new CliError('stalled', said === '' ? message : `${message}; last heard: ${said}`, 'Run it again when the machine is less busy.')
    }
    await pause(interval_ms, signal)
  }
}

/** @throws AbortError */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await sleep(ms, undefined, signal ? { signal } : {})
}
