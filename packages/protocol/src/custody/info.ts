/** What a member tells an owner or guardian of the vaults in which that one has a say. */
import { incidentStatus } from '../incident/status.ts'
import { vaultLadder } from '../incident/market-watch.ts'
import { drillsOf, lastDrills, newestFirst } from '../drill/history.ts'
import { type InfoRequest, MAX_DRILLS_TOLD, type VaultInfo } from '../messages/owner-requests.ts'
import { undestroyable } from '../owner/destroy.ts'
import { type VaultId, sortedEntries } from '../primitives/index.ts'
import { ANCHOR_DEPTH } from '../owner/command.ts'
import type { Vault } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'
import { manifestState, refuse, reply } from './enrolment.ts'
import { depositState } from './funding.ts'
import type { Manifest } from './manifest.ts'

/** Blocks by which other members may be behind me and still take a command at once that is anchored as I say. */
const ANCHOR_SLACK = 2

export function onInfo(turn: Turn, request_id: number, peer_id: string, { what }: InfoRequest): void {
  const owner = turn.config.owners.find((one) => one.peer_id === peer_id)
  if (!owner) return refuse(turn, request_id, 'owner-not-admitted')
  const { self: member } = turn.config
  const tip = turn.durable.position
  const owned = sortedEntries(turn.durable.vaults).filter(([, vault]) =>
    vault.manifests.some(({ manifest }) => hasSay(manifest, owner.root)),
  )
  if (what === 'drills') {
    const drills = owned.flatMap(([vault_id, vault]) => drillsOf(vault_id, vault)).toSorted(newestFirst)
    return reply(turn, request_id, { answer: 'drills', member, tip, drills: drills.slice(0, MAX_DRILLS_TOLD) })
  }
  const vaults = owned.map(([vault_id, vault]) => describe(turn, vault_id, vault))
  const anchor = turn.durable.recent.findLast(({ height }) => height <= turn.tip - ANCHOR_DEPTH - ANCHOR_SLACK) ?? null
  reply(turn, request_id, { answer: 'vaults', member, tip, anchor, chain: turn.volatile.chain, vaults })
}

/** Whoever may order something of a vault is told of it: one who may cancel a generation must learn that it waits. */
function hasSay({ owner }: Manifest, key: string): boolean {
  return [owner.root, ...owner.enrol.keys, ...owner.announce, ...owner.panic.keys].includes(key)
}

function describe(turn: Turn, vault_id: VaultId, vault: Vault): VaultInfo {
  return {
    vault_id,
    revoked: vault.revoked !== null,
    exposed: vault.exposed,
    deposit: depositState(turn, vault_id, vault),
    destroyable: undestroyable(turn, vault) === null,
    drills: lastDrills(vault_id, vault),
    manifests: vault.manifests.map((held) => ({
      manifest_hash: held.hash,
      generation: held.manifest.generation,
      state: manifestState(vault, held),
      receipts: sortedEntries(held.receipts).map(([member]) => member),
    })),
    incidents: sortedEntries(turn.durable.incidents)
      .filter(([, incident]) => incident.vault_id === vault_id)
      .map(([incident_id, incident]) => ({
        incident_id,
        trigger: incident.trigger,
        status: incidentStatus(vault, incident, turn.tip),
      })),
    market: marketOf(turn, vault),
  }
}

function marketOf({ volatile }: Turn, vault: Vault): VaultInfo['market'] {
  const ladder = vaultLadder(vault, volatile)
  return ladder && { top_feerate: ladder.deciding_feerate, estimate: volatile.estimate, state: ladder.state }
}
