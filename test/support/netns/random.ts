/** Random instants that can be had again: the seed is printed, and BELFRY_NETNS_SEED gives it back. */
import { randomInt } from 'node:crypto'

const SEED = 'BELFRY_NETNS_SEED'
const MAX_SEED = 2 ** 32

export interface Random {
  readonly seed: number
  /** An integer from 0 up to and without `end`. */
  below(end: number): number
}

export function printedRandom(): Random {
  const given = Number(process.env[SEED] ?? Number.NaN)
  const seed = Number.isSafeInteger(given) ? given : randomInt(MAX_SEED)
  process.stdout.write(`      ${SEED}=${seed}\n`)
  let state = seed >>> 0
  return {
    seed,
    // mulberry32
    below: (end) => {
      state = (state + 0x6d2b79f5) >>> 0
      let mixed = Math.imul(state ^ (state >>> 15), state | 1)
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
      return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / MAX_SEED) * end)
    },
  }
}
