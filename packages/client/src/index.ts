export {
  type BundleInit,
  type EnrolmentBundle,
  type GuardedVault,
  type OwnerKeys,
  type RecoveryTransaction,
  type RootKey,
  makeBundle,
  soleOwner,
} from './custody/bundle.ts'
export {
  type Receipts,
  hashOfBundle,
  readBundle,
  readReceipts,
  requireBundleFits,
  resumeOrStore,
  rewriteBundle,
  type StoredBundle,
  writeReceipts,
} from './custody/bundle-file.ts'
export { type Told, type VaultManifests, activeManifestOf, besideManifest, manifestsOf } from './custody/active.ts'
export { type Signing, countersign, requireSigned, requireSigner, signatureBy, signingOf, signingOfBundle, withoutWrong } from './custody/signatures.ts'
export {
  type WithdrawResult,
  type Withdrawal,
  readWithdrawal,
  withdraw,
  writeWithdrawal,
} from './custody/withdraw.ts'
export {
  type EnrolOptions,
  type Enrolled,
  type MemberResult,
  type NoReceipt,
  RETRY_MS,
  type Receipt,
  enrol,
  requireProtected,
} from './custody/enrol.ts'
export * from './commands/index.ts'
export { FederationLink } from './connect/federation-link.ts'
export { type FollowOptions, followVaults } from './connect/follow.ts'
export {
  type DrillsAnswer,
  type NoAnswer,
  type SurveyResult,
  type Surveyed,
  type VaultsAnswer,
  surveyDrills,
  surveyVaults,
  tipOfMembers,
} from './connect/survey.ts'
export { portsOf, verifier } from './crypto.ts'
export { ClientError, type ClientErrorCode } from './errors.ts'
export { printable } from './printable.ts'
export {
  cardToJson,
  changeToJson,
  consentToJson,
  definitionToJson,
  lockSignatureToJson,
  lockToJson,
} from './federation-files.ts'
export { type ReadEvidence, type Said, readEvidence } from './evidence/read.ts'
export * from './files/index.ts'
export * from './foreign/index.ts'
export { type Statement, readStatement } from './incident/statement.ts'
export * from './rescue/index.ts'
export * from './vault/index.ts'
export { MOVEMENT_EVENTS, type MovementInfo, type MovementPage, readMovements } from './watch/movements.ts'
export type { NodeReader } from './watch/node-reader.ts'
export { type WatchInfo, type WatchList, readWatches } from './watch/watches.ts'

// What a program of an owner or operator needs of the packages beneath, so that this package is all that it imports.
export { type Bitcoind, BitcoindError, connectBitcoind } from '@belfry/bitcoind'
export {
  NodeKeys,
  OwnerKey,
  SecretBytes,
  createNodeKeys,
  createOwnerKey,
  openNodeKeys,
  openOwnerKey,
  readPassphraseFile,
} from '@belfry/keystore'
export {
  ACTIONS,
  CARD_ROLES,
  type Card,
  type Command as OrderCommand,
  type CardRole,
  type Change,
  type Consent,
  type Definition,
  type EvidenceFault,
  type EvidenceFile,
  Federation,
  FederationError,
  type Lock,
  type LockSignature,
  type LostShares,
  type Manifest,
  type ManifestState,
  type ManifestHash,
  type Member,
  NETWORKS,
  type Network,
  type NodeKey,
  type Order,
  type OwnerAnswer,
  type OwnerKey as OwnerKeyName,
  type SignedCommand,
  type ThresholdChoices,
  type Timing,
  type VaultInfo,
  assembleLock,
  assembleNextLock,
  checkChange,
  checkDefinition,
  consentsNeeded,
  define,
  derive,
  differenceOf,
  envelopeLabels,
  lostShares,
  meaning,
  nextBody,
  parseCard,
  parseChange,
  parseConsent,
  parseDefinition,
  parseEvidence,
  parseLock,
  parseLockSignature,
  proposeChange,
  refuseOn,
  rungsOf,
  signChange,
  signConsent,
  signDefinition,
  signedLock,
  verifyCard,
  verifyChain,
  verifyLock,
  makeCard,
} from '@belfry/protocol'
export {
  CodedError,
  MAX_SATS,
  type MemberIndex,
  type Millis,
  type Outpoint,
  SchemaError,
  type VaultId,
  isHex32,
  parseOutpoint,
  sats,
  toHex,
} from '@belfry/protocol/primitives'
export {
  type DeepCold,
  type Finding,
  MAX_CSV,
  MAX_KEYS,
  type PublicKey,
  RecoverySetRefused,
  type SignedRecoverySet,
  type PlanRequest,
  type UnverifiedSet,
  VaultError,
  type SignDigest,
  type VaultPlan,
  acceptRecoverySet,
  buildRecoverySet,
  checkDistinct,
  checkFunding,
  checkKeySet,
  createPlan,
  isPublicKey,
  multisigScript,
  parsePlan,
  planToJson,
  recoverySetFromPsbts,
  scriptsOf,
  signPsbt,
  signRecoverySet,
  summaryLines,
  summaryOf,
  toPsbt,
  unvaultToJson,
  type AcceptedTimelockPlan,
  type SignedTransaction,
  acceptTimelockPlan,
  buildHeirSpend,
  daysOf,
  feerate,
  makeTimelockPlan,
  parseTimelockPlan,
  scriptOfAddress,
  timelockPlanToJson,
} from '@belfry/vault'
