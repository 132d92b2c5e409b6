import { blockRef, chainState } from '../chain/index.ts'
import { type Hash32, type IncidentId, type Infer, type VaultId, s } from '../primitives/index.ts'

/** Open incidents that one heartbeat names; with more, heartbeats take turns. */
export const MAX_HEARTBEAT_INCIDENTS = 64

/** Vaults with owners' messages that one heartbeat names; with more, heartbeats take turns. */
export const MAX_HEARTBEAT_VAULTS = 32

/** A sign of life, and the digests by which peers notice what one of them lacks. */
export const heartbeat = s.struct({
  /** Null before the first block was seen. */
  tip: s.nullable(blockRef),
  chain: chainState,
  /** e.g. `/Satoshi:29.0.0/`, as bitcoind calls itself. */
  implementation: s.text(128),
  software: s.text(64),
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
