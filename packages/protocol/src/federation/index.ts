export {
  CARD_ROLES, type Card, type CardInit, type CardRole, cardDigest, cardSchema, makeCard, parseCard, verifyCard,
} from './card.ts'
export {
  type Change, type ChangeInit, type Difference, changeSchema, checkChange, differenceOf, nextBody, parseChange,
  proposeChange,
} from './change.ts'
export { type Consent, consentSchema, parseConsent, signConsent } from './consent.ts'
export {
  type Definition, type DefinitionInit, type DefinitionMember, cardOf, checkDefinition, define, definitionHash,
  definitionSchema, parseDefinition,
} from './definition.ts'
export { FederationError, type FederationErrorCode, refuseOn } from './errors.ts'
export { Federation, type Member } from './federation.ts'
export type { EncryptionKey, NodeKey, OwnerKey } from './keys.ts'
export {
  type Lock, type LockBody, type LockSignature, lockHash, lockPrefix, lockSchema, lockSignatureSchema, parseLock,
  parseLockSignature, verifyLock,
} from './lock.ts'
export { type LostShares, lostShares } from './lost-shares.ts'
export { NETWORKS, type Network, genesisHashOf } from './network.ts'
export { type PeerId, peerIdOf } from './peer-id.ts'
export { assembleLock, assembleNextLock, signChange, signDefinition, signedLock } from './signing.ts'
export {
  type SuccessionConflict, conflictOf, consentDigest, consentsNeeded, verifyChain, verifySuccession,
} from './succession.ts'
export {
  ACTIONS, type ActionThresholds, type Quorum, type ThresholdChoices, type Thresholds, checkThresholds, derive,
  meaning, safeApprovals, withDefaults,
} from './thresholds.ts'
export { DEFAULT_TIMING, type Timing, checkTiming } from './timing.ts'
