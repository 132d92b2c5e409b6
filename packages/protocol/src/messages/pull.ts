import { MAX_ENVELOPES, MAX_MEMBERS } from '../custody/limits.ts'
import { MAX_COMMANDS_PER_VAULT } from '../owner/limits.ts'
import { conflict } from './evidence.ts'
import { type EnvelopeId, type Hash32, type IncidentId, type Infer, type ManifestHash, type VaultId, s } from '../primitives/index.ts'

export const MAX_PULL_INCIDENTS = 16
export const MAX_PULL_MANIFESTS = 64
export const MAX_PULL_VAULTS = 8
/** Each member may be convicted of both sorts of conflict. */
export const MAX_PULL_EVIDENCE = 2 * MAX_MEMBERS

/** One owner's message, by its hash, and what members said of it that I hold. */
export const heldOwnerMessage = s.struct({
  id: s.hex<Hash32>(32),
  notices: s.list(s.memberIndex, MAX_MEMBERS),
  reports: s.list(s.memberIndex, MAX_MEMBERS),
})
export type HeldOwnerMessage = Infer<typeof heldOwnerMessage>

/**
 * "This is what I have; send me what I lack." The answers are the messages themselves, with their signers' own bytes,
 * so that nothing pulled is worth less than what was gossiped.
 */
export const pull = s.struct({
  incidents: s.list(
    s.struct({
      incident_id: s.hex<IncidentId>(32),
      /** The newest vote that I hold of each member. */
      votes: s.list(s.struct({ member: s.memberIndex, anchor_height: s.height }), MAX_MEMBERS),
      /** Envelopes of which I hold your share. */
      releases: s.list(s.hex<EnvelopeId>(32), MAX_ENVELOPES),
      /** Members whose broadcast receipts I hold. */
      broadcasts: s.list(s.memberIndex, MAX_MEMBERS),
    }),
    MAX_PULL_INCIDENTS,
  ),
  custody: s.list(
    s.struct({
      manifest_hash: s.hex<ManifestHash>(32),
      /** Members whose receipts I hold. */
      receipts: s.list(s.memberIndex, MAX_MEMBERS),
      /** Members that say that the owner published the receipts. */
      published: s.list(s.memberIndex, MAX_MEMBERS),
      /** Members that say that its owner took it back, and those that go on with it. */
      taken_back: s.list(s.memberIndex, MAX_MEMBERS),
      let_be: s.list(s.memberIndex, MAX_MEMBERS),
      /** I hold the owner's withdrawal. */
      withdrawal: s.bool,
    }),
    MAX_PULL_MANIFESTS,
  ),
  /** Of these vaults, the owners' messages that I hold; what I do not name I lack altogether. */
  owner_messages: s.list(
    s.struct({ vault_id: s.hex<VaultId>(32), held: s.list(heldOwnerMessage, MAX_COMMANDS_PER_VAULT) }),
    MAX_PULL_VAULTS,
  ),
  /** Members against whom I hold evidence of this sort. */
  evidence: s.list(s.struct({ member: s.memberIndex, conflict }), MAX_PULL_EVIDENCE),
  /** "And hand me what I myself said last": by it a member learns that its disk is older than that. */
  own: s.bool,
})
export type Pull = Infer<typeof pull>
