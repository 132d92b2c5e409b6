/** The usual names of files in a data directory and beside it. */
export const NODE_KEYS = 'node-keys.json'
export const OWNER_KEY = 'owner-key.json'
export const GUARDIAN_KEY = 'guardian-key.json'
export const CARD = 'belfry-card.json'
export const DEFINITION = 'federation.definition.json'
export const SIGNATURE = 'belfry-signature.json'
export const LOCK = 'federation.lock.json'
export const CHANGE = 'federation.change.json'
export const CONSENT = 'belfry-consent.json'
export const VAULT_KEYS = 'vault-keys.json'
export const PLAN = 'plan.json'
export const RECOVERY_SET = 'recovery-set.json'
export const ENROLMENT = 'enrolment.json'
export const RECEIPTS = 'enrolment-receipts.json'
export const UNVAULT = 'unvault.json'
export const CUSTODY = 'custody.json'
export const TIMELOCK_PLAN = 'timelock-recovery-plan.json'

/** Of every epoch but the first. */
export function lockOfEpoch(epoch: number): string {
  return `federation.lock-${epoch}.json`
}

/** In a member's data directory: to what it consented as what follows this lock. */
export function keptConsent(previousLockHash: string): string {
  return `consent-after-${previousLockHash.slice(0, 16)}.json`
}
