/** Spends that a reorganisation undid, of which nothing has been heard since. */
import type { Outpoint } from '../primitives/index.ts'
import type { Turn } from '../state/turn.ts'

/**
 * A reorganisation is told block by block, and only then what bitcoind took back into its mempool: a spend that it undid is
 * not called gone before that had time to come.
 */
const RETURN_PATIENCE_MS = 10_000

export function mayReturn({ volatile, at_ms }: Turn, outpoint: Outpoint): boolean {
  const undone_at = volatile.undone.get(outpoint)
  // Either way round: the clock may have been set back since.
  return undone_at !== undefined && Math.abs(at_ms - undone_at) < RETURN_PATIENCE_MS
}
