import { type Hasher, hashOf } from '../crypto/index.ts'
import { type Trigger, trigger } from '../messages/vote.ts'
import { type IncidentId, type VaultId, s } from '../primitives/index.ts'
import type { Turn } from '../state/turn.ts'

const identity = s.struct({ vault_id: s.hex<VaultId>(32), trigger, discriminator: s.blob(64) })

/**
 * Never of a txid, block or generation: the thief can replace his transaction. The discriminator is empty for theft and
 * cold-theft; later triggers put an anchor or a command hash there.
 */
export function incidentIdOf(hasher: Hasher, vault_id: VaultId, kind: Trigger): IncidentId {
  return hashOf(hasher, 'incident', identity, { vault_id, trigger: kind, discriminator: new Uint8Array(0) }) as IncidentId
}

/** The same, remembered: it is asked for with every fact and message. */
export function incidentId({ volatile: { incident_ids }, ports }: Turn, vault_id: VaultId, kind: Trigger): IncidentId {
  const name = `${kind}/${vault_id}`
  const known = incident_ids.get(name)
  if (known !== undefined) return known
  const id = incidentIdOf(ports, vault_id, kind)
  incident_ids.set(name, id)
  return id
}
