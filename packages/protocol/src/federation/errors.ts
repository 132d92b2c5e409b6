import { CodedError } from '../primitives/index.ts'

export type FederationErrorCode =
  // Files
  | 'file-too-large'
  | 'file-malformed'
  | 'file-of-other-format'
  | 'file-of-other-version'
  // Thresholds: one code per rule
  | 'member-count'
  | 'threshold-above-members'
  | 'threshold-too-low'
  | 'liars-reach-threshold'
  | 'liars-exceed-spare'
  | 'no-spare-member'
  // Cards
  | 'card-peer-id-differs'
  | 'card-keys-wrong-for-role'
  | 'card-address-of-other'
  | 'card-signature-wrong'
  // Definition
  | 'not-a-member-card'
  | 'duplicate-name'
  | 'duplicate-key'
  | 'member-index-wrong'
  | 'genesis-hash-differs'
  | 'mainnet-without-flag'
  | 'heartbeat-too-short'
  | 'periods-out-of-order'
  | 'definition-hash-differs'
  // Lock
  | 'not-a-member'
  | 'signature-for-other-lock'
  | 'signature-of-stranger'
  | 'signature-wrong'
  | 'signatures-out-of-order'
  | 'lock-half-signed'
  | 'lock-hash-differs'
  | 'lock-epoch-wrong'
  // Change of membership
  | 'change-of-nothing'
  | 'change-of-stranger'
  | 'lock-not-next'
  | 'federation-differs'
  | 'consents-missing'
  | 'consents-out-of-order'
  | 'consent-of-stranger'
  | 'consent-wrong'
  | 'consent-for-other-lock'
  | 'two-successors'

/** What is wrong with a card, a definition, a lock or its thresholds. Checks return them, builders throw the first. */
export class FederationError extends CodedError<FederationErrorCode> {}

/** @throws FederationError the first finding, where there is one */
export function refuseOn(findings: readonly FederationError[]): void {
  const [first] = findings
  if (first) throw first
}
