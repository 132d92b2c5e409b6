export type { Finding, FindingCode } from './findings.ts'
export { type Confirmed, verifyRecoverySet, verifyUnvaults } from './verify.ts'
export { acceptRecoverySet, acceptUnvaults, RecoverySetRefused } from './accept.ts'
