/**
 * The release gate. A share leaves only if, at that moment, q valid votes are held, the trigger stands in my own chain or
 * mempool, my own verdict is still act, and the rung is due. It is asked twice: before a share is sealed, and again before
 * the sealed share is signed.
 */
import type { Incident, Vault } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'
import { type Ladder, laddersDue } from './due.ts'
import { type Standing, standingTrigger, unvaultsNamed } from './trigger.ts'
import { countedVoters } from './votes.ts'

export interface OpenGate {
  readonly standing: Standing
  readonly ladders: readonly Ladder[]
}

/** Null while the gate is shut. */
export function releaseGate(turn: Turn, vault: Vault, incident: Incident): OpenGate | null {
  if (incident.settled !== null) return null
  const { q } = turn.config.federation.thresholds[incident.action]
  if (countedVoters(incident.votes, turn.tip).length < q) return null
  const standing = standingTrigger(vault, incident.trigger)
  if (standing === null || !mayRelease(vault, incident, standing)) return null
  return { standing, ladders: laddersDue(turn, vault, incident, standing) }
}

/**
 * U gives the hot key nothing for the whole window, and a transaction that vanishes from the mempool must not cost the
 * secrecy of K: theft waits for one confirmation unless the owner chose otherwise. Cold-theft cannot wait.
 */
function mayRelease(vault: Vault, incident: Incident, standing: Standing): boolean {
  if (incident.trigger === 'cold-theft' || standing.block !== null) return true
  const named = unvaultsNamed(vault, standing.tx.txid)
  return !standing.offered && named.some(({ held }) => held.manifest.act_at === 'mempool')
}
