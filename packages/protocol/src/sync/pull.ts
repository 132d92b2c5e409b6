/**
 * Delivery. Gossip is only for speed: whatever a member lacks it asks for, and gets in the signers' own bytes. A release
 * is sent again from the ledger, so a broadcaster that restarted asks again and is handed the same bytes.
 */
import { releaseSlot } from '../guard/ledger.ts'
import { incidentStatus } from '../incident/machine.ts'
import { MAX_PULL_INCIDENTS, MAX_PULL_MANIFESTS, type Pull } from '../messages/pull.ts'
import type { VerdictCode } from '../messages/verdict.ts'
import { type EnvelopeId, type IncidentId, type MemberIndex, sortedEntries } from '../primitives/index.ts'
import { MAX_ENVELOPES } from '../custody/limits.ts'
import { envelopesOf } from '../custody/manifest.ts'
import type { Incident } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'
import { custodySummaryOf } from './digest.ts'

/** Frames sent in answer to one Pull. The next Pull gets the rest. */
const MAX_ANSWER_FRAMES = 512

/** Incidents in which something may still be missing. */
export function openIncidents(turn: Turn): [IncidentId, Incident][] {
  return sortedEntries(turn.durable.incidents).filter(([, { settled }]) => settled === null)
}

/** Incidents whose recovery is not in my own mempool or chain yet. */
export function unansweredIncidents(turn: Turn): IncidentId[] {
  const unanswered = openIncidents(turn).filter(([, incident]) => {
    const vault = turn.durable.vaults.get(incident.vault_id)
    const status = vault && incidentStatus(vault, incident, turn.tip)
    return status === 'alleged' || status === 'open' || status === 'certified' || status === 'recovering'
  })
  return unanswered.map(([incident_id]) => incident_id)
}

/** Tells a member what I have of these incidents and of custody, so that it sends what I lack. */
export function pullFrom(turn: Turn, member: MemberIndex, incidents: readonly IncidentId[]): void {
  const body: Pull = {
    incidents: incidents.slice(0, MAX_PULL_INCIDENTS).map((incident_id) => whatIHave(turn, incident_id, member)),
    custody: custodySummaryOf(turn.durable).slice(0, MAX_PULL_MANIFESTS),
  }
  turn.send(member, turn.sign('pull', body))
  const peer = turn.volatile.peers.get(member)
  if (peer) peer.pulled_at = turn.at_ms
}

/** Of an incident that I have not heard of, nothing. */
function whatIHave(turn: Turn, incident_id: IncidentId, member: MemberIndex): Pull['incidents'][number] {
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

export function onPull(turn: Turn, from: MemberIndex, body: Pull): VerdictCode {
  const frames = [
    ...body.incidents.flatMap((wanted) => incidentFrames(turn, from, wanted)),
    ...body.custody.flatMap((wanted) => receiptFrames(turn, wanted)),
  ]
  for (const bytes of frames.slice(0, MAX_ANSWER_FRAMES)) turn.afterSync({ effect: 'send', to: from, bytes })
  return 'accepted'
}

function incidentFrames(turn: Turn, to: MemberIndex, wanted: Pull['incidents'][number]): Uint8Array[] {
  const incident = turn.incident(wanted.incident_id)
  if (!incident) return []
  const held = new Map(wanted.votes.map(({ member, anchor_height }) => [member, anchor_height]))
  const votes = sortedEntries(incident.votes)
    .filter(([member, { anchor_height }]) => member !== to && anchor_height > (held.get(member) ?? -1))
    .map(([, { frame }]) => frame)
  const receipts = sortedEntries(incident.broadcast_receipts)
    .filter(([member]) => member !== to && !wanted.broadcasts.includes(member))
    .map(([, frame]) => frame)
  return [...votes, ...receipts, ...releasedTo(turn, wanted.incident_id, incident, to, wanted.releases)]
}

/** What was released to that member before: signed once, sent as often as it asks. */
function releasedTo(
  turn: Turn,
  incident_id: IncidentId,
  incident: Incident,
  to: MemberIndex,
  has: readonly EnvelopeId[],
): Uint8Array[] {
  return sortedEntries(incident.released)
    .filter(([envelope_id]) => !has.includes(envelope_id))
    .flatMap(([envelope_id]) => {
      const slot = releaseSlot(turn.config.federation.lock_hash, incident_id, envelope_id, to)
      const entry = turn.durable.ledger.get(slot)
      return entry ? [entry.frame] : []
    })
}

function receiptFrames(turn: Turn, wanted: Pull['custody'][number]): Uint8Array[] {
  for (const { manifests } of turn.durable.vaults.values()) {
    const held = manifests.find(({ hash }) => hash === wanted.manifest_hash)
    if (!held) continue
    return sortedEntries(held.receipts)
      .filter(([member]) => !wanted.receipts.includes(member))
      .map(([, frame]) => frame)
  }
  return []
}
