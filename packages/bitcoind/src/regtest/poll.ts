import { setTimeout as sleep } from 'node:timers/promises'
import { BitcoindError } from '../errors.ts'

const POLL_INTERVAL_MS = 25

/**
 * Asks until the answer is yes. For what bitcoind gives no event of.
 * @param awaited completes the sentence "… did not happen within …"
 * @throws BitcoindError stalled
 */
export async function pollUntil(awaited: string, limit_ms: number, isTrue: () => Promise<boolean>): Promise<void> {
  const end_ms = performance.now() + limit_ms
  while (!await isTrue()) {
    if (performance.now() > end_ms) throw new BitcoindError('stalled', `${awaited} did not happen within ${limit_ms} ms`)
    await sleep(POLL_INTERVAL_MS)
  }
}
