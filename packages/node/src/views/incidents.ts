/** All incidents in short. */
import {
  type Action,
  type Incident,
  type IncidentStatus,
  type State,
  type Trigger,
  incidentStatus,
} from '@belfry/protocol'
import { type IncidentId, invariant, sortedEntries } from '@belfry/protocol/primitives'
import { utc } from './units.ts'
import { nameOfVault, tipOf } from './vaults.ts'

export interface IncidentSummary {
  readonly incident_id: string
  /** Under whose lock these votes are: one theft is an incident in each epoch that guards the vault. */
  readonly epoch: number
  readonly vault_id: string
  readonly vault_name: string
  readonly trigger: Trigger
  readonly action: Action
  readonly status: IncidentStatus
  readonly opened_at: string
  /** Votes held, and how many make a certificate. */
  readonly votes: number
  readonly votes_needed: number
}

/** Newest first. */
export function incidentsView(state: State): IncidentSummary[] {
  return sortedEntries(state.durable.incidents)
    .toSorted(([, a], [, b]) => b.opened_at_ms - a.opened_at_ms)
    .map(([incident_id, incident]) => incidentSummary(state, incident_id, incident))
}

export function incidentSummary(state: State, incident_id: IncidentId, incident: Incident): IncidentSummary {
  const vault = vaultOf(state, incident)
  return {
    incident_id,
    epoch: state.config.federation.epoch,
    vault_id: incident.vault_id,
    vault_name: nameOfVault(vault),
    trigger: incident.trigger,
    action: incident.action,
    status: incidentStatus(vault, incident, tipOf(state)),
    opened_at: utc(incident.opened_at_ms),
    votes: incident.votes.size,
    votes_needed: state.config.federation.thresholds[incident.action].q,
  }
}

export function vaultOf({ durable }: State, { vault_id }: Incident) {
  const vault = durable.vaults.get(vault_id)
  invariant(vault !== undefined, 'an incident is of a vault that was enrolled')
  return vault
}
