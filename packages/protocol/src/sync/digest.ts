/** Short summaries in heartbeats by which peers notice that one of them lacks a message. */
import { type Hasher, hashOf } from '../crypto/index.ts'
import { MAX_MANIFESTS_PER_VAULT, MAX_MEMBERS, MAX_VAULTS } from '../custody/limits.ts'
import { type Hash32, type Infer, type ManifestHash, s, sortedEntries } from '../primitives/index.ts'
import type { Durable, Incident } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'

const incidentSummary = s.struct({
  votes: s.list(s.struct({ member: s.memberIndex, anchor_height: s.height }), MAX_MEMBERS),
  broadcasts: s.list(s.memberIndex, MAX_MEMBERS),
})

export function incidentDigest(hasher: Hasher, { votes, broadcast_receipts }: Incident): Hash32 {
  return hashOf(hasher, 'digest', incidentSummary, {
    votes: sortedEntries(votes).map(([member, { anchor_height }]) => ({ member, anchor_height })),
    broadcasts: sortedEntries(broadcast_receipts).map(([member]) => member),
  }) as Hash32
}

const custodySummary = s.list(
  s.struct({ manifest_hash: s.hex<ManifestHash>(32), receipts: s.list(s.memberIndex, MAX_MEMBERS) }),
  MAX_VAULTS * MAX_MANIFESTS_PER_VAULT,
)

/** Which manifests I hold, and whose receipts for each, by manifest hash. */
export function custodySummaryOf(durable: Durable): Infer<typeof custodySummary> {
  return [...durable.vaults.values()]
    .flatMap(({ manifests }) => manifests)
    .map(({ hash, receipts }) => ({
      manifest_hash: hash,
      receipts: sortedEntries(receipts).map(([member]) => member),
    }))
    .toSorted((a, b) => (a.manifest_hash < b.manifest_hash ? -1 : 1))
}

export function custodyDigest(hasher: Hasher, durable: Durable): Hash32 {
  return hashOf(hasher, 'digest', custodySummary, custodySummaryOf(durable)) as Hash32
}

/** Mine, made again only when custody has changed: each heartbeat that comes is compared with it. */
export function myCustodyDigest({ ports, durable, volatile }: Turn): Hash32 {
  volatile.custody_digest ??= custodyDigest(ports, durable)
  return volatile.custody_digest
}
