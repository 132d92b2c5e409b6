import type { Millis } from '../primitives/index.ts'

/** A clock that is out of its mind leaves room for later starts. */
const MAX_BOOT_BY_CLOCK = 0xf000_0000

/** The number of a start at this time, where the log knows of no higher one: the time in seconds. */
export function bootByClock(at_ms: Millis): number {
  return Math.min(Math.floor(at_ms / 1_000), MAX_BOOT_BY_CLOCK)
}
