/**
 * Three verdicts. **Reject** costs the forwarding peer its standing, so it is only for what every honest forwarder on a
 * supported version would itself reject. All that depends on time, version or local state is **ignore**.
 */
import type { SchemaErrorCode } from '../primitives/index.ts'

export type Verdict = 'accept' | 'ignore' | 'reject'

export const REJECT_CODES = [
  // Form.
  'oversize',
  'malformed',
  'over-limit',
  'missing-field',
  'not-canonical',
  'attachment-over-limit',
  // Sender.
  'not-a-member',
  'wrong-peer-id',
  'bad-signature',
  // Attachments.
  'attachment-missing',
  'bad-attachment',
  // Votes and certificates.
  'wrong-incident',
  'too-few-votes',
  'votes-apart',
  'bad-inner-frame',
  'unwanted-inner-frame',
  'bad-inner-signature',
  // Releases, receipts, notices, evidence.
  'not-a-rung',
  'wrong-generation',
  'wrong-vault',
  'bad-evidence',
] as const

export const IGNORE_CODES = [
  'unknown-version',
  'unknown-kind',
  'unknown-field',
  'unknown-variant',
  'foreign-lock',
  'other-epoch',
  'wrong-channel',
  /** Of a kind that only its author may hand over. */
  'not-its-own',
  /** These very bytes came before. */
  'duplicate',
  'garbage-over-budget',
  'forwarder-over-budget',
  'sender-over-budget',
  'own-message',
  'not-for-me',
  'for-owners',
  /** A newer one of its sender came before. */
  'stale',
  /** A vote that renews none. */
  'not-renewing',
  /** A certificate whose votes I hold, or newer ones. */
  'nothing-new',
  /** It says what I hold. */
  'known',
  'unknown-vault',
  'unknown-manifest',
  'unknown-transaction',
  'unknown-incident',
  'unknown-command',
  'command-refused',
  /** Not what this version's members report of such a drill: a later one's may. */
  'not-a-report',
  'anchor-out-of-window',
  'incidents-full',
  /** A question that its sender has asked more often than I answer. */
  'asked-too-soon',
  /** An answer to what I did not ask. */
  'not-asked-for',
  'early-shares-full',
  'incident-settled',
] as const

export type RejectCode = (typeof REJECT_CODES)[number]
export type IgnoreCode = (typeof IGNORE_CODES)[number]
export type VerdictCode = 'accepted' | RejectCode | IgnoreCode

/** Unknown fields and words may be a later version's; the rest is wrong in every version. */
export const SCHEMA_VERDICTS: Readonly<Record<SchemaErrorCode, RejectCode | IgnoreCode>> = {
  malformed: 'malformed',
  'over-limit': 'over-limit',
  'missing-field': 'missing-field',
  'not-canonical': 'not-canonical',
  'unknown-field': 'unknown-field',
  'unknown-variant': 'unknown-variant',
}

const REJECTED: ReadonlySet<string> = new Set(REJECT_CODES)

export function verdictOf(code: VerdictCode): Verdict {
  if (code === 'accepted') return 'accept'
  return REJECTED.has(code) ? 'reject' : 'ignore'
}
