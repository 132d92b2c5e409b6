import { setTimeout as sleep } from 'node:timers/promises'
import { BitcoindError } from '../errors.ts'

const POLL_INTERVAL_MS = 25

/**
 * Asks until the answer is not false. For what bitcoind gives no event of.
 * @param awaited completes the sentence "… did not happen within …"
 * @returns that answer
 * @throws BitcoindError stalled
 */
export async function pollUntil<T>(awaited: string, limit_ms: number, ask: () => Promise<T | false>): Promise<T> {
  const end_ms = performance.now() + limit_ms
  for (;;) {
    const answer = await ask()
    if (answer !== false) return answer
    if (performance.now() > end_ms) {
      throw new BitcoindError('stalled', `${awaited} did not happen within ${limit_ms} ms`)
    }
    await sleep(POLL_INTERVAL_MS)
  }
}
