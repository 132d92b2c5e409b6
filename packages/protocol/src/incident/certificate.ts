/**
 * q votes held make a certificate. It is recorded at once, for the release gate; it is told to others only where votes
 * alone did not lead to an answer, for all votes go to all anyway and a theft is no time for what nobody lacks.
 */
import type { IncidentId } from '../primitives/index.ts'
import type { Incident } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'
import { levelOf } from './cause.ts'
import { placeAmongFirst } from './recipients.ts'
import { isAnswered } from './trigger.ts'
import { countedVoters } from './votes.ts'

export function certifyIfDue(turn: Turn, incident_id: IncidentId, incident: Incident): void {
  const voters = countedVoters(incident.votes, turn.tip)
  const { q } = turn.config.federation.thresholds[incident.action]
  if (voters.length < q || isCertified(incident, voters, q)) return
  turn.record({ record: 'certified', incident_id, at_ms: turn.at_ms, height: turn.tip, voters })
  turn.note(incident_id, 'certified', { detail: `${voters.length} votes` })
  turn.tell({ level: levelOf(incident.trigger), event: 'certified', incident_id, detail: voters.join(' ') })
  // The first b+1 members in the order, of whom one at least is honest: it is they who need the others' shares.
  const place = placeAmongFirst(turn, incident_id)
  if (place === null) return
  turn.volatile.untold_certificates.start(incident_id, turn.at_ms)
  turn.volatile.certificate_turns.set(incident_id, place)
}

/** Another member told it: whoever lacked a vote has it now, and to tell it b+1 times would cost n² bytes. */
export function certificateTold({ volatile }: Turn, incident_id: IncidentId): void {
  volatile.untold_certificates.cancel(incident_id)
}

/** The certificate recorded last still stands: q of its voters are among those whose votes count now. */
function isCertified({ certified }: Incident, voters: readonly number[], q: number): boolean {
  return certified !== null && certified.voters.filter((member) => voters.includes(member)).length >= q
}

/** Tells the certificates whose time has come, where nobody has answered the incident and nobody whose turn came before told it. */
export function tellCertificatesIfDue(turn: Turn): void {
  const { untold_certificates, certificate_turns } = turn.volatile
  for (const incident_id of untold_certificates.take(turn.at_ms)) {
    const before = certificate_turns.get(incident_id) ?? 0
    if (before > 0) {
      certificate_turns.set(incident_id, before - 1)
      untold_certificates.start(incident_id, turn.at_ms)
      continue
    }
    certificate_turns.delete(incident_id)
    const incident = turn.incident(incident_id)
    const vault = incident && turn.durable.vaults.get(incident.vault_id)
    if (incident && vault && !isAnswered(vault, incident.trigger)) tellCertificate(turn, incident_id, incident)
  }
}

function tellCertificate(turn: Turn, incident_id: IncidentId, incident: Incident): void {
  const { vault_id, trigger, discriminator, action, settled } = incident
  const voters = countedVoters(incident.votes, turn.tip)
  if (settled !== null || voters.length < turn.config.federation.thresholds[action].q) return
  const votes = voters.flatMap((member) => incident.votes.get(member)?.frame ?? [])
  turn.gossip(turn.sign('certificate', { vault_id, trigger, discriminator, incident_id, action, votes }))
}
