import { DRILL_LEVELS } from '../owner/limits.ts'
import { type Hash32, type IncidentId, type Infer, type ManifestHash, type VaultId, s } from '../primitives/index.ts'

/** Every share of all manifests of one vault. */
const MAX_TRIED = 1_024

/** `no-channel`: level 1, nobody could be notified. `good`, `bad`: levels 2 and 3. `rebuilt`: levels 4 and 5, the envelope opened. */
export const drillResult = s.oneOf('no-channel', 'good', 'bad', 'rebuilt')
export type DrillResult = Infer<typeof drillResult>

/** A member's signed statement of what it holds, or did. */
export const receipt = s.variant('statement', {
  /** "I opened my shares, they match the commitments, and from now on I release them on a trigger." */
  holds: s.struct({
    vault_id: s.hex<VaultId>(32),
    generation: s.uint(0xffff_ffff, 1),
    manifest_hash: s.hex<ManifestHash>(32),
  }),
  /** "The owner published the receipts of this manifest to me, or more members than may lie say so." */
  published: s.struct({
    vault_id: s.hex<VaultId>(32),
    generation: s.uint(0xffff_ffff, 1),
    manifest_hash: s.hex<ManifestHash>(32),
  }),
  /** "Its owner took this generation back while it waited here, or more members than may lie said so." May show the withdrawal. */
  'taken-back': s.struct({
    vault_id: s.hex<VaultId>(32),
    generation: s.uint(0xffff_ffff, 1),
    manifest_hash: s.hex<ManifestHash>(32),
    height: s.height,
  }),
  /** "This generation has long been active here: I go on with it, whoever took it back." */
  'let-be': s.struct({
    vault_id: s.hex<VaultId>(32),
    generation: s.uint(0xffff_ffff, 1),
    manifest_hash: s.hex<ManifestHash>(32),
  }),
  /** "My bitcoind took this recovery transaction." */
  broadcast: s.struct({
    vault_id: s.hex<VaultId>(32),
    incident_id: s.hex<IncidentId>(32),
    txid: s.txid,
    height: s.height,
  }),
  /** "I took part in this drill, and this is what came of it." Its sign-once slot is (lock, command). */
  drill: s.struct({
    vault_id: s.hex<VaultId>(32),
    command_hash: s.hex<Hash32>(32),
    level: s.uint(DRILL_LEVELS, 1),
    result: drillResult,
    /** Level 2: shares that I hold, and those of them that opened and match. Level 3: what the owner's client tried. Else 0. */
    tried: s.uint(MAX_TRIED),
    good: s.uint(MAX_TRIED),
    height: s.height,
  }),
  /** "The coin has left, 100 deep; I have forgotten my shares and envelopes of this vault." Its sign-once slot is (lock, vault). */
  destroyed: s.struct({ vault_id: s.hex<VaultId>(32), command_hash: s.hex<Hash32>(32), height: s.height }),
})
export type Receipt = Infer<typeof receipt>
