/** Whether evidence proves what it says: by the lock alone, offline, the same for everybody. */
import type { Hasher, Verifier } from '../crypto/index.ts'
import type { Federation, Member } from '../federation/index.ts'
import { slotBodyOf, slotOf } from '../guard/slots.ts'
import type { Evidence, SignedPart } from '../messages/evidence.ts'
import { type Header, MESSAGE_VERSION, decodeHeader, isOtherVersion, verifyFrame } from '../messages/frame.ts'
import { type MemberKind, decodeBody, isMemberKind } from '../messages/kinds.ts'
import { type LockHash, SchemaError, equalBytes } from '../primitives/index.ts'

/** What two messages need to be judged. */
export type EvidenceLock = Pick<Federation, 'lock_hash' | 'lock_prefix' | 'epoch' | 'members'>

/** Why two messages are no evidence. The first three: not that this version, or this epoch, knows of. */
export const EVIDENCE_FAULTS = [
  'later-version',
  'later-form',
  'other-epoch',
  'unreadable',
  'not-a-member',
  'another-member',
  'wrong-peer-id',
  'same-message',
  'other-number',
  'no-slot',
  'other-slot',
  'same-body',
  'bad-signature',
] as const
export type EvidenceFault = (typeof EVIDENCE_FAULTS)[number]

/** What two signed messages of one member must be to convict it. */
export function verifyEvidence(ports: Hasher & Verifier, lock: EvidenceLock, evidence: Evidence): 'ok' | EvidenceFault {
  const fault = faultInForm(lock, evidence)
  if (fault !== null) return fault
  return isSignedTwice(ports, lock, evidence) ? 'ok' : 'bad-signature'
}

export function isSignedTwice(ports: Hasher & Verifier, lock: EvidenceLock, { member, first, second }: Evidence): boolean {
  const key = lock.members.find(({ index }) => index === member)?.node_key
  return key !== undefined && [first, second].every((part) => verifyFrame(ports, lock.lock_hash, key, part))
}

/** Null where the two conflict, should both be signed: all that is cheap to ask. */
export function faultInForm(lock: EvidenceLock, { member: accused, conflict, first, second }: Evidence): EvidenceFault | null {
  const member = lock.members.find(({ index }) => index === accused)
  if (!member) return 'not-a-member'
  if (equalBytes(first.signed, second.signed)) return 'same-message'
  const one = headOf(lock, member, first)
  if (typeof one === 'string') return one
  const other = headOf(lock, member, second)
  if (typeof other === 'string') return other
  return conflict === 'number' ? numberFault(one, other) : slotFault(lock.lock_hash, one, other)
}

function headOf(lock: EvidenceLock, member: Member, { signed }: SignedPart): Header | EvidenceFault {
  const head = read(() => decodeHeader(signed))
  if (typeof head === 'string') return read(() => isOtherVersion(signed)) === true ? 'later-version' : head
  if (head.version !== MESSAGE_VERSION) return 'later-version'
  if (head.lock_prefix !== lock.lock_prefix || head.epoch !== lock.epoch) return 'other-epoch'
  if (head.from !== member.index) return 'another-member'
  return head.peer_id === member.peer_id ? head : 'wrong-peer-id'
}

/** One (boot, seq) under two messages: honest members cannot, for boot is durable before anything is signed under it. */
function numberFault(one: Header, other: Header): EvidenceFault | null {
  return one.boot === other.boot && one.seq === other.seq ? null : 'other-number'
}

/** One sign-once slot under two bodies: honest members cannot, for what they signed is synced before it leaves. */
function slotFault(lock: LockHash, one: Header, other: Header): EvidenceFault | null {
  if (one.kind !== other.kind) return 'other-slot'
  if (!isMemberKind(one.kind)) return 'later-form'
  const use = slotUse(lock, one.kind, one.body)
  if (typeof use === 'string') return use
  const otherUse = slotUse(lock, one.kind, other.body)
  if (typeof otherUse === 'string') return otherUse
  if (use.slot === null || otherUse.slot === null) return 'no-slot'
  if (use.slot !== otherUse.slot) return 'other-slot'
  return equalBytes(use.body, otherUse.body) ? 'same-body' : null
}

function slotUse(lock: LockHash, kind: MemberKind, bytes: Uint8Array) {
  return read(() => ({ slot: slotOf(lock, kind, decodeBody(kind, bytes)), body: slotBodyOf(kind, bytes) }))
}

function read<T>(decode: () => T): T | EvidenceFault {
  try {
    return decode()
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error
    return error.code === 'unknown-field' || error.code === 'unknown-variant' ? 'later-form' : 'unreadable'
  }
}
