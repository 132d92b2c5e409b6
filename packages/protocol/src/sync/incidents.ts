/** Votes, broadcast receipts and shares of incidents. A share is sent again from the ledger, to the member it was sealed to. */
import { type Hasher, hashOf } from '../crypto/index.ts'
import { MAX_ENVELOPES, MAX_MEMBERS } from '../custody/limits.ts'
import { envelopesOf } from '../custody/manifest.ts'
import { releaseSlot } from '../guard/slots.ts'
import { isCalledFor } from '../incident/cause.ts'
import { incidentStatus } from '../incident/status.ts'
import { type Heartbeat, MAX_HEARTBEAT_INCIDENTS } from '../messages/heartbeat.ts'
import { MAX_PULL_INCIDENTS, type Pull } from '../messages/pull.ts'
import { type EnvelopeId, type Hash32, type IncidentId, type MemberIndex, s, sortedEntries } from '../primitives/index.ts'
import type { Incident } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'
import { type Topic, byTurns, digestOnce, inTurn, lackedOf } from './topic.ts'

type Asked = Pull['incidents'][number]

export const incidents: Topic<IncidentId, Asked, Pick<Heartbeat, 'incidents'>> = {
  told,
  differing: (turn, heartbeat) => [...new Set([...otherDigests(turn, heartbeat), ...thin(turn, heartbeat)])],
  asked: (turn, member, wanted) =>
    inTurn(wanted, turn.volatile.peers.get(member)?.pulled_incidents ?? 0, MAX_PULL_INCIDENTS).map((id) => whatIHave(turn, id, member)),
  lacking: (turn, asked, to) =>
    byTurns([...new Map(asked.map((one) => [one.incident_id, one])).values()].map((one) => framesOf(turn, one, to))),
  share: 160,
}

const summary = s.struct({
  votes: s.list(s.struct({ member: s.memberIndex, anchor_height: s.height }), MAX_MEMBERS),
  broadcasts: s.list(s.memberIndex, MAX_MEMBERS),
})

export function incidentDigest(hasher: Hasher, { votes, broadcast_receipts }: Incident): Hash32 {
  return hashOf(hasher, 'digest', summary, {
    votes: sortedEntries(votes).map(([member, { anchor_height }]) => ({ member, anchor_height })),
    broadcasts: sortedEntries(broadcast_receipts).map(([member]) => member),
  }) as Hash32
}

function myDigest(turn: Turn, incident_id: IncidentId, incident: Incident): Hash32 {
  return digestOnce(turn, `incident/${incident_id}`, () => incidentDigest(turn.ports, incident))
}

/** Incidents in which something may still be missing. */
export function openIncidents(turn: Turn): [IncidentId, Incident][] {
  return sortedEntries(turn.durable.incidents).filter(([, { settled }]) => settled === null)
}

/** Incidents whose trigger stands and whose recovery is not in my own chain yet: shares may be missing. */
export function unansweredIncidents(turn: Turn): IncidentId[] {
  const unanswered = openIncidents(turn).filter(([, incident]) => {
    const vault = turn.durable.vaults.get(incident.vault_id)
    // What is only alleged calls for no share; votes for it are asked for when heartbeats differ.
    if (!vault || !isCalledFor(turn.config.self, vault, incident)) return false
    const status = incidentStatus(vault, incident, turn.tip)
    return status === 'alleged' || status === 'open' || status === 'certified' || status === 'recovering'
  })
  return unanswered.map(([incident_id]) => incident_id)
}

/**
 * Of these incidents, those that this member may have released shares of which I can use now and do not have. Whatever else I lack of
 * them its heartbeats show.
 */
export function withSharesAt(turn: Turn, incidents: ReadonlyMap<IncidentId, readonly EnvelopeId[]>, member: MemberIndex): IncidentId[] {
  const { gatherings } = turn.volatile
  const lacking = [...incidents].filter(([, wanted]) => wanted.some((envelope_id) => !gatherings.get(envelope_id)?.shares.has(member)))
  return lacking.map(([incident_id]) => incident_id)
}

function told(turn: Turn): Pick<Heartbeat, 'incidents'> {
  const { volatile } = turn
  const open = openIncidents(turn)
  const named = inTurn(open, volatile.heartbeat_turn, MAX_HEARTBEAT_INCIDENTS)
  volatile.heartbeat_turn = open.length > MAX_HEARTBEAT_INCIDENTS ? volatile.heartbeat_turn + MAX_HEARTBEAT_INCIDENTS : 0
  return { incidents: named.map(([incident_id, incident]) => ({ incident_id, digest: myDigest(turn, incident_id, incident) })) }
}

function otherDigests(turn: Turn, heartbeat: Heartbeat): IncidentId[] {
  const others = heartbeat.incidents.filter(({ incident_id, digest }) => {
    const mine = turn.incident(incident_id)
    if (!mine) return !turn.volatile.elsewhere.has(incident_id)
    return mine.settled === null && myDigest(turn, incident_id, mine) !== digest
  })
  return others.map(({ incident_id }) => incident_id)
}

/**
 * What I came too late for: my chain shows the trigger, but few voted as far as I know, and this member does not speak of it. It may
 * have settled it, and still has the votes.
 */
function thin(turn: Turn, heartbeat: Heartbeat): IncidentId[] {
  const named = new Set(heartbeat.incidents.map(({ incident_id }) => incident_id))
  const mine = openIncidents(turn).filter(([id, incident]) => {
    const vault = turn.durable.vaults.get(incident.vault_id)
    const isThin = incident.votes.size < turn.config.federation.thresholds[incident.action].q
    return !named.has(id) && isThin && vault !== undefined && isCalledFor(turn.config.self, vault, incident)
  })
  return mine.map(([id]) => id)
}

/** Of an incident that I have not heard of, nothing. */
function whatIHave(turn: Turn, incident_id: IncidentId, member: MemberIndex): Asked {
  const incident = turn.incident(incident_id)
  if (!incident) return { incident_id, votes: [], releases: [], broadcasts: [] }
  return {
    incident_id,
    votes: sortedEntries(incident.votes).map(([from, { anchor_height }]) => ({ member: from, anchor_height })),
    releases: sharesHeldOf(turn, incident, member),
    broadcasts: sortedEntries(incident.broadcast_receipts).map(([from]) => from),
  }
}

function sharesHeldOf(turn: Turn, incident: Incident, member: MemberIndex): EnvelopeId[] {
  const manifests = turn.durable.vaults.get(incident.vault_id)?.manifests ?? []
  return manifests
    .flatMap(({ manifest }) => envelopesOf(manifest).map(({ envelope_id }) => envelope_id))
    .filter((envelope_id) => turn.volatile.gatherings.get(envelope_id)?.shares.has(member))
    .slice(0, MAX_ENVELOPES)
}

function* framesOf(turn: Turn, wanted: Asked, to: MemberIndex): Iterable<Uint8Array> {
  const incident = turn.incident(wanted.incident_id)
  if (!incident) return
  const held = new Map(wanted.votes.map(({ member, anchor_height }) => [member, anchor_height]))
  for (const [member, { anchor_height, frame }] of sortedEntries(incident.votes)) {
    if (member !== to && anchor_height > (held.get(member) ?? -1)) yield frame
  }
  yield* releasedTo(turn, wanted, incident, to)
  yield* lackedOf(incident.broadcast_receipts, wanted.broadcasts, to)
}

/** What was released to that member before: signed once, sent as often as it asks. */
function* releasedTo(turn: Turn, { incident_id, releases: has }: Asked, incident: Incident, to: MemberIndex): Iterable<Uint8Array> {
  for (const [envelope_id] of sortedEntries(incident.released)) {
    if (has.includes(envelope_id)) continue
    const entry = turn.durable.ledger.get(releaseSlot(turn.config.federation.lock_hash, incident_id, envelope_id, to))
    // One that was adopted from evidence lacks its share.
    if (entry && turn.reading.frame(entry.frame).attachment !== null) yield entry.frame
  }
}
