export { type BundleInit, type EnrolmentBundle, type GuardedVault, type RecoveryTransaction, type RootKey, enrolmentBundle, makeBundle } from './custody/bundle.ts'
export { type Enrolled, type MemberResult, enrol, requireProtected } from './custody/enrol.ts'
export { FederationLink } from './connect/federation-link.ts'
export { ClientError, type ClientErrorCode } from './errors.ts'
