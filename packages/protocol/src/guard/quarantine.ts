/**
 * Doubt of my own disk. What comes back to me under my own signature I have signed before, or somebody else signs with my
 * key, or my disk is older than what I said. Only a valid signature of mine raises it, and nothing that my ledger or a
 * tombstone knows of: so nobody else can, and not by sending me my own old messages.
 */
import { type Frame, type Header, decodeFrame, decodeHeader, encodeFrame, messageHash, withoutAttachment } from '../messages/frame.ts'
import type { Hasher } from '../crypto/index.ts'
import { type BodyOf, type MemberKind, decodeBody, isMemberKind } from '../messages/kinds.ts'
import { hashOfSealed } from '../messages/release.ts'
import { type Hash32, SchemaError, equalBytes } from '../primitives/index.ts'
import { type Grave, MAX_FOREIGN, MAX_LEDGER_FRAME_BYTES, type Quarantine, type QuarantineReason } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'
import { type Slot, slotBodyOf, slotOf } from './slots.ts'

/** A message under my own signature, which has been checked. */
export function onOwnMessage(turn: Turn, head: Header, frame: Frame): void {
  const claim = isMemberKind(head.kind) ? claimOf(turn, head.kind, head.body) : null
  const reason = doubtRaisedBy(turn, head, frame, claim)
  if (reason === null) return
  enterQuarantine(turn, reason, `${head.kind} ${head.boot}/${head.seq}`)
  holdForeign(turn, head, frame, claim)
}

/** Nothing is signed for a slot from here on, in later lives either, until an operator adopts what was found. */
export function enterQuarantine(turn: Turn, reason: QuarantineReason, detail: string): void {
  if (reason === 'second-instance') tellDouble(turn, detail)
  if (turn.durable.quarantine !== null) return
  turn.record({ record: 'quarantined', reason, at_ms: turn.at_ms })
  turn.tell({ level: 'error', event: 'quarantined', member: turn.config.self, detail: `${reason}: ${detail}` })
}

/** Null where I know it. */
function doubtRaisedBy(turn: Turn, head: Header, frame: Frame, claim: Claim | null): QuarantineReason | null {
  const { durable, volatile } = turn
  if (claim !== null && claim.slot !== null) {
    return isKnown(turn, claim, claim.slot, frame) ? null : 'unknown-statement'
  }
  const isBeyondMine = head.boot > durable.boot || (head.boot === durable.boot && head.seq > volatile.seq)
  if (!isBeyondMine) return null
  // What binds to nothing counts only while somebody else is at work. Said before my life, it is of an earlier one that my
  // disk has lost: that is told, and what counts is whether anything for a slot was lost with it.
  if (volatile.started_at !== null && head.sent_at >= volatile.started_at) return 'second-instance'
  if (isStillSpeaking(turn)) return 'second-instance'
  tellDouble(turn, `${head.kind} ${head.boot}/${head.seq}, of an earlier life`)
  return null
}

/** What was under way for long has come by then. */
const LEAST_UNDER_WAY_MS = 30_000

/** Its clock, or mine, may be off: what is still heard so long after I heard it first is said now. */
function isStillSpeaking({ volatile: { double_since, listened_ms }, config }: Turn): boolean {
  const { heartbeat_ms, dead_periods } = config.federation.timing
  return double_since !== null && listened_ms - double_since >= Math.max(LEAST_UNDER_WAY_MS, dead_periods * heartbeat_ms)
}

/** Signed for, be it under another number, as long as both say the same; or forgotten, or adopted beside what the ledger has. */
function isKnown({ durable: { ledger, tombstones }, ports }: Turn, { kind, said, graves }: Claim, slot: Slot, frame: Frame): boolean {
  const mine = ledger.get(slot)
  if (mine !== undefined && equalBytes(said, slotBodyOf(kind, decodeHeader(decodeFrame(mine.frame).signed).body))) return true
  return graves.some((grave) => tombstones.has(grave)) || tombstones.has(graveOf(ports, frame))
}

/** The name under which one message is remembered, where its slot has other bytes. */
export function graveOf(hasher: Hasher, { signed }: Frame): Grave {
  return messageHash(hasher, signed)
}

interface Claim {
  readonly kind: MemberKind
  /** What two messages for the slot have to agree in. */
  readonly said: Uint8Array
  /** Null for what binds to nothing. */
  readonly slot: Slot | null
  /** Under any of these names it may have been forgotten. */
  readonly graves: readonly Grave[]
  /** Of the share that a release hands over. */
  readonly sealed_hash: Hash32 | null
}

function claimOf({ config }: Turn, kind: MemberKind, bytes: Uint8Array): Claim | null {
  try {
    const body = decodeBody(kind, bytes)
    return {
      kind,
      said: slotBodyOf(kind, bytes),
      slot: slotOf(config.federation.lock_hash, kind, body),
      graves: gravesOf(body),
      sealed_hash: 'sealed_hash' in body ? body.sealed_hash : null,
    }
  } catch (error) {
    if (error instanceof SchemaError) return null
    throw error
  }
}

function gravesOf(body: BodyOf<MemberKind>): Grave[] {
  const names: Grave[] = []
  if ('incident_id' in body) names.push(body.incident_id)
  if ('command_hash' in body) names.push(body.command_hash)
  return names
}

/** Kept so that an operator can see it, and so that what was signed is never contradicted once it is adopted. */
function holdForeign(turn: Turn, { boot }: Header, frame: Frame, claim: Claim | null): void {
  const { quarantine } = turn.durable
  if (quarantine === null) return
  const slot = claim?.slot ?? null
  const bytes = encodeFrame(asSigned(turn, frame, claim))
  const isNew = bytes.length <= MAX_LEDGER_FRAME_BYTES && !quarantine.statements.some((held) => equalBytes(held.frame, bytes))
  const isKept = isNew && hasRoom(quarantine, slot)
  if (!isKept && boot <= quarantine.boot) return
  turn.record({ record: 'foreign-held', boot, statement: isKept ? { slot, frame: bytes } : null })
}

/** What binds to nothing is kept to be looked at and is never adopted: who speaks with my key does so each period. */
const MAX_UNBOUND = 16

function hasRoom({ statements }: Quarantine, slot: Slot | null): boolean {
  if (statements.length >= MAX_FOREIGN) return false
  return slot !== null || statements.filter((held) => held.slot === null).length < MAX_UNBOUND
}

/**
 * With nothing beside it but the share that a release hands over. Whoever shows it may put anything there: one message would be any
 * number. And what a vote or an order shows is added when it is sent: in a certificate nobody takes it.
 */
function asSigned({ ports }: Turn, frame: Frame, claim: Claim | null): Frame {
  const share = claim?.sealed_hash ?? null
  const isWithShare = share !== null && frame.attachment !== null && hashOfSealed(ports, frame.attachment) === share
  return isWithShare ? frame : withoutAttachment(frame)
}

function tellDouble(turn: Turn, detail: string): void {
  if (turn.volatile.double_since !== null) return
  turn.volatile.double_since = turn.volatile.listened_ms
  turn.tell({ level: 'error', event: 'second-instance', member: turn.config.self, detail })
}
