import { blockRef, chainState } from '../chain/index.ts'
import { MAX_MEMBERS } from '../custody/limits.ts'
import { type Hash32, type IncidentId, type Infer, type LockHash, type VaultId, s } from '../primitives/index.ts'

/** Open incidents that one heartbeat names; with more, heartbeats take turns. */
export const MAX_HEARTBEAT_INCIDENTS = 64

/** Vaults with owners' messages that one heartbeat names; with more, heartbeats take turns. */
export const MAX_HEARTBEAT_VAULTS = 32

/** How far this member goes now: `starting` and `quarantined` ones vote and release nothing (guard/). */
export const standing = s.oneOf('serving', 'starting', 'quarantined')
export type Standing = Infer<typeof standing>

/** A sign of life, and the digests by which peers notice what one of them lacks. */
export const heartbeat = s.struct({
  /** Null before the first block was seen. */
  tip: s.nullable(blockRef),
  /** Six blocks below the tip, by which two blocks found at once are told from a fork; null before that many were seen. */
  hash_6: s.nullable(s.blockHash),
  chain: chainState,
  /** e.g. `/Satoshi:29.0.0/`, as bitcoind calls itself. */
  implementation: s.text(128),
  software: s.text(64),
  standing,
  /** The lock that follows this one, where this member serves it: by it others hear of one that they were not given. */
  next_lock: s.nullable(s.hex<LockHash>(32)),
  /** Members that were silent for `suspect_periods` or longer: what the others' reports of a dead member are made of. */
  silent: s.list(s.memberIndex, MAX_MEMBERS),
  /** Slots signed for so far, on this disk: it never falls unless an older disk was put back. */
  ledger_entries: s.uint(Number.MAX_SAFE_INTEGER),
  /** Merkle root over (vault, generation, manifest) of what this member has armed. */
  guarded_root: s.hex<Hash32>(32),
  /** Over the evidence held. */
  evidence_digest: s.hex<Hash32>(32),
  /** Over all manifests held and whose receipts are known for each. */
  custody_digest: s.hex<Hash32>(32),
  incidents: s.list(
    s.struct({ incident_id: s.hex<IncidentId>(32), digest: s.hex<Hash32>(32) }),
    MAX_HEARTBEAT_INCIDENTS,
  ),
  /** What owners and guardians said of a vault, and what members said of that. */
  owner_messages: s.list(s.struct({ vault_id: s.hex<VaultId>(32), digest: s.hex<Hash32>(32) }), MAX_HEARTBEAT_VAULTS),
})
export type Heartbeat = Infer<typeof heartbeat>
