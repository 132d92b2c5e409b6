import { setTimeout as sleep } from 'node:timers/promises'

const LIMIT_MS = 20_000
const POLL_MS = 5

/** Polls until the condition holds; fails with the sentence when it does not within 20 s. */
export async function until(sentence: string, condition: () => boolean): Promise<void> {
  const deadline_ms = performance.now() + LIMIT_MS
  while (!condition()) {
    if (performance.now() > deadline_ms) throw new Error(`never came true: ${sentence}`)
    await sleep(POLL_MS)
  }
}
