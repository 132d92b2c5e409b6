/**
 * The sign-once ledger: for each slot the exact bytes that were signed, synced before they leave. What was signed is sent
 * again from here and never made again, so that no restart can make this member sign two payloads for one slot.
 */
import { type Frame, decodeFrame, encodeFrame } from '../messages/frame.ts'
import { type Durable, MAX_LEDGER } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'
import type { Slot } from './slots.ts'

/** Where it is full nothing more is signed: what was signed for is never forgotten. */
export function hasLedgerRoom({ durable }: Turn, slots = 1): boolean {
  return durable.ledger.size + slots <= MAX_LEDGER
}

/** The frame signed for a slot, if there is one. */
export function signedFor(durable: Durable, slot: Slot): Frame | null {
  const entry = durable.ledger.get(slot)
  return entry ? decodeFrame(entry.frame) : null
}

/** The frame of a slot: from the ledger, or else signed now and recorded. */
export function signOnce(turn: Turn, slot: Slot, sign: () => Frame): Frame {
  const before = signedFor(turn.durable, slot)
  if (before) return before
  const frame = sign()
  turn.record({ record: 'signed', slot, frame: encodeFrame(frame) })
  return frame
}
