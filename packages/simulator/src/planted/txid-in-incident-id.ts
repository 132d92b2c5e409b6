import { type BelfryCore, type State, incidentIdOf } from '@belfry/protocol'
import { type IncidentId, type VaultId, fromHex, toHex } from '@belfry/protocol/primitives'
import type { SimMember } from '../member/index.ts'
import type { PlantedBug } from './planted-bug.ts'

export const txidInIncidentId: PlantedBug = {
  name: 'txid-in-incident-id',
  what: 'an incident is named after the transaction that steals, which the thief can replace',
  caught_by: ['S10', 'L1', 'S1'],
  within_seeds: 12,
  core: (core, member): BelfryCore => ({
    ...core,
    step(state, input) {
      for (const vault_id of state.durable.vaults.keys()) nameAfterTx(state, member, vault_id)
      return core.step(state, input)
    },
  }),
}

/** Where the core keeps the names that it has made before. */
function nameAfterTx({ durable, volatile }: State, { ports }: SimMember, vault_id: VaultId): void {
  const vault = durable.vaults.get(vault_id)
  const coin = vault?.coins.get(vault.deposit)
  const txid = coin?.confirmed?.tx.txid ?? coin?.mempool?.txid
  const plain = incidentIdOf(ports, vault_id, 'theft')
  const named = txid === undefined ? plain : (toHex(ports.sha256(fromHex(plain + txid))) as IncidentId)
  volatile.incident_ids.set(`theft/${vault_id}/`, named)
}
