import { type Hasher, hashOf } from '../crypto/index.ts'
import { NO_DISCRIMINATOR, type Trigger, discriminator, trigger } from '../messages/vote.ts'
import { type IncidentId, type VaultId, s, toHex } from '../primitives/index.ts'
import type { Turn } from '../state/turn.ts'

const identity = s.struct({ vault_id: s.hex<VaultId>(32), trigger, discriminator })

/**
 * Never of a txid, block or generation: the thief can replace his transaction. The discriminator is empty for theft and
 * cold-theft; panic and drill put their command's hash there.
 */
export function incidentIdOf(hasher: Hasher, vault_id: VaultId, kind: Trigger, of: Uint8Array = NO_DISCRIMINATOR): IncidentId {
  return hashOf(hasher, 'incident', identity, { vault_id, trigger: kind, discriminator: of }) as IncidentId
}

/** The same, remembered: it is asked for with every fact and message. */
export function incidentId(
  { volatile: { incident_ids }, ports }: Turn,
  vault_id: VaultId,
  kind: Trigger,
  of: Uint8Array = NO_DISCRIMINATOR,
): IncidentId {
  const name = `${kind}/${vault_id}/${toHex(of)}`
  const known = incident_ids.get(name)
  if (known !== undefined) return known
  const id = incidentIdOf(ports, vault_id, kind, of)
  incident_ids.set(name, id)
  return id
}
