import {
  type DrillEnvelope,
  ENVELOPE_KEY_BYTES,
  SHARE_BYTES,
  commitToKey,
  commitToShare,
  envelopeIdOf,
  hashOfEnvelope,
} from '@belfry/protocol'
import { type MemberIndex, type VaultId, concat } from '@belfry/protocol/primitives'
import type { DealerModules } from './dealer.ts'

/** One envelope, and the shares of its key as the dealer cut them. */
export interface Sealing {
  readonly envelope: DrillEnvelope
  readonly bytes: Uint8Array
  readonly shares: ReadonlyMap<MemberIndex, Uint8Array>
}

/** A cipher text with its tag is about this long. */
const ENVELOPE_BYTES = 48

/**
 * Nothing is encrypted: what an envelope holds is looked up in the deal. The shares are random instead of points on a
 * polynomial, for the core never sees one; that t of them open the envelope is the shell's to say.
 */
export function dealEnvelope(
  { vault_id, generation, label }: { vault_id: VaultId; generation: number; label: string },
  { federation, hasher, random }: DealerModules,
): Sealing {
  const key_hash = commitToKey(hasher, random.bytes(ENVELOPE_KEY_BYTES))
  const envelope_id = envelopeIdOf(hasher, { vault_id, generation, label, key_hash })
  const bytes = random.bytes(ENVELOPE_BYTES)
  const xs = random.sample(Array.from({ length: 255 }, (_, at) => at + 1), federation.members.length)
  const shares = new Map<MemberIndex, Uint8Array>()
  const commitments = federation.members.map(({ index: member }, at) => {
    const x = xs[at] ?? 0
    const share = concat(random.bytes(SHARE_BYTES - 1), Uint8Array.of(x))
    shares.set(member, share)
    return { member, x, hash: commitToShare(hasher, { vault_id, generation, envelope_id, member, share }) }
  })
  const envelope = { envelope_id, envelope_hash: hashOfEnvelope(hasher, bytes), key_hash, shares: commitments }
  return { envelope, bytes, shares }
}
