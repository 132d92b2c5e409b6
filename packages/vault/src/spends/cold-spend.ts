import type { Feerate } from '@belfry/protocol/primitives'
import { scriptsOf, type VaultPlan } from '../plan/plan.ts'
import type { PublicKey } from '../scripts/keys.ts'
import { coldSigners } from '../signing/cold-signers.ts'
import type { SignDigest } from '../transaction/signature.ts'
import { REPLACEABLE, type Spend, spendSigned } from './spend.ts'

/**
 * What enough cold keys can do with the deposit without any transaction of the set: pay it anywhere at once. The owner
 * ends a vault this way; in a thief's hands it is cold-theft.
 * @param keys the cold keys at hand; the first `threshold` of them in the plan's order sign
 * @param to output script
 * @throws VaultError `signatures-missing`, `spend-impossible` or `signature-invalid`
 */
export function buildColdSpend(
  plan: VaultPlan,
  keys: readonly PublicKey[],
  to: Uint8Array,
  feerate: Feerate,
  sign: SignDigest,
): Spend {
  const signers = coldSigners(plan, keys)
  const coin = { ...plan.deposit, wsh: scriptsOf(plan).deposit }
  return spendSigned({ coin, branch: 'multi', keys: signers, sequence: REPLACEABLE, to, feerate, sign })
}
