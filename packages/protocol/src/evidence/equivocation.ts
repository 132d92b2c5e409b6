/**
 * Noticing that a member contradicts itself: one (boot, seq) under two messages, or one sign-once slot under two bodies. Honest
 * members can do neither, for boot and slots are durable before anything that rests on them leaves.
 */
import { slotBodyOf, slotOf } from '../guard/slots.ts'
import { type Conflict, MAX_EVIDENCE_SIGNED_BYTES, type SignedPart } from '../messages/evidence.ts'
import type { Frame, Header } from '../messages/frame.ts'
import type { BodyOf, MemberKind } from '../messages/kinds.ts'
import { type MemberIndex, equalBytes } from '../primitives/index.ts'
import type { Turn } from '../state/turn.ts'
import { heldFor } from './held.ts'
import { keepEvidence } from './keeping.ts'
import { spreadEvidence } from './spread.ts'

/**
 * Compares a message whose signature holds with what that member signed under the same number, and remembers it. Larger ones are
 * not kept to be compared: certificates and long Pulls, which bind nobody. With them a few liars could fill the memory.
 */
export function noticeSecondMessage(turn: Turn, head: Header, { signed, signature }: Frame): void {
  const recent = turn.volatile.recent.get(head.from)
  if (!recent || signed.length > MAX_EVIDENCE_SIGNED_BYTES) return
  const number = `${head.boot}/${head.seq}`
  const before = recent.get(number)
  if (before === undefined) recent.set(number, { signed, signature })
  else if (!equalBytes(before.signed, signed)) convict(turn, head.from, 'number', before, { signed, signature })
}

/** Compares a message whose signature holds with what that member signed for the same slot, and remembers it. */
export function noticeSecondBody<K extends MemberKind>(turn: Turn, kind: K, body: BodyOf<K>, head: Header, frame: Frame): void {
  const { signed, signature } = frame
  const slots = turn.volatile.recent_slots.get(head.from)
  const slot = slotOf(turn.config.federation.lock_hash, kind, body)
  if (!slots || slot === null || signed.length > MAX_EVIDENCE_SIGNED_BYTES) return
  const said = slotBodyOf(kind, head.body)
  // What cannot conflict need not be remembered.
  if (said.length === 0) return
  const before = heldFor(turn, head.from, kind, body) ?? slots.get(slot)
  if (before === undefined) slots.set(slot, { signed, signature })
  else if (!equalBytes(before.signed, signed)) {
    const { body: bytes } = turn.reading.header(before.signed)
    const isSame = equalBytes(slotBodyOf(kind, bytes), said)
    if (!isSame) convict(turn, head.from, 'slot', before, { signed, signature })
  }
}

function convict(turn: Turn, member: MemberIndex, conflict: Conflict, before: SignedPart, now: SignedPart): void {
  const found = { member, conflict, first: { signed: before.signed, signature: before.signature }, second: now }
  if (keepEvidence(turn, found)) spreadEvidence(turn, found)
}
