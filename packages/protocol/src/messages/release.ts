import { type Hasher, taggedHash } from '../crypto/index.ts'
import { type EnvelopeId, type Hash32, type IncidentId, type Infer, type ManifestHash, s, toHex } from '../primitives/index.ts'

/**
 * The handing over of one share to one member. The attachment is the share sealed to that member (HPKE); only its hash
 * is signed. Its sign-once slot is (lock, incident, envelope, to).
 */
export const release = s.struct({
  incident_id: s.hex<IncidentId>(32),
  manifest_hash: s.hex<ManifestHash>(32),
  envelope_id: s.hex<EnvelopeId>(32),
  to: s.memberIndex,
  sealed_hash: s.hex<Hash32>(32),
})
export type Release = Infer<typeof release>

export function hashOfSealed(hasher: Hasher, sealed: Uint8Array): Hash32 {
  return toHex(taggedHash(hasher, 'sealed', sealed)) as Hash32
}
