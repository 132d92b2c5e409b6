/** Where an incident stands, in one word. */
import { UNSPENT, confirmations } from '../state/coins.ts'
import type { Incident, Vault } from '../state/durable.ts'
import { finalSpend, isRecoveryWaiting, recoveryTarget, standingTrigger } from './trigger.ts'

/** So deep, a recovery is no longer called unsettled. */
export const SECURED_DEPTH = 6

/**
 * `recovered` has a confirmation and may yet be undone, `secured` is six deep, `settled` a hundred; `lost` is said from the first
 * confirmation of what took the coin; `over` is said of drills.
 */
export type IncidentStatus =
  | 'alleged'
  | 'open'
  | 'certified'
  | 'recovering'
  | 'recovered'
  | 'secured'
  | 'gone'
  | 'lost'
  | 'settled'
  | 'over'

/** Where an incident stands, in one word, for people and for the owner's client. */
export function incidentStatus(vault: Vault, incident: Incident, tip: number): IncidentStatus {
  if (incident.settled !== null) return incident.settled === 'recovered' ? 'settled' : incident.settled
  if (incident.trigger === 'drill') return incident.certified ? 'certified' : 'open'
  const end = finalSpend(vault)
  if (end !== null && confirmations(end.coin, tip) > 0) {
    if (!end.recovered) return 'lost'
    return confirmations(end.coin, tip) < SECURED_DEPTH ? 'recovered' : 'secured'
  }
  if (isRecoveryWaiting(vault)) return 'recovering'
  if (incident.trigger === 'panic') {
    return incident.broadcasts.size > 0 ? 'recovering' : incident.certified ? 'certified' : 'open'
  }
  const standing = standingTrigger(vault, incident.trigger)
  if (standing === null || standing.offered) {
    return incident.story.some(({ event }) => event === 'trigger-seen' || event === 'trigger-confirmed') ? 'gone' : 'alleged'
  }
  const target = vault.coins.get(recoveryTarget(vault, incident.trigger, standing.tx)) ?? UNSPENT
  if (target.mempool !== null || incident.broadcasts.size > 0) return 'recovering'
  return incident.certified ? 'certified' : 'open'
}
