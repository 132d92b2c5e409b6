/**
 * Which indexes of a watch are derived: up to a gap limit above the highest that was paid. The paid ones only ever add
 * up (a maximum), so the order in which payments become known makes no difference.
 */
import { MAX_INDEX } from '@belfry/vault'
import { MAX_SCRIPTS_OF_A_WATCH } from './limits.ts'
import type { Watch } from './watch.ts'

/** The watch as it is once this index is known to be paid; the same object where that is no news. */
export function afterPayment(watch: Watch, branch: number, index: number): Watch {
  const next = watch.next_index[branch]
  // Without a gap limit there is one index, and nothing to learn from its payment.
  if (watch.gap_limit === 0 || next === undefined || index < next) return watch
  return { ...watch, next_index: watch.next_index.with(branch, index + 1) }
}

/**
 * How many indexes of a branch are derived, from 0 on.
 * @param scripts_per_index 1, or 4 of combo()
 */
export function indexesOf(watch: Watch, branch: number, scripts_per_index: number): number {
  const next = watch.next_index[branch] ?? 0
  if (watch.gap_limit === 0) return 1
  return Math.min(next + watch.gap_limit, mostIndexes(watch, scripts_per_index))
}

/** Whether the next payment would be followed by fewer than its gap limit. */
export function isFull(watch: Watch, scripts_per_index: number): boolean {
  const most = mostIndexes(watch, scripts_per_index)
  return watch.gap_limit > 0 && watch.next_index.some((next) => next + watch.gap_limit > most)
}

function mostIndexes({ next_index }: Watch, scripts_per_index: number): number {
  return Math.min(Math.floor(MAX_SCRIPTS_OF_A_WATCH / (next_index.length * scripts_per_index)), MAX_INDEX + 1)
}
