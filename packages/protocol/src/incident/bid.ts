/** What a fee coin is asked to pay. Pure: the same numbers lead to the same bid at every member. */
import type { Feerate, Sats } from '../primitives/index.ts'

/** By this much at least a bid goes above the one before: bitcoind's incremental relay fee up to Core 29; later ones ask less. */
export const BID_STEP = 1_000
/** bitcoind refuses what pays more than 10,000 sat/vB unless told otherwise. */
export const MAX_BID = 9_000_000
/** At the deadline this many times the market's price. */
const LAST_URGENCY = 4
/** More than A with a coin, or P with its child, weighs: their sizes are the fee wallet's to know. */
const MOST_VSIZE = 500

export interface BidInit {
  /** Of my own bitcoind; null where it has none. */
  readonly estimate: Feerate | null
  readonly mempool_floor: Feerate
  /** What the top rung pays, which was not enough. */
  readonly top: Feerate
  /** Blocks after U confirmed by which the recovery should be confirmed, and how many are left of them. */
  readonly deadline: number
  readonly blocks_left: number
  /** What was bid last and did not do; null where nothing was. */
  readonly last: Feerate | null
}

/**
 * The market's price, which is the highest of the estimate, the mempool's floor and the top rung, times an urgency that rises
 * with the square of the time spent, from 1 when U confirmed to 4 at the deadline; and always a step above the last bid. It never
 * falls when the estimate, the floor, the top rung or the last bid rise, nor when blocks go by.
 */
export function bidFeerate({ estimate, mempool_floor, top, deadline, blocks_left, last }: BidInit): Feerate {
  const price = Math.max(estimate ?? 0, mempool_floor, top)
  const spent = deadline === 0 ? 1 : 1 - Math.min(Math.max(blocks_left, 0), deadline) / deadline
  const urgent = Math.ceil(price * (1 + (LAST_URGENCY - 1) * spent ** 2))
  return Math.min(MAX_BID, Math.max(urgent, last === null ? 0 : last + BID_STEP)) as Feerate
}

/** Satoshis that take the coin from a transaction in the mempool (BIP-125, rules 3 and 4); 0 where that pays nothing known. */
export function feeToReplace(fee: Sats | null): Sats {
  return fee === null ? (0n as Sats) : ((fee + BigInt((MOST_VSIZE * BID_STEP) / 1_000)) as Sats)
}
