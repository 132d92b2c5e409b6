/**
 * The durable part of a member's state: what the log restores. It changes only by `apply` (apply.ts). The schema is its
 * type, its snapshot format and its limits at once: encoding a state checks every bound.
 */
import { blockRef } from '../chain/index.ts'
import { MAX_ENVELOPES, MAX_ENVELOPE_BYTES, MAX_MANIFESTS_PER_VAULT, MAX_MEMBERS, MAX_OWNER_KEYS, MAX_UNVAULTS, MAX_VAULTS, SEALED_SHARE_BYTES } from '../custody/limits.ts'
import { type Manifest, decodeManifest, ownerSignature, signedManifest } from '../custody/manifest.ts'
import { conflict, signedPart } from '../messages/evidence.ts'
import { MAX_RECEIPT_FRAME_BYTES } from '../messages/owner-requests.ts'
import { MAX_VOTE_FRAME_BYTES } from '../messages/certificate.ts'
import { action, discriminator, trigger } from '../messages/vote.ts'
import { MAX_COMMANDS_PER_VAULT, MAX_INCIDENTS_PER_VAULT } from '../owner/limits.ts'
import { type EnvelopeId, type Hash32, type IncidentId, type Infer, type ManifestHash, type MessageHash, type Schema, type VaultId, s } from '../primitives/index.ts'
import { coin } from './coins.ts'
import { heldCommand } from './commands.ts'
import { MAX_STORY, storyEntry } from './story.ts'

/** Blocks kept to find the common ancestor where bitcoind has forgotten the branch that I was on. */
export const MAX_RECENT_BLOCKS = 288
/** Of a vault one for theft, one for cold-theft; panics and drills open one only for a command that is held. */
export const MAX_INCIDENTS = MAX_INCIDENTS_PER_VAULT * MAX_VAULTS
/** Frames that I signed for a slot: per incident a vote each 6 blocks and a release per envelope and member. */
export const MAX_LEDGER = 1_048_576
/** The largest frame in the ledger is a vote or receipt with its header, or a release with its sealed share. */
export const MAX_LEDGER_FRAME_BYTES = 1_024
export const MAX_EVIDENCE = 4 * MAX_MEMBERS

/** Of one incident: each envelope's transaction, and an A with as many coins, one after the other. */
export const MAX_BROADCASTS = 2 * MAX_ENVELOPES * MAX_MANIFESTS_PER_VAULT

/** The small signed kinds: votes, receipts. */
const votesFrame = s.blob(MAX_VOTE_FRAME_BYTES)
const receiptFrame = s.blob(MAX_RECEIPT_FRAME_BYTES)

const heldManifestStored = s.struct({
  hash: s.hex<ManifestHash>(32),
  signed: signedManifest,
  /** In the order of envelopesOf(manifest). */
  envelopes: s.list(s.blob(MAX_ENVELOPE_BYTES), MAX_ENVELOPES),
  /** My shares, each still sealed to me, in the same order. */
  shares: s.list(s.blob(SEALED_SHARE_BYTES), MAX_ENVELOPES),
  armed_height: s.nullable(s.height),
  receipts: s.dict(s.memberIndex, receiptFrame, MAX_MEMBERS),
  /** Members that say that the owner published them. */
  published: s.dict(s.memberIndex, receiptFrame, MAX_MEMBERS),
  /** When I first held the owner's complete bundle of receipts. */
  bundle_height: s.nullable(s.height),
  activated_height: s.nullable(s.height),
  withdrawn: s.bool,
  /** An owner stopped it from being activated, or so many members say so that it is not active any more. */
  cancelled: s.bool,
  /** The owner's withdrawal, to be handed on. */
  withdrawal: s.nullable(s.list(ownerSignature, MAX_OWNER_KEYS, 1)),
  /** Members that say that its owner took it back while it waited there, and their tips then. */
  taken_back: s.dict(s.memberIndex, s.struct({ height: s.height, frame: receiptFrame }), MAX_MEMBERS),
  /** Members that go on with it whoever took it back. */
  let_be: s.dict(s.memberIndex, receiptFrame, MAX_MEMBERS),
})
type Stored = Infer<typeof heldManifestStored>

/** A manifest that I armed, parsed once. */
export interface HeldManifest extends Stored {
  readonly manifest: Manifest
}

const heldManifest: Schema<HeldManifest> = {
  write: (value) => heldManifestStored.write(value),
  read: (reader) => parsed(heldManifestStored.read(reader)),
  decode: (value) => parsed(heldManifestStored.decode(value)),
  toJson: (value) => heldManifestStored.toJson(value),
  fromJson: (value) => parsed(heldManifestStored.fromJson(value)),
}

export function parsed(stored: Stored): HeldManifest {
  return { ...stored, manifest: decodeManifest(stored.signed.bytes) }
}

export const vault = s.struct({
  deposit: s.outpoint,
  manifests: s.list(heldManifest, MAX_MANIFESTS_PER_VAULT),
  active: s.nullable(s.hex<ManifestHash>(32)),
  /** The deposit and U:0 of every variant of every armed manifest. */
  coins: s.dict(s.outpoint, coin, 1 + MAX_UNVAULTS * MAX_MANIFESTS_PER_VAULT),
  /** A recovery transaction may be known outside although it did not confirm. */
  exposed: s.bool,
  /** My tip when I took the owner's order to end intents and the dead-man switch; null where none came. */
  revoked: s.nullable(s.height),
  /** What owners ordered, by command hash. */
  commands: s.dict(s.hex<Hash32>(32), heldCommand, MAX_COMMANDS_PER_VAULT),
})
export type Vault = Infer<typeof vault>

export const heldVote = s.struct({ anchor_height: s.height, frame: votesFrame })
export type HeldVote = Infer<typeof heldVote>

/** What became of an incident in the end; null while it is not settled. A drill's is over, whatever came of the drill. */
export const outcome = s.oneOf('recovered', 'lost', 'over')
export type IncidentOutcome = Infer<typeof outcome>

export const incident = s.struct({
  vault_id: s.hex<VaultId>(32),
  trigger,
  discriminator,
  action,
  opened_at_ms: s.millis,
  /** The newest vote of each member. */
  votes: s.dict(s.memberIndex, heldVote, MAX_MEMBERS),
  certified: s.nullable(s.struct({ at_ms: s.millis, height: s.height, voters: s.list(s.memberIndex, MAX_MEMBERS) })),
  /** Envelopes whose release I opened: id to my tip then. From here others may know what is in them. */
  released: s.dict(s.hex<EnvelopeId>(32), s.height, MAX_ENVELOPES * MAX_MANIFESTS_PER_VAULT),
  /** Recovery transactions that my bitcoind took from me: txid to my tip then. */
  broadcasts: s.dict(s.txid, s.height, MAX_BROADCASTS),
  /** Members' broadcast receipts, the newest of each. */
  broadcast_receipts: s.dict(s.memberIndex, receiptFrame, MAX_MEMBERS),
  /** How often the turn to spend fee coins has passed on, and my tip when it did last; null while the first has it. */
  fee_turn: s.nullable(s.struct({ turn: s.uint(0xffff_ffff), height: s.height })),
  settled: s.nullable(outcome),
  story: s.list(storyEntry, MAX_STORY),
})
export type Incident = Infer<typeof incident>

/** A slot that I signed for, and the exact bytes, which are sent again but never made again. */
export const ledgerEntry = s.struct({ frame: s.blob(MAX_LEDGER_FRAME_BYTES), height: s.nullable(s.height) })
export type LedgerEntry = Infer<typeof ledgerEntry>

/** Two conflicting signed messages of one member, verifiable by anyone. */
export const heldEvidence = s.struct({
  member: s.memberIndex,
  conflict,
  /** Of the first of the two. */
  kind: s.text(32),
  at_ms: s.millis,
  first: signedPart,
  second: signedPart,
})
export type HeldEvidence = Infer<typeof heldEvidence>

/** Messages of mine that others showed me and that I do not know to have signed: enough to adopt what one night with some thefts lost. */
export const MAX_FOREIGN = 1_024

/**
 * `second-instance`: somebody signs with my key now. `unknown-statement`: I am shown a vote, receipt or release of mine of which
 * my ledger knows nothing. `restored`: an operator put back a copy of the disk and said so.
 */
export const quarantineReason = s.oneOf('second-instance', 'unknown-statement', 'restored')
export type QuarantineReason = Infer<typeof quarantineReason>

/** The name under which something signed was forgotten: of its incident, of its command, or of itself. */
export type Grave = IncidentId | Hash32 | MessageHash

export const foreignStatement = s.struct({
  /** Null for a message that binds to nothing. */
  slot: s.nullable(s.text(256)),
  frame: s.blob(MAX_LEDGER_FRAME_BYTES),
})
export type ForeignStatement = Infer<typeof foreignStatement>

export const quarantine = s.struct({
  reason: quarantineReason,
  at_ms: s.millis,
  /** The highest boot number seen in what I do not know to have signed. */
  boot: s.uint(0xffff_ffff),
  statements: s.list(foreignStatement, MAX_FOREIGN),
})
export type Quarantine = Infer<typeof quarantine>

/** Of what was signed and forgotten: an incident and a command of each old drill, and what little was adopted. Where it is full nothing more is forgotten. */
export const MAX_TOMBSTONES = 524_288

/** A vault that I have forgotten on its owner's order, and what members say of that order. */
export const destroyed = s.struct({ command_hash: s.hex<Hash32>(32), command: heldCommand })
export type Destroyed = Infer<typeof destroyed>
/** Of later ones the order is handed on by gossip alone. */
export const MAX_DESTROYED = MAX_VAULTS

export const durable = s.struct({
  /** Rises at each start: the time in seconds, or one above the last. */
  boot: s.uint(0xffff_ffff),
  /** Where the follower of my chain stands, and the blocks before, newest last. */
  position: s.nullable(blockRef),
  recent: s.list(blockRef, MAX_RECENT_BLOCKS),
  vaults: s.dict(s.hex<VaultId>(32), vault, MAX_VAULTS),
  incidents: s.dict(s.hex<IncidentId>(32), incident, MAX_INCIDENTS),
  destroyed: s.dict(s.hex<VaultId>(32), destroyed, MAX_DESTROYED),
  ledger: s.dict(s.text(256), ledgerEntry, MAX_LEDGER),
  /** Incidents and commands for which I signed, and forgot it, and messages that were adopted beside others for their slots; and my tip then. */
  tombstones: s.dict(s.hex<Grave>(32), s.height, MAX_TOMBSTONES),
  /** Null while I trust my disk. */
  quarantine: s.nullable(quarantine),
  evidence: s.dict(s.hex<MessageHash>(32), heldEvidence, MAX_EVIDENCE),
})
export type Durable = Infer<typeof durable>

export function emptyDurable(): Durable {
  return {
    boot: 0,
    position: null,
    recent: [],
    vaults: new Map(),
    incidents: new Map(),
    destroyed: new Map(),
    ledger: new Map(),
    tombstones: new Map(),
    quarantine: null,
    evidence: new Map(),
  }
}
