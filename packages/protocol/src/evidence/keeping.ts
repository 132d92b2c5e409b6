/** Keeping evidence, in bounds: a few pieces convict as well as many, and a liar may make any number. */
import { type Hasher, hashOf } from '../crypto/index.ts'
import { slotOf } from '../guard/slots.ts'
import type { Conflict, Evidence } from '../messages/evidence.ts'
import { decodeHeader } from '../messages/frame.ts'
import { decodeBody, isMemberKind } from '../messages/kinds.ts'
import { type LockHash, type MemberIndex, type MessageHash, s } from '../primitives/index.ts'
import { type Durable, MAX_EVIDENCE } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'

/** Kept of each sort against each member. A member that two hosts run under one key must not hide one that lies. */
export const MAX_PER_SORT = 2

const numberName = s.struct({ member: s.memberIndex, boot: s.uint(0xffff_ffff), seq: s.uint(Number.MAX_SAFE_INTEGER) })
const slotName = s.struct({ member: s.memberIndex, slot: s.text(256) })

/** Names what was done, not the two messages: a third one under the same number or slot is nothing new. @throws SchemaError */
export function evidenceId(hasher: Hasher, lock: LockHash, { member, conflict, first }: Evidence): MessageHash {
  const { boot, seq, kind, body } = decodeHeader(first.signed)
  if (conflict === 'number') return hashOf(hasher, 'evidence', numberName, { member, boot, seq }) as MessageHash
  const slot = isMemberKind(kind) ? slotOf(lock, kind, decodeBody(kind, body)) : null
  return hashOf(hasher, 'evidence', slotName, { member, slot: slot ?? '' }) as MessageHash
}

/** Whether another piece of this sort against this member is worth anything. */
export function isConvinced({ evidence }: Durable, member: MemberIndex, conflict: Conflict): boolean {
  let held = 0
  for (const one of evidence.values()) if (one.member === member && one.conflict === conflict) held += 1
  return held >= MAX_PER_SORT || evidence.size >= MAX_EVIDENCE
}

const TOLD: Readonly<Record<Conflict, string>> = {
  number: 'two messages under one number',
  slot: 'two statements where it may make one',
}

/** Records evidence that has been verified, or found here. False where it is nothing new, or enough is held. */
export function keepEvidence(turn: Turn, found: Evidence): boolean {
  const id = evidenceId(turn.ports, turn.config.federation.lock_hash, found)
  if (turn.durable.evidence.has(id) || isConvinced(turn.durable, found.member, found.conflict)) return false
  const { kind } = decodeHeader(found.first.signed)
  turn.record({ record: 'evidence', id, evidence: { ...found, kind, at_ms: turn.at_ms } })
  turn.tell({ level: 'error', event: 'evidence', member: found.member, detail: TOLD[found.conflict] })
  return true
}
