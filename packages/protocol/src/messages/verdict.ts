/**
 * Three verdicts. **Reject** costs the forwarding peer its standing, so it is only for what every honest forwarder on a
 * supported version would itself reject. All that depends on time, version or local state is **ignore**.
 */
import type { SchemaErrorCode } from '../primitives/index.ts'

export type Verdict = 'accept' | 'ignore' | 'reject'

export const REJECT_CODES = [
  'oversize',
  'malformed',
  'not-canonical',
  'not-a-member',
  'wrong-peer-id',
  'bad-signature',
  'bad-attachment',
  'bad-content',
] as const

export const IGNORE_CODES = [
  'unknown-version',
  'unknown-kind',
  'unknown-field',
  'unknown-variant',
  'foreign-lock',
  'other-epoch',
  'wrong-channel',
  'duplicate',
  'forwarder-over-budget',
  'sender-over-budget',
  'own-message',
  'not-for-me',
  'stale',
  'unknown-vault',
  'unknown-manifest',
  'unknown-incident',
  'unknown-command',
  'command-refused',
  'anchor-out-of-window',
  'room-exhausted',
  'vault-settled',
] as const

export type RejectCode = (typeof REJECT_CODES)[number]
export type IgnoreCode = (typeof IGNORE_CODES)[number]
export type VerdictCode = 'accepted' | RejectCode | IgnoreCode

/** Unknown fields and words may be a later version's; the rest is wrong in every version. */
export const SCHEMA_VERDICTS: Readonly<Record<SchemaErrorCode, RejectCode | IgnoreCode>> = {
  malformed: 'malformed',
  'over-limit': 'malformed',
  'missing-field': 'malformed',
  'not-canonical': 'not-canonical',
  'unknown-field': 'unknown-field',
  'unknown-variant': 'unknown-variant',
}

const REJECTED: ReadonlySet<string> = new Set(REJECT_CODES)

export function verdictOf(code: VerdictCode): Verdict {
  if (code === 'accepted') return 'accept'
  return REJECTED.has(code) ? 'reject' : 'ignore'
}
