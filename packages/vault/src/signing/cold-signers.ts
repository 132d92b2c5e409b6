import { VaultError } from '../errors.ts'
import type { VaultPlan } from '../plan/plan.ts'
import type { PublicKey } from '../scripts/keys.ts'

/** Of the cold keys at hand the first `threshold` in the plan's order. @throws VaultError `signatures-missing` */
export function coldSigners({ cold }: VaultPlan, keys: readonly PublicKey[]): PublicKey[] {
  const signers = cold.keys.filter((key) => keys.includes(key)).slice(0, cold.threshold)
  if (signers.length === cold.threshold) return signers
  throw new VaultError(
    'signatures-missing',
    `${signers.length} of ${cold.threshold} cold keys`,
    'Sign with further cold keys.',
  )
}
