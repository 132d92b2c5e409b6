/** Forgetting a command with all that hangs on it. */
import { commandSlot, drillSlot, releaseSlot, voteSlot } from '../guard/slots.ts'
import { incidentId } from '../incident/identity.ts'
import { SETTLED_DEPTH, endDrillIncident } from '../incident/machine.ts'
import { type Hash32, type Height, type IncidentId, type VaultId, fromHex } from '../primitives/index.ts'
import type { HeldCommand } from '../state/commands.ts'
import type { Vault } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'
import type { Command } from './command.ts'
import { DRILL_MEMORY, HANDED_ON_BLOCKS } from './limits.ts'

/** A drill, a cancel or an order to destroy whose anchor is this old nobody takes any more, whoever vouches for it, and nobody speaks of. */
export function isOutlived(tip: Height, { what, anchor }: Command): boolean {
  if (what.order === 'destroy' || what.order === 'cancel-generation') return tip > anchor.height + HANDED_ON_BLOCKS
  return what.order === 'drill' && tip > anchor.height + DRILL_MEMORY - SETTLED_DEPTH
}

/**
 * A drill that is this old can be forgotten with its slots in the ledger, for no reorganisation that is reckoned with brings back a tip at which
 * it is taken: none of them is ever signed for again. Nothing else that was taken is forgotten.
 */
export function isForgettable(tip: Height, { what, anchor }: Command): boolean {
  return what.order === 'drill' && tip > anchor.height + DRILL_MEMORY
}

/** One that was never taken, or a drill that is over and old. */
export function forgetCommand(turn: Turn, vault_id: VaultId, vault: Vault, command_hash: Hash32, held: HeldCommand): void {
  const isDrill = held.command.what.order === 'drill' && held.taken_height !== null
  const incident_id = isDrill ? incidentId(turn, vault_id, 'drill', fromHex(command_hash)) : null
  const known = incident_id !== null && turn.incident(incident_id) ? incident_id : null
  if (known !== null) endDrillIncident(turn, vault, known)
  const slots = isDrill ? slotsOf(turn, command_hash, held, known) : []
  turn.record({ record: 'command-forgotten', vault_id, command_hash, incident_id: known, slots })
}

/** Every slot that I signed for in this drill. */
function slotsOf(turn: Turn, command_hash: Hash32, { taken_height }: HeldCommand, incident_id: IncidentId | null): string[] {
  const { federation } = turn.config
  const lock = federation.lock_hash
  const slots = [commandSlot(lock, command_hash), drillSlot(lock, command_hash)]
  const incident = incident_id === null ? undefined : turn.incident(incident_id)
  if (incident_id !== null && incident) {
    // A reorganisation may have brought me below the height at which I took it.
    const since = Math.max(0, (taken_height ?? 0) - SETTLED_DEPTH)
    for (let blocks = 0; blocks < DRILL_MEMORY + SETTLED_DEPTH; blocks++) {
      slots.push(voteSlot(lock, incident_id, 'drill', (since + blocks) as Height))
    }
    for (const envelope_id of incident.released.keys()) {
      for (const { index } of federation.members) slots.push(releaseSlot(lock, incident_id, envelope_id, index))
    }
  }
  return slots.filter((slot) => turn.durable.ledger.has(slot))
}
