/** Evidence against members, each piece in the form in which it is handed on and verified elsewhere. */
import { type Conflict, type State, evidenceFile } from '@belfry/protocol'
import { sortedEntries } from '@belfry/protocol/primitives'
import { type MemberName, named } from './named.ts'
import { utc } from './units.ts'

export interface EvidenceView {
  readonly id: string
  readonly epoch: number
  readonly member: MemberName
  /** One number under two messages, or one sign-once slot under two bodies. */
  readonly conflict: Conflict
  /** Of the first of the two messages. */
  readonly kind: string
  /** When this node found it, or heard of it. */
  readonly at: string
  /** What `belfry evidence verify` takes. */
  readonly file: unknown
}

/** Oldest first. */
export function evidenceView({ config: { federation }, durable }: State): EvidenceView[] {
  const { lock_hash, epoch } = federation
  const byTime = sortedEntries(durable.evidence).toSorted(([, a], [, b]) => a.at_ms - b.at_ms)
  return byTime.map(([id, { member, conflict, kind, at_ms, first, second }]) => ({
    id,
    epoch,
    member: named(federation, member),
    conflict,
    kind,
    at: utc(at_ms),
    file: evidenceFile.toJson({ format: 'belfry-evidence', version: 1, lock_hash, member, conflict, first, second }),
  }))
}
