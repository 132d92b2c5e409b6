import { TIMELOCK_DAYS } from './plan.ts'

/** BIP-68: with this bit set there is no relative lock. */
const DISABLED = 0x8000_0000
/** BIP-68: with this bit set the lock counts units of 512 seconds, else blocks. */
const IN_TIME = 0x0040_0000
const VALUE = 0xffff
const SECONDS_A_UNIT = 512
const SECONDS_A_DAY = 24 * 60 * 60
const BLOCKS_A_DAY = 144

export interface RelativeLock {
  readonly unit: 'blocks' | '512 seconds'
  readonly count: number
}

/** The relative lock of an input; null where it has none. It counts in transactions of version 2 and later only. */
export function relativeLockOf(sequence: number): RelativeLock | null {
  if (sequence >= DISABLED) return null
  return { unit: (sequence & IN_TIME) === 0 ? 'blocks' : '512 seconds', count: sequence & VALUE }
}

/** nSequence of a plan's recovery transaction, as the proposal computes it. */
export function sequenceOfDays(days: number): number {
  return IN_TIME | Math.round((days * SECONDS_A_DAY) / SECONDS_A_UNIT)
}

/** The whole days that a lock is nearest to. Wallets whose script counts blocks lock in blocks. */
export function daysOf({ unit, count }: RelativeLock): number {
  return Math.round(unit === 'blocks' ? count / BLOCKS_A_DAY : (count * SECONDS_A_UNIT) / SECONDS_A_DAY)
}

/** About as many blocks as the lock lasts: at least one. */
export function blocksOf({ unit, count }: RelativeLock): number {
  const blocks = unit === 'blocks' ? count : Math.round((count * SECONDS_A_UNIT * BLOCKS_A_DAY) / SECONDS_A_DAY)
  return Math.max(1, Math.min(VALUE, blocks))
}

export function isPlannable(days: number): boolean {
  return days >= TIMELOCK_DAYS.min && days <= TIMELOCK_DAYS.max
}
