export { type BundleInit, type EnrolmentBundle, type GuardedVault, type RecoveryTransaction, type RootKey, enrolmentBundle, makeBundle } from './custody/bundle.ts'
export { type Enrolled, type MemberResult, enrol, requireProtected } from './custody/enrol.ts'
export { FederationLink } from './connect/federation-link.ts'
export { portsOf, verifier } from './crypto.ts'
export { ClientError, type ClientErrorCode } from './errors.ts'
export { cardToJson, definitionToJson, lockSignatureToJson, lockToJson } from './federation-files.ts'
export * from './files/index.ts'

// What a program of an owner or operator needs of the packages beneath, so that this package is all that it imports.
export { OwnerKey, SecretBytes, createNodeKeys, createOwnerKey, openNodeKeys, openOwnerKey, readPassphraseFile } from '@belfry/keystore'
export {
  ACTIONS, CARD_ROLES, type Card, type CardRole, type Definition, Federation, FederationError, type Lock, NETWORKS,
  type Network, type NodeKey, type OwnerKey as OwnerKeyName, assembleLock, checkDefinition, define, derive, meaning,
  parseCard, parseDefinition, parseLock, parseLockSignature, refuseOn, signDefinition, verifyCard, verifyLock, makeCard,
} from '@belfry/protocol'
export { CodedError, type MemberIndex, type Millis, SchemaError } from '@belfry/protocol/primitives'
