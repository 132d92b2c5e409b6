/** What an owner's client may ask of a member, each request on a stream of its own. */
import { blockRef, chainState } from '../chain/index.ts'
import { MAX_ENVELOPES, MAX_ENVELOPE_BYTES, MAX_MANIFESTS_PER_VAULT, MAX_MEMBERS, MAX_OWNER_KEYS, MAX_VAULTS, SEALED_SHARE_BYTES } from '../custody/limits.ts'
import { ownerSignature, signedManifest } from '../custody/manifest.ts'
import { ladderState } from '../incident/market.ts'
import { ladderTrial, signedCommand } from '../owner/command.ts'
import { DRILL_LEVELS, MAX_INCIDENTS_PER_VAULT } from '../owner/limits.ts'
import { type Hash32, type IncidentId, type Infer, type ManifestHash, type VaultId, s } from '../primitives/index.ts'
import { MAX_FRAME_BYTES } from './frame.ts'
import { trigger } from './vote.ts'

/** An encoded receipt frame. */
export const MAX_RECEIPT_FRAME_BYTES = 700
/** Owners' requests are larger than any frame between members: they carry every envelope. */
export const MAX_REQUEST_BYTES = 4 * 1024 * 1024

export const enrolRequest = s.variant('request', {
  /** Envelopes and this member's sealed shares in the order of the manifest's envelopes (manifest.ts: envelopesOf). */
  manifest: s.struct({
    manifest: signedManifest,
    envelopes: s.list(s.blob(MAX_ENVELOPE_BYTES, 16), MAX_ENVELOPES, 1),
    shares: s.list(s.blob(SEALED_SHARE_BYTES, SEALED_SHARE_BYTES), MAX_ENVELOPES, 1),
  }),
  /** The receipts of enough members: what activates a manifest. */
  bundle: s.struct({
    manifest_hash: s.hex<ManifestHash>(32),
    receipts: s.list(s.blob(MAX_RECEIPT_FRAME_BYTES), MAX_MEMBERS, 1),
  }),
  /** Lets another manifest of the same generation in; the withdrawn one stays armed. */
  withdraw: s.struct({
    manifest_hash: s.hex<ManifestHash>(32),
    signatures: s.list(ownerSignature, MAX_OWNER_KEYS, 1),
  }),
})
export type EnrolRequest = Infer<typeof enrolRequest>

/** An order of the owner or of guardians: authenticated by its signatures alone, whoever hands it over. */
export const commandRequest = s.struct({ signed: signedCommand })
export type CommandRequest = Infer<typeof commandRequest>

export const infoRequest = s.variant('what', { vaults: s.struct({}), drills: s.struct({}) })
export type InfoRequest = Infer<typeof infoRequest>

/** `cancelled`: armed for good, and never to be activated. */
export const manifestState = s.oneOf('armed', 'waiting', 'active', 'superseded', 'withdrawn', 'cancelled')
export type ManifestState = Infer<typeof manifestState>

/** Where a drill stands, and how it ended. */
export const drillStatus = s.oneOf('running', 'passed', 'failed', 'abandoned')
export type DrillStatus = Infer<typeof drillStatus>

export const drillLevel = s.uint(DRILL_LEVELS, 1)

/**
 * `there`: seen, on the chain or by what spent it. `differs`: another value or script stands at the outpoint, so that no transaction
 * of the recovery set is valid.
 */
export const depositSeen = s.oneOf('awaited', 'there', 'differs')
export type DepositState = Infer<typeof depositSeen>

export const vaultInfo = s.struct({
  vault_id: s.hex<VaultId>(32),
  /** An owner ended intents and the dead-man switch; the clawback goes on. */
  revoked: s.bool,
  /** A recovery transaction may be known outside although it did not confirm: move the coin. */
  exposed: s.bool,
  deposit: depositSeen,
  /** The coin has left and that is deep enough: `destroy` would be obeyed. */
  destroyable: s.bool,
  /** The newest drill of each level, with the height at which this member took it. */
  drills: s.list(s.struct({ level: drillLevel, height: s.height, status: drillStatus }), DRILL_LEVELS),
  manifests: s.list(
    s.struct({
      manifest_hash: s.hex<ManifestHash>(32),
      generation: s.uint(0xffff_ffff),
      state: manifestState,
      /** Members whose receipts this member holds, itself included. */
      receipts: s.list(s.memberIndex, MAX_MEMBERS),
    }),
    MAX_MANIFESTS_PER_VAULT,
  ),
  incidents: s.list(s.struct({ incident_id: s.hex<IncidentId>(32), trigger, status: s.text(32) }), MAX_INCIDENTS_PER_VAULT),
  /** Its weakest ladder's top beside what this member's bitcoind asks; null where its coin has left. */
  market: s.nullable(s.struct({ top_feerate: s.nullable(s.feerate), estimate: s.nullable(s.feerate), state: ladderState })),
})
export type VaultInfo = Infer<typeof vaultInfo>

/** One drill of one vault, as this member knows it. */
export const drillInfo = s.struct({
  command_hash: s.hex<Hash32>(32),
  vault_id: s.hex<VaultId>(32),
  level: drillLevel,
  /** When this member took the command: its clock and its tip. */
  commanded_at_ms: s.millis,
  commanded_height: s.height,
  held_back: s.list(s.memberIndex, MAX_MEMBERS),
  trial: s.nullable(ladderTrial),
  status: drillStatus,
  /** Members' signed receipts with the statement `drill`: encoded frames. */
  reports: s.list(s.blob(MAX_RECEIPT_FRAME_BYTES), MAX_MEMBERS),
})
export type DrillInfo = Infer<typeof drillInfo>

/** The newest, of all vaults: with the reports of 64 members each under 3 MB, and an answer may have 4 (network's maxResponseBytes). */
export const MAX_DRILLS_TOLD = 64

export const ownerAnswer = s.variant('answer', {
  receipt: s.struct({ frame: s.blob(MAX_FRAME_BYTES) }),
  state: s.struct({ state: manifestState }),
  vaults: s.struct({
    member: s.memberIndex,
    tip: s.nullable(blockRef),
    /** What an owner without a bitcoind may anchor a command at, deep enough at members that lag a little; null where unknown. */
    anchor: s.nullable(blockRef),
    chain: chainState,
    vaults: s.list(vaultInfo, MAX_VAULTS),
  }),
  /** The newest drills first. */
  drills: s.struct({ member: s.memberIndex, tip: s.nullable(blockRef), drills: s.list(drillInfo, MAX_DRILLS_TOLD) }),
  /**
   * `accepted`: obeyed from now on. `held`: until its anchor is deep enough at this member. `known`: taken before. `height`: this
   * member's tip when it took the command, or now. `destroy` is answered with the signed receipt of destruction instead.
   */
  command: s.struct({ command_hash: s.hex<Hash32>(32), state: s.oneOf('accepted', 'held', 'known'), height: s.height }),
  refused: s.struct({
    code: s.text(64, 1),
    message: s.text(512),
    remedy: s.text(512),
    /** Whether the same request may succeed later. */
    retryable: s.bool,
  }),
})
export type OwnerAnswer = Infer<typeof ownerAnswer>
