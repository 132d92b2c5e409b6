import { KeystoreError } from '../errors.ts'

/** What deriving the key from a passphrase costs (argon2id, RFC 9106). */
export interface KdfCost {
  /** In KiB. */
  readonly memory_kib: number
  readonly passes: number
  /** Lanes. */
  readonly parallelism: number
}

/** RFC 9106's second recommended choice at one lane: 0.2 s on a small server. */
export const DEFAULT_COST: KdfCost = { memory_kib: 64 * 1024, passes: 3, parallelism: 1 }

/** The least that a reader accepts: quick enough for tests, and still work for a guesser. */
export const LEAST_COST: KdfCost = { memory_kib: 8 * 1024, passes: 1, parallelism: 1 }

/** A file says itself what opening it costs, so a hostile one must not be able to ask for the whole machine. */
const MOST_COST: KdfCost = { memory_kib: 1024 * 1024, passes: 16, parallelism: 4 }

/** KiB times passes: about 4 s of one core. */
const MOST_WORK = 4 * 1024 * 1024

/** @throws KeystoreError encrypted-file-cost */
export function checkCost(cost: KdfCost): void {
  const bounded = within(cost.memory_kib, LEAST_COST.memory_kib, MOST_COST.memory_kib)
    && within(cost.passes, LEAST_COST.passes, MOST_COST.passes)
    && within(cost.parallelism, LEAST_COST.parallelism, MOST_COST.parallelism)
    && cost.memory_kib * cost.passes <= MOST_WORK
  if (bounded) return
  throw new KeystoreError(
    'encrypted-file-cost',
    `the cost of unlocking (${cost.memory_kib} KiB, ${cost.passes} passes, ${cost.parallelism} lanes) is out of bounds`,
    `Use 8 MiB to 1 GiB, 1 to 16 passes and 1 to 4 lanes, with memory times passes up to 4 GiB; if Belfry wrote this `
      + 'file, it was changed since: restore it from a backup.',
  )
}

function within(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most
}
