export { type VaultKeys, readVaultKeys, vaultKeysToJson } from './keys-file.ts'
export { type RecoverySetFile, readRecoverySet, writeRecoverySet } from './recovery-set-file.ts'
export { type OpenVault, guardedVaultOf } from './guarded-vault.ts'
export {
  type Acceptance,
  type Deposit,
  findDeposit,
  requireDeposit,
  requireNetwork,
  testAcceptance,
} from './deposit.ts'
