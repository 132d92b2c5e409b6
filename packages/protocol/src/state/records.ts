/** What the log holds: typed deltas of the durable state. Formats are frozen by the log's version. */
import { chainEvent } from '../chain/index.ts'
import { spendTx } from '../chain/events.ts'
import { MAX_ENVELOPES, MAX_ENVELOPE_BYTES, MAX_MANIFESTS_PER_VAULT, MAX_MEMBERS, MAX_OWNER_KEYS, SEALED_SHARE_BYTES } from '../custody/limits.ts'
import { ownerSignature, signedManifest } from '../custody/manifest.ts'
import { MAX_VOTE_FRAME_BYTES } from '../messages/certificate.ts'
import { MAX_RECEIPT_FRAME_BYTES } from '../messages/owner-requests.ts'
import { action, discriminator, trigger } from '../messages/vote.ts'
import { signedCommand } from '../owner/command.ts'
import { DRILL_MEMORY } from '../owner/limits.ts'
import { type EnvelopeId, type Hash32, type IncidentId, type Infer, type ManifestHash, type MessageHash, type VaultId, s } from '../primitives/index.ts'
import { MAX_NOTICE_FRAME_BYTES, drillEnd } from './commands.ts'
import { type Grave, MAX_FOREIGN, MAX_LEDGER_FRAME_BYTES, foreignStatement, heldEvidence, outcome, quarantineReason } from './durable.ts'
import { storyEntry } from './story.ts'

const vaultId = s.hex<VaultId>(32)
const manifestHash = s.hex<ManifestHash>(32)
const incidentId = s.hex<IncidentId>(32)
const command = { vault_id: vaultId, command_hash: s.hex<Hash32>(32) }

/** Of one drill: its notice and report, a vote each 6 blocks of its time, and a share of each manifest's envelope to each member. */
const MAX_FORGOTTEN_SLOTS = 2 + DRILL_MEMORY + MAX_MANIFESTS_PER_VAULT * MAX_MEMBERS

export const record = s.variant('record', {
  boot: s.struct({ boot: s.uint(0xffff_ffff) }),
  /** A chain fact; with a block's, the follower's position moves. */
  chain: s.struct({ fact: chainEvent }),
  'manifest-armed': s.struct({
    signed: signedManifest,
    hash: manifestHash,
    envelopes: s.list(s.blob(MAX_ENVELOPE_BYTES), MAX_ENVELOPES),
    shares: s.list(s.blob(SEALED_SHARE_BYTES), MAX_ENVELOPES),
  }),
  'manifest-withdrawn': s.struct({ vault_id: vaultId, hash: manifestHash }),
  'receipt-held': s.struct({
    vault_id: vaultId,
    hash: manifestHash,
    member: s.memberIndex,
    frame: s.blob(MAX_RECEIPT_FRAME_BYTES),
  }),
  /** A member's word that the owner published the receipts. */
  'publication-held': s.struct({
    vault_id: vaultId,
    hash: manifestHash,
    member: s.memberIndex,
    frame: s.blob(MAX_RECEIPT_FRAME_BYTES),
  }),
  'withdrawal-held': s.struct({ vault_id: vaultId, hash: manifestHash, signatures: s.list(ownerSignature, MAX_OWNER_KEYS, 1) }),
  /** A member's word that the owner took a generation back. */
  'taken-back-held': s.struct({
    vault_id: vaultId,
    hash: manifestHash,
    member: s.memberIndex,
    height: s.height,
    frame: s.blob(MAX_RECEIPT_FRAME_BYTES),
  }),
  /** A member's word that it goes on with a generation that was taken back. */
  'let-be-held': s.struct({
    vault_id: vaultId,
    hash: manifestHash,
    member: s.memberIndex,
    frame: s.blob(MAX_RECEIPT_FRAME_BYTES),
  }),
  /** By members' words: it is not active any more, nor is what was built on it. */
  'generation-cancelled': s.struct({ vault_id: vaultId, hash: manifestHash }),
  /** By members' words, too: it may become active again. */
  'generation-reinstated': s.struct({ vault_id: vaultId, hash: manifestHash }),
  'bundle-complete': s.struct({ vault_id: vaultId, hash: manifestHash }),
  'manifest-activated': s.struct({ vault_id: vaultId, hash: manifestHash }),
  /** A spend that came with a vote and that my own bitcoind would take. */
  'trigger-offered': s.struct({ vault_id: vaultId, outpoint: s.outpoint, tx: spendTx }),
  'incident-opened': s.struct({
    incident_id: incidentId,
    vault_id: vaultId,
    trigger,
    discriminator,
    action,
    at_ms: s.millis,
  }),
  'vote-held': s.struct({
    incident_id: incidentId,
    member: s.memberIndex,
    anchor_height: s.height,
    frame: s.blob(MAX_VOTE_FRAME_BYTES),
  }),
  certified: s.struct({
    incident_id: incidentId,
    at_ms: s.millis,
    height: s.height,
    voters: s.list(s.memberIndex, MAX_MEMBERS),
  }),
  /** The sign-once ledger: the slot and the bytes, synced before the bytes leave. */
  signed: s.struct({ slot: s.text(256), frame: s.blob(MAX_LEDGER_FRAME_BYTES) }),
  'release-opened': s.struct({ incident_id: incidentId, envelope_id: s.hex<EnvelopeId>(32) }),
  broadcast: s.struct({ incident_id: incidentId, txid: s.txid }),
  'broadcast-receipt': s.struct({
    incident_id: incidentId,
    member: s.memberIndex,
    frame: s.blob(MAX_RECEIPT_FRAME_BYTES),
  }),
  /** Whose turn it is to spend fee coins passed on. */
  'fee-turn': s.struct({ incident_id: incidentId, turn: s.uint(0xffff_ffff) }),
  exposed: s.struct({ vault_id: vaultId }),
  settled: s.struct({ incident_id: incidentId, outcome }),
  /** An entry of an incident's story and nothing else. */
  noted: s.struct({ incident_id: incidentId, entry: storyEntry }),
  evidence: s.struct({ id: s.hex<MessageHash>(32), evidence: heldEvidence }),
  'command-held': s.struct({ ...command, signed: signedCommand, at_ms: s.millis }),
  /** Obeyed from here on. */
  'command-taken': s.struct(command),
  'command-noticed': s.struct({ ...command, member: s.memberIndex, height: s.height, frame: s.blob(MAX_NOTICE_FRAME_BYTES) }),
  /** Never taken, or a drill that makes room: forgotten with its incident and what was signed for it. */
  'command-forgotten': s.struct({
    ...command,
    incident_id: s.nullable(incidentId),
    slots: s.list(s.text(256), MAX_FORGOTTEN_SLOTS),
  }),
  'drill-reported': s.struct({ ...command, member: s.memberIndex, frame: s.blob(MAX_RECEIPT_FRAME_BYTES) }),
  'drill-ended': s.struct({ ...command, status: drillEnd }),
  /** From here on nothing is signed for a slot, until it is adopted. */
  quarantined: s.struct({ reason: quarantineReason, at_ms: s.millis }),
  /** A message of mine that I do not know to have signed; null where it is too large to be kept. */
  'foreign-held': s.struct({ boot: s.uint(0xffff_ffff), statement: s.nullable(foreignStatement) }),
  /** An operator's word: these were signed by this member, and it goes on from this boot number. */
  adopted: s.struct({
    boot: s.uint(0xffff_ffff),
    signed: s.list(s.struct({ slot: s.text(256), frame: s.blob(MAX_LEDGER_FRAME_BYTES) }), MAX_FOREIGN),
    /** Messages for slots of which the ledger has other bytes: nobody makes this member doubt its disk with them again. */
    beside: s.list(s.hex<Grave>(32), MAX_FOREIGN),
  }),
  /** With every share, envelope, command and incident of it. The receipt of destruction stays in the ledger. */
  'vault-destroyed': s.struct({ vault_id: vaultId }),
})
export type LogRecord = Infer<typeof record>
export type RecordOf<K extends LogRecord['record']> = Extract<LogRecord, { record: K }>
