/**
 * The sign-once ledger: for each slot the exact bytes that were signed, synced before they leave. What was signed is sent
 * again from here and never made again, so that no restart can make this member sign two payloads for one slot.
 */
import { type Frame, decodeFrame, encodeFrame } from '../messages/frame.ts'
import type { Action } from '../messages/vote.ts'
import type { EnvelopeId, Hash32, Height, IncidentId, LockHash, ManifestHash, MemberIndex, VaultId } from '../primitives/index.ts'
import { type Durable, MAX_LEDGER } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'

export type Slot = string

export function voteSlot(lock: LockHash, incident_id: IncidentId, action: Action, anchor: Height): Slot {
  return `vote/${lock}/${incident_id}/${action}/${anchor}`
}

export function releaseSlot(lock: LockHash, incident_id: IncidentId, envelope_id: EnvelopeId, to: MemberIndex): Slot {
  return `release/${lock}/${incident_id}/${envelope_id}/${to}`
}

export function receiptSlot(lock: LockHash, manifest_hash: ManifestHash): Slot {
  return `receipt/${lock}/${manifest_hash}`
}

export function commandSlot(lock: LockHash, command_hash: Hash32): Slot {
  return `command/${lock}/${command_hash}`
}

/** A member reports once of a drill. */
export function drillSlot(lock: LockHash, command_hash: Hash32): Slot {
  return `drill/${lock}/${command_hash}`
}

/** Stays when everything else of the vault is forgotten: it is not taken into custody again. */
export function destroyedSlot(lock: LockHash, vault_id: VaultId): Slot {
  return `destroyed/${lock}/${vault_id}`
}

/** Where it is full nothing more is signed: what was signed for is never forgotten. */
export function hasLedgerRoom(turn: Turn): boolean {
  return turn.durable.ledger.size < MAX_LEDGER
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
