export { type CheckedTransaction, type CheckedVault, checkForeignVault } from './check.ts'
export {
  type CustodyFile,
  type ForeignVault,
  custodyToJson,
  parseCustody,
  readCustody,
  readPlainCustody,
  writeCustody,
} from './custody-file.ts'
export { type ForeignFinding, ForeignVaultRefused } from './findings.ts'
export { guardedForeignVault } from './guarded.ts'
export { vaultOfTimelockPlan } from './timelock-plan.ts'
export { type Trial, tryForeignVault } from './try.ts'
