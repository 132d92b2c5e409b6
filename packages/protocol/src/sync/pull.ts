/**
 * Delivery. Gossip is only for speed: whatever a member lacks it asks for, and gets in the signers' own bytes. A release
 * is sent again from the ledger, so a broadcaster that restarted asks again and is handed the same bytes.
 */
import { releaseSlot } from '../guard/slots.ts'
import { isCalledFor } from '../incident/cause.ts'
import { incidentStatus } from '../incident/status.ts'
import { ANSWER_BUDGET, spend } from '../messages/budget.ts'
import { MAX_BODY_BYTES } from '../messages/frame.ts'
import { encodeBody } from '../messages/kinds.ts'
import { MAX_PULL_INCIDENTS, MAX_PULL_MANIFESTS, MAX_PULL_VAULTS, type Pull } from '../messages/pull.ts'
import type { VerdictCode } from '../messages/verdict.ts'
import { type EnvelopeId, type IncidentId, type MemberIndex, type VaultId, sortedEntries } from '../primitives/index.ts'
import { MAX_ENVELOPES } from '../custody/limits.ts'
import { envelopesOf } from '../custody/manifest.ts'
import type { Incident } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'
import { custodySummaryOf } from './digest.ts'
import { heldOf, lackingFrames } from './owner-messages.ts'

/** Frames sent in answer to one Pull. The next Pull gets the rest. */
const MAX_ANSWER_FRAMES = 512

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

/** Tells a member what I have of these incidents and of custody, so that it sends what I lack. */
export function pullFrom(turn: Turn, member: MemberIndex, incidents: readonly IncidentId[], vaults: readonly VaultId[]): void {
  const peer = turn.volatile.peers.get(member)
  if (!peer) return
  const wanted = inTurn(incidents, peer.pulled_incidents, MAX_PULL_INCIDENTS)
  const custody = inTurn(incompleteCustody(turn), peer.pulled_manifests, MAX_PULL_MANIFESTS)
  const spoken = inTurn(vaults, peer.pulled_vaults, MAX_PULL_VAULTS)
  if (wanted.length === 0 && custody.length === 0 && spoken.length === 0) return
  const owner_messages = spoken.flatMap((vault_id) => {
    const vault = turn.durable.vaults.get(vault_id)
    return vault ? [{ vault_id, held: heldOf(vault, turn.tip) }] : []
  })
  const body = fitting({ incidents: wanted.map((incident_id) => whatIHave(turn, incident_id, member)), custody, owner_messages })
  turn.send(member, turn.sign('pull', body))
  peer.pulled_at = turn.at_ms
  peer.pulled_incidents += body.incidents.length
  peer.pulled_manifests += body.custody.length
  peer.pulled_vaults += body.owner_messages.length
}

/** At most `max` of the list, from where the last Pull ended: those that nobody can answer must not hide the others. */
function inTurn<T>(list: readonly T[], done: number, max: number): T[] {
  const from = list.length === 0 ? 0 : done % list.length
  return [...list.slice(from), ...list.slice(0, from)].slice(0, max)
}

/** Sixteen incidents of 64 members each may be more than one message holds, and so may vaults: then fewer are asked for. */
function fitting(body: Pull): Pull {
  let { incidents, owner_messages } = body
  const isTooLong = () => encodeBody('pull', { ...body, incidents, owner_messages }).length > MAX_BODY_BYTES
  // The longer list gives way: neither hides the other.
  while (incidents.length + owner_messages.length > 1 && isTooLong()) {
    if (incidents.length > owner_messages.length) incidents = incidents.slice(0, Math.floor(incidents.length / 2))
    else owner_messages = owner_messages.slice(0, Math.floor(owner_messages.length / 2))
  }
  return { ...body, incidents, owner_messages }
}

/** Manifests that I hold without the receipts of all members. */
function incompleteCustody(turn: Turn): Pull['custody'] {
  const count = turn.config.federation.members.length
  return custodySummaryOf(turn.durable).filter(({ receipts }) => receipts.length < count)
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
  const incidents = new Map(body.incidents.map((wanted) => [wanted.incident_id, wanted]))
  const spoken = new Map(body.owner_messages.map(({ vault_id, held }) => [vault_id, held]))
  const frames = [
    // First: what is voted on makes sense only to who has the order.
    ...[...spoken].flatMap(([vault_id, held]) => lackingFrames(turn, vault_id, held, from)),
    ...[...incidents.values()].flatMap((wanted) => incidentFrames(turn, from, wanted)),
    ...receiptFrames(turn, body.custody),
  ]
  const { answers } = turn.volatile.budgets
  for (const bytes of frames.slice(0, MAX_ANSWER_FRAMES)) {
    if (!spend(answers, from, 'routine', ANSWER_BUDGET, bytes.length, turn.at_ms)) break
    turn.afterSync({ effect: 'send', to: from, bytes })
  }
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

function receiptFrames(turn: Turn, wanted: Pull['custody']): Uint8Array[] {
  const byHash = new Map(wanted.map(({ manifest_hash, receipts }) => [manifest_hash, receipts]))
  const held = [...turn.durable.vaults.values()].flatMap(({ manifests }) => manifests)
  return held.flatMap(({ hash, receipts }) => {
    const has = byHash.get(hash)
    if (!has) return []
    return sortedEntries(receipts)
      .filter(([member]) => !has.includes(member))
      .map(([, frame]) => frame)
  })
}
