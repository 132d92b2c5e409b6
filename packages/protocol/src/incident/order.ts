/** In which order members are handed shares, and so broadcast: the same for all, different for each incident. */
import { type Hasher, hashOf } from '../crypto/index.ts'
import { type IncidentId, type LockHash, type MemberIndex, s } from '../primitives/index.ts'

const place = s.struct({ lock_hash: s.hex(32), incident_id: s.hex(32), index: s.memberIndex })

export function broadcasterOrder(
  hasher: Hasher,
  lock_hash: LockHash,
  incident_id: IncidentId,
  members: readonly MemberIndex[],
): MemberIndex[] {
  return members
    .map((index) => ({ index, key: hashOf(hasher, 'order', place, { lock_hash, incident_id, index }) }))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ index }) => index)
}
