import type { Feerate } from '@belfry/protocol/primitives'
import { feerate, MIN_FEERATE } from '../transaction/fees.ts'
import type { VaultPlan } from './plan.ts'

/**
 * Once an anyone-can-pay clawback is in a mempool, strangers may append inputs until it is 10,000 vB of junk, and every
 * rung below is then refused as a worse replacement. Only a rung of this feerate was seen to pass.
 */
export const OUTBIDDING_FEERATE: Feerate = feerate(1_000_000)

/** What clawbacks with fee coins pay by themselves: enough to be relayed alone. */
export const FEE_COIN_FEERATE: Feerate = feerate(MIN_FEERATE)

/** Two rates that differ by more pay fees that differ, for every transaction of at least 100 vB. */
const DISTINCT = 10

/** Whether a ladder can outbid an anyone-can-pay clawback that was padded. */
export function outbids(clawback: readonly Feerate[]): boolean {
  return (clawback.at(-1) ?? 0) >= OUTBIDDING_FEERATE
}

/**
 * What an anyone-can-pay clawback pays by itself. It pays the same output as the ladder's rungs, so with the fee of one
 * of them it would have its txid. Rungs are 1,000 sat/kvB apart: no two are near both rates.
 */
export function anyoneCanPayFeerate({ clawback }: VaultPlan['rungs']): Feerate {
  const taken = clawback.some((rung) => Math.abs(rung - FEE_COIN_FEERATE) < DISTINCT)
  return taken ? feerate(FEE_COIN_FEERATE + 2 * DISTINCT) : FEE_COIN_FEERATE
}
