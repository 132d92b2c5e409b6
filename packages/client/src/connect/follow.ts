/** Following an owner's vaults: what the members say, whenever it changes. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { FederationLink } from './federation-link.ts'
import { type SurveyResult, surveyVaults } from './survey.ts'

/** A theft is answered within blocks; a survey costs every member one request. */
const FOLLOW_INTERVAL_MS = 10_000

export interface FollowOptions {
  readonly signal: AbortSignal
  readonly interval_ms?: number
}

/**
 * Yields at once, and then after each change in what any member says of its vaults and incidents, or in who answers; tips
 * alone are no change. Ends when the signal fires.
 */
export async function* followVaults(
  link: FederationLink,
  { signal, interval_ms = FOLLOW_INTERVAL_MS }: FollowOptions,
): AsyncGenerator<SurveyResult[], void> {
  let told: string | null = null
  try {
    for (;;) {
      const results = await surveyVaults(link, signal)
      const told_now = essence(results)
      if (told_now !== told) yield results
      told = told_now
      await sleep(interval_ms, undefined, { signal })
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

function essence(results: readonly SurveyResult[]): string {
  return JSON.stringify(
    results.map((one) => (one.result === 'answer' ? [one.answer.chain, one.answer.vaults] : [one.result, one.code])),
  )
}
