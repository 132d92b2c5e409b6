/** Which envelopes an incident calls for now. */
import { type Rung, envelopesOf } from '../custody/manifest.ts'
import type { EnvelopeId } from '../primitives/index.ts'
import type { HeldManifest, Incident, Vault } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'
import { manifestsWithEmergency } from './judging.ts'
import { askedFeerate, blocksSince, dueRung, floorRung, packageFeerate, rungOfMarket } from './rungs.ts'
import { type Standing, unvaultsNamed } from './trigger.ts'

/** One ladder that applies to the trigger as it stands: of one armed manifest. */
export interface Ladder {
  readonly held: HeldManifest
  /** Lowest feerate first. */
  readonly rungs: readonly Rung[]
  /** Index of the highest rung released now; −1 for none. */
  readonly due: number
  /** The top rung is due, and means that take fee coins come after it: with the next block all members shall have it. */
  readonly to_all?: 'after-a-block' | null
}

/**
 * Cold-theft releases all rungs at once; theft climbs with the blocks since U confirmed. Without a standing trigger: what
 * an emergency that was released goes on sending, for its own transaction takes the trigger's place in the mempool.
 */
export function laddersDue(turn: Turn, vault: Vault, incident: Incident, standing: Standing | null): Ladder[] {
  if (incident.action === 'emergency') {
    return manifestsWithEmergency(vault).map((held) => ({
      held,
      rungs: held.manifest.emergency,
      due: held.manifest.emergency.length - 1,
    }))
  }
  if (standing === null) return []
  return unvaultsNamed(vault, standing.tx.txid).map(({ held, unvault }) => {
    const rungs = unvault.clawback
    const top = rungs.length - 1
    const floor = floorRung(blocksSince(standing.block?.height ?? null, turn.tip), top, held.manifest.csv)
    const feerates = rungs.map((rung) => (standing.block ? rung.feerate : packageFeerate(unvault, rung)))
    const due = dueRung(floor, top, rungOfMarket(feerates, askedFeerate(turn.volatile.estimate, turn.volatile.mempool_floor)))
    const isLast = due === top && (unvault.anchored !== null || unvault.anyone_can_pay !== null)
    return { held, rungs, due, to_all: isLast ? 'after-a-block' : null }
  })
}

/** Where an envelope's bytes and my sealed share of it stand in a held manifest; −1 where it is none of its envelopes. */
export function envelopeIndex(held: HeldManifest, envelope_id: EnvelopeId): number {
  return envelopesOf(held.manifest).findIndex((envelope) => envelope.envelope_id === envelope_id)
}
