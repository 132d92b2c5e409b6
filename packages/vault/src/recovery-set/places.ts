import { assertNever, type Feerate } from '@belfry/protocol/primitives'
import { anyoneCanPayFeerate, FEE_COIN_FEERATE } from '../plan/fee-coins.ts'
import type { VaultPlan } from '../plan/plan.ts'

/** Which transaction of the set: a rung of a ladder, and for what claws back the unvault variant that it spends. */
export type Place =
  | { readonly purpose: 'unvault'; readonly variant: number }
  | { readonly purpose: 'clawback'; readonly variant: number; readonly rung: number }
  | { readonly purpose: 'anyone-can-pay'; readonly variant: number }
  | { readonly purpose: 'anchored'; readonly variant: number }
  | { readonly purpose: 'emergency'; readonly rung: number }
  | { readonly purpose: 'dead-man'; readonly rung: number }

/** `unvault-0`, `clawback-0-3`, `anyone-can-pay-0`, `anchored-0`, `emergency-1`, `dead-man-0`: a manifest's labels. */
export type TransactionId =
  | `unvault-${number}`
  | `clawback-${number}-${number}`
  | `anyone-can-pay-${number}`
  | `anchored-${number}`
  | `emergency-${number}`
  | `dead-man-${number}`

export function transactionIdOf(place: Place): TransactionId {
  switch (place.purpose) {
    case 'unvault':
      return `unvault-${place.variant}`
    case 'clawback':
      return `clawback-${place.variant}-${place.rung}`
    case 'anyone-can-pay':
      return `anyone-can-pay-${place.variant}`
    case 'anchored':
      return `anchored-${place.variant}`
    case 'emergency':
      return `emergency-${place.rung}`
    case 'dead-man':
      return `dead-man-${place.rung}`
    default:
      return assertNever(place)
  }
}

/** The variant whose unvault this transaction spends; null where it spends the deposit. */
export function variantClawedBack(place: Place): number | null {
  switch (place.purpose) {
    case 'clawback':
    case 'anyone-can-pay':
    case 'anchored':
      return place.variant
    case 'unvault':
    case 'emergency':
    case 'dead-man':
      return null
    default:
      return assertNever(place)
  }
}

interface Listed {
  readonly id: TransactionId
  readonly place: Place
  /** Declared. */
  readonly feerate: Feerate
}

/**
 * Every transaction that the plan asks for: all U; then for each variant its clawbacks, the ladder before the means that
 * take fee coins; then emergency, then dead man. Without U that is the order of a manifest's envelopes.
 */
export function placesOf(plan: VaultPlan): Listed[] {
  const { unvault, emergency, dead_man } = plan.rungs
  return [
    ...unvault.map((feerate, variant) => listed({ purpose: 'unvault', variant }, feerate)),
    ...unvault.flatMap((_, variant) => clawbacksOf(plan, variant)),
    ...emergency.map((feerate, rung) => listed({ purpose: 'emergency', rung }, feerate)),
    ...dead_man.map((feerate, rung) => listed({ purpose: 'dead-man', rung }, feerate)),
  ]
}

function clawbacksOf({ rungs, fee_coins }: VaultPlan, variant: number): Listed[] {
  const ladder = rungs.clawback.map((feerate, rung) => listed({ purpose: 'clawback', variant, rung }, feerate))
  if (fee_coins.anyone_can_pay) ladder.push(listed({ purpose: 'anyone-can-pay', variant }, anyoneCanPayFeerate(rungs)))
  if (fee_coins.anchored) ladder.push(listed({ purpose: 'anchored', variant }, FEE_COIN_FEERATE))
  return ladder
}

function listed(place: Place, feerate: Feerate): Listed {
  return { id: transactionIdOf(place), place, feerate }
}
