export { type VaultKeys, readVaultKeys, vaultKeysToJson } from './keys-file.ts'
export { type RecoverySetFile, readRecoverySet, writeRecoverySet } from './recovery-set-file.ts'
export { type OpenVault, guardedVaultOf } from './guarded-vault.ts'
export {
  type Acceptance,
  type AcceptanceOutcome,
  type Deposit,
  type DepositStatus,
  findDeposit,
  lookUpDeposit,
  requireDeposit,
  requireNetwork,
  testAcceptance,
} from './deposit.ts'
