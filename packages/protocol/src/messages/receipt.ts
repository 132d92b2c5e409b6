import { type IncidentId, type Infer, type ManifestHash, type VaultId, s } from '../primitives/index.ts'

/** A member's signed statement of what it holds, or did. */
export const receipt = s.variant('statement', {
  /** "I opened my shares, they match the commitments, and from now on I release them on a trigger." */
  holds: s.struct({
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
})
export type Receipt = Infer<typeof receipt>
