/**
 * Which rungs of a clawback ladder are due. Deterministic but for each member's own fee estimate, and that may lift it by
 * one rung only, so that t members always have a rung in common; the top rung is due at half the window.
 */
import type { Feerate, Height } from '../primitives/index.ts'

/**
 * The lowest rung that every member releases by now.
 * @param blocks since U confirmed: my tip − height of U, 0 while U is unconfirmed
 * @param top index of the highest rung
 * @param csv W, the hot key's wait in blocks
 */
export function floorRung(blocks: number, top: number, csv: number): number {
  const half = Math.max(1, Math.floor(csv / 2))
  return Math.min(top, Math.floor((Math.max(0, blocks) * top) / half))
}

/** What the market asks at my bitcoind. Below its floor its mempool takes nothing, whatever it estimates, or cannot estimate. */
export function askedFeerate(estimate: Feerate | null, mempool_floor: Feerate): Feerate {
  return Math.max(estimate ?? 0, mempool_floor) as Feerate
}

/** The cheapest rung at or above what the market asks; the top where none is. */
export function rungOfMarket(feerates: readonly Feerate[], wanted: Feerate): number {
  const found = feerates.findIndex((feerate) => feerate >= wanted)
  return found === -1 ? feerates.length - 1 : found
}

/** The highest rung that I release now; release is cumulative: every rung up to it. */
export function dueRung(floor: number, top: number, ofMarket: number): number {
  return Math.max(floor, Math.min(ofMarket, floor + 1, top))
}

/** Feerate in sat/kvB of U and K together, which is what a miner sees while U is unconfirmed. */
export function packageFeerate(
  parent: { readonly fee: bigint; readonly vsize: number },
  child: { readonly fee: bigint; readonly vsize: number },
): Feerate {
  return Math.floor((Number(parent.fee + child.fee) * 1_000) / (parent.vsize + child.vsize)) as Feerate
}

/** Blocks that U has been confirmed, as the rule above counts them. */
export function blocksSince(confirmed: Height | null, tip: Height): number {
  return confirmed === null ? 0 : Math.max(0, tip - confirmed)
}
