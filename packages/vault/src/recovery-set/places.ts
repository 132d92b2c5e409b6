import { assertNever, type Feerate } from '@belfry/protocol/primitives'
import type { VaultPlan } from '../plan/plan.ts'

/** Which transaction of the set: a rung of a ladder, and for a clawback the unvault variant that it spends. */
export type Place =
  | { readonly purpose: 'unvault'; readonly variant: number }
  | { readonly purpose: 'clawback'; readonly variant: number; readonly rung: number }
  | { readonly purpose: 'emergency'; readonly rung: number }

/** `unvault-0`, `clawback-0-3`, `emergency-1`. */
export type TransactionId = `unvault-${number}` | `clawback-${number}-${number}` | `emergency-${number}`

export function transactionIdOf(place: Place): TransactionId {
  switch (place.purpose) {
    case 'unvault':
      return `unvault-${place.variant}`
    case 'clawback':
      return `clawback-${place.variant}-${place.rung}`
    case 'emergency':
      return `emergency-${place.rung}`
    default:
      return assertNever(place)
  }
}

/** Every transaction that the plan asks for, with its declared feerate: all U, then all K, then all E. */
export function placesOf(
  plan: VaultPlan,
): { readonly id: TransactionId; readonly place: Place; readonly feerate: Feerate }[] {
  const { unvault, clawback, emergency } = plan.rungs
  const listed = (place: Place, feerate: Feerate) => ({ id: transactionIdOf(place), place, feerate })
  return [
    ...unvault.map((feerate, variant) => listed({ purpose: 'unvault', variant }, feerate)),
    ...unvault.flatMap((_, variant) =>
      clawback.map((feerate, rung) => listed({ purpose: 'clawback', variant, rung }, feerate)),
    ),
    ...emergency.map((feerate, rung) => listed({ purpose: 'emergency', rung }, feerate)),
  ]
}
