import { VaultError } from '../errors.ts'
import { scriptsOf, type VaultPlan } from '../plan/plan.ts'
import { buildRecoverySet } from '../recovery-set/build.ts'
import type { PresignedTransaction, SignedRecoverySet } from '../recovery-set/signed.ts'
import type { KeySet, PublicKey } from '../scripts/keys.ts'
import { signatureFrom, type SignDigest } from '../transaction/signature.ts'
import { acceptRecoverySet } from '../verify/accept.ts'
import { coldSigners } from './cold-signers.ts'
import { finalise } from './finalise.ts'

/**
 * Builds and signs the whole set on one device that has enough cold keys, and verifies what came out. With signers that
 * grind R (as `OwnerKey` does) the same plan gives the same bytes every time.
 * @param keys the cold keys at hand; the first `threshold` of them in the plan's order sign
 * @throws VaultError `signing-key-unknown`, `signatures-missing` or `signature-invalid`
 */
export function signRecoverySet(plan: VaultPlan, keys: readonly PublicKey[], sign: SignDigest): SignedRecoverySet {
  checkSigners(keys, plan.cold)
  const signers = coldSigners(plan, keys)
  const presigned = buildRecoverySet(plan).map((unsigned): PresignedTransaction => {
    const signatures = new Map(signers.map((key) => [key, signatureFrom(sign, key, unsigned.sighash, unsigned.sighash_type)]))
    return finalise(unsigned, signatures, plan.cold)
  })
  return acceptAsPlanned(plan, presigned)
}

/** Verifies a set that was just signed; that the plan's destination is the right one the owner confirms elsewhere. */
export function acceptAsPlanned(plan: VaultPlan, presigned: readonly PresignedTransaction[]): SignedRecoverySet {
  return acceptRecoverySet(plan, presigned, { deep_cold_descriptor: scriptsOf(plan).deep_cold.descriptor })
}

/** @throws VaultError `signing-key-unknown` */
export function checkSigners(keys: readonly PublicKey[], { keys: known }: KeySet): void {
  const stranger = keys.find((key) => !known.includes(key))
  if (stranger === undefined) return
  throw new VaultError(
    'signing-key-unknown',
    `${stranger} is none of the plan's cold keys`,
    'Give the key file of a cold key of this plan.',
  )
}
