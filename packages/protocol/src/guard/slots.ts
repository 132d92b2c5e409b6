/**
 * Sign-once slots: what a member may sign for once only, and what two messages for one slot must agree in. One pure table over
 * all kinds, for the ledger, for the signer's second check, and for telling evidence from a repetition.
 */
import type { BodyOf, MemberKind } from '../messages/kinds.ts'
import type { Receipt } from '../messages/receipt.ts'
import type { Action } from '../messages/vote.ts'
import type { EnvelopeId, Hash32, Height, IncidentId, LockHash, ManifestHash, MemberIndex, VaultId } from '../primitives/index.ts'

/** Names a slot; under 256 characters. */
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

interface SlotRule<Body> {
  /** Null where this message binds its sender to nothing. */
  readonly slot: (lock: LockHash, body: Body) => Slot | null
  /** `slot-only`: two messages for the slot never conflict, whatever else they say. */
  readonly compared: 'whole-body' | 'slot-only'
}

/** Null: of this kind a member may sign any number. */
const SLOTS: { readonly [K in MemberKind]: SlotRule<BodyOf<K>> | null } = {
  // The transaction that it shows is signed but not compared: the thief may have replaced it since.
  vote: {
    slot: (lock, { incident_id, action, anchor_height }) => voteSlot(lock, incident_id, action, anchor_height),
    compared: 'slot-only',
  },
  release: {
    slot: (lock, { incident_id, envelope_id, to }) => releaseSlot(lock, incident_id, envelope_id, to),
    compared: 'whole-body',
  },
  receipt: { slot: slotOfReceipt, compared: 'whole-body' },
  command: { slot: (lock, { command_hash }) => commandSlot(lock, command_hash), compared: 'whole-body' },
  heartbeat: null,
  certificate: null,
  evidence: null,
  'block-proof': null,
  'headers-wanted': null,
  headers: null,
  answered: null,
  pull: null,
}

function slotOfReceipt(lock: LockHash, body: Receipt): Slot | null {
  switch (body.statement) {
    case 'holds':
      return receiptSlot(lock, body.manifest_hash)
    case 'drill':
      return drillSlot(lock, body.command_hash)
    case 'destroyed':
      return destroyedSlot(lock, body.vault_id)
    case 'published':
    case 'taken-back':
    case 'let-be':
    case 'broadcast':
      // All that the one says is which manifest; the other is said again with each rung.
      return null
  }
}

/** The slot that a message uses up; null where it uses none. */
export function slotOf<K extends MemberKind>(lock: LockHash, kind: K, body: BodyOf<K>): Slot | null {
  return SLOTS[kind]?.slot(lock, body) ?? null
}

const NOTHING = new Uint8Array(0)

/**
 * What two messages for one slot must have in common, given the bytes of a body that decodes: as these are canonical, they differ
 * wherever it does. Empty where they cannot conflict.
 */
export function slotBodyOf(kind: MemberKind, body: Uint8Array): Uint8Array {
  return SLOTS[kind]?.compared === 'whole-body' ? body : NOTHING
}
