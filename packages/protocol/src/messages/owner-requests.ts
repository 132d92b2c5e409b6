/** What an owner's client may ask of a member, each request on a stream of its own. */
import { blockRef, chainState } from '../chain/index.ts'
import { MAX_ENVELOPES, MAX_ENVELOPE_BYTES, MAX_MANIFESTS_PER_VAULT, MAX_MEMBERS, MAX_OWNER_KEYS, MAX_VAULTS, SEALED_SHARE_BYTES } from '../custody/limits.ts'
import { ownerSignature, signedManifest } from '../custody/manifest.ts'
import { type IncidentId, type Infer, type ManifestHash, type VaultId, s } from '../primitives/index.ts'
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

export const infoRequest = s.struct({ what: s.literal('vaults') })
export type InfoRequest = Infer<typeof infoRequest>

export const manifestState = s.oneOf('armed', 'waiting', 'active', 'superseded', 'withdrawn')
export type ManifestState = Infer<typeof manifestState>

export const vaultInfo = s.struct({
  vault_id: s.hex<VaultId>(32),
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
  incidents: s.list(s.struct({ incident_id: s.hex<IncidentId>(32), trigger, status: s.text(32) }), 16),
})
export type VaultInfo = Infer<typeof vaultInfo>

export const ownerAnswer = s.variant('answer', {
  receipt: s.struct({ frame: s.blob(MAX_FRAME_BYTES) }),
  state: s.struct({ state: manifestState }),
  vaults: s.struct({
    member: s.memberIndex,
    tip: s.nullable(blockRef),
    chain: chainState,
    vaults: s.list(vaultInfo, MAX_VAULTS),
  }),
  refused: s.struct({
    code: s.text(64, 1),
    message: s.text(512),
    remedy: s.text(512),
    /** Whether the same request may succeed later. */
    retryable: s.bool,
  }),
})
export type OwnerAnswer = Infer<typeof ownerAnswer>
