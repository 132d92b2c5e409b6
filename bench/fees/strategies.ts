/** What answers a theft: ladders of pre-signed clawbacks, with or without fee coins beyond them, and one fixed fee. */

export type Strategy =
  | {
      readonly kind: 'ladder'
      readonly name: string
      /** Lowest first, in sat/kvB. */
      readonly feerates: readonly number[]
      /** A pool of fee coins pays for P with a child once the top rung is not enough. */
      readonly coins: boolean
    }
  | { readonly kind: 'fixed'; readonly name: string; readonly feerate: number }

export const CLAWBACK_VSIZE = 169
/** P and the child that spends its anchor. */
export const ANCHORED_VSIZE = 182 + 151

const FIVE = [2_000, 10_000, 50_000, 250_000, 1_000_000]
const THREE = [10_000, 50_000, 250_000]

/** The first is what is measured, the fixed fees are its peers. */
export const STRATEGIES: readonly Strategy[] = [
  { kind: 'ladder', name: 'five-rungs', feerates: FIVE, coins: false },
  { kind: 'ladder', name: 'three-rungs', feerates: THREE, coins: false },
  { kind: 'ladder', name: 'five-rungs+coins', feerates: FIVE, coins: true },
  { kind: 'ladder', name: 'three-rungs+coins', feerates: THREE, coins: true },
  { kind: 'fixed', name: 'fixed-10', feerate: 10_000 },
  { kind: 'fixed', name: 'fixed-50', feerate: 50_000 },
]

/** Of the vault's value: `max_clawback_fee_percent`. */
const MAX_FEE_PERCENT = 2

/** The rungs that a vault of this value can afford; the others are not built. */
export function affordable(strategy: Strategy, vault_sats: number): Strategy {
  if (strategy.kind === 'fixed') return strategy
  const max = (vault_sats * MAX_FEE_PERCENT) / 100
  return { ...strategy, feerates: strategy.feerates.filter((feerate) => feeOf(CLAWBACK_VSIZE, feerate) <= max) }
}

/** In satoshis. */
export function feeOf(vsize: number, feerate: number): number {
  return Math.ceil((vsize * feerate) / 1_000)
}
