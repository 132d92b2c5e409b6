/** From shares to a transaction: gathering what was released to me, and having the shell combine it. */
import type { Outcome } from '../core/input.ts'
import { type Manifest, clawbacksOf, envelopesOf } from '../custody/manifest.ts'
import { type Frame, encodeFrame } from '../messages/frame.ts'
import { type Release, hashOfSealed } from '../messages/release.ts'
import type { VerdictCode } from '../messages/verdict.ts'
import type { Trigger } from '../messages/vote.ts'
import type { EnvelopeId, IncidentId, ManifestHash, MemberIndex } from '../primitives/index.ts'
import type { HeldManifest, Incident, Vault } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'
import { broadcastDue, noteRebuilt } from './broadcast.ts'
import { bumpDue } from './bump.ts'
import { isCalledFor } from './cause.ts'
import { envelopeIndex } from './due.ts'
import { isOfMeans, releaseGate } from './gate.ts'
import { incidentId } from './identity.ts'
import { isRungSeen } from './recipients.ts'
import { gatheringOf, isDue, openOwnShare, openShare } from './release.ts'
import { rungOfEnvelope } from './trigger.ts'

/**
 * A lying member holds a genuine share of every envelope there is. Of incidents that nobody honest vouches for yet I take
 * no more of them than this from each sender, or one could fill the locked memory that a real incident needs.
 */
export const MAX_EARLY_PER_SENDER = 64

/** Checks a release, and has its share opened. It may come before I have seen the trigger myself: it is kept. */
export function onRelease(turn: Turn, from: MemberIndex, body: Release, frame: Frame): VerdictCode {
  if (frame.attachment === null) return 'attachment-missing'
  if (hashOfSealed(turn.ports, frame.attachment) !== body.sealed_hash) return 'bad-attachment'
  if (body.to !== turn.config.self) return 'not-for-me'
  const held = heldManifest(turn, body.manifest_hash)
  if (held === null) return 'unknown-manifest'
  const kind = kindOfIncident(turn, held, body.incident_id)
  if (kind === null) return 'unknown-incident'
  if (!isRungFor(held.manifest, kind, body.envelope_id)) return 'not-a-rung'
  if (turn.incident(body.incident_id)?.settled) return 'incident-settled'
  // Signed once for its slot: what comes again is the same share, whether it was good or bad.
  if (turn.volatile.gatherings.get(body.envelope_id)?.shares.has(from)) return 'known'
  if (!isVouchedFor(turn, body.incident_id) && !takeEarly(turn, from, body)) return 'early-shares-full'
  openShare(turn, body.incident_id, held, body.envelope_id, from, frame.attachment)
  const shown = `${from}/${body.incident_id}/${body.envelope_id}`
  turn.volatile.shown_releases.set(shown, { from, height: turn.tip, frame: encodeFrame(frame) })
  return 'accepted'
}

/** A movement may reach me after a share for it; an order's incident is open, or I have not taken the order. */
function kindOfIncident(turn: Turn, { manifest }: HeldManifest, incident_id: IncidentId): Trigger | null {
  const open = turn.incident(incident_id)
  if (open) return open.vault_id === manifest.vault_id ? open.trigger : null
  const kinds = ['theft', 'cold-theft'] as const
  return kinds.find((kind) => incidentId(turn, manifest.vault_id, kind) === incident_id) ?? null
}

/** Whether an incident of this kind may ever call for this envelope. */
function isRungFor(manifest: Manifest, kind: Trigger, envelope_id: EnvelopeId): boolean {
  if (kind === 'drill') return manifest.drill.envelope_id === envelope_id
  const rungs = kind === 'theft' ? manifest.unvaults.flatMap(clawbacksOf) : manifest.emergency
  return rungs.some((rung) => rung.envelope_id === envelope_id)
}

/** I see the trigger, or one honest member at least says that it does. */
function isVouchedFor(turn: Turn, incident_id: IncidentId): boolean {
  const incident = turn.incident(incident_id)
  const vault = incident && turn.durable.vaults.get(incident.vault_id)
  if (!incident || !vault) return false
  return isCalledFor(turn.config.self, vault, incident) || incident.votes.size > turn.config.federation.b
}

/** Whether there is room for one more share that came before anybody vouched for its incident. */
function takeEarly(turn: Turn, from: MemberIndex, { envelope_id, incident_id }: Release): boolean {
  const { early, gatherings } = turn.volatile
  const taken = early.get(from) ?? new Map<EnvelopeId, IncidentId>()
  early.set(from, taken)
  if (taken.size >= MAX_EARLY_PER_SENDER) {
    for (const [envelope, incident] of taken) {
      if (!gatherings.has(envelope) || isVouchedFor(turn, incident)) taken.delete(envelope)
    }
  }
  if (taken.size >= MAX_EARLY_PER_SENDER) return false
  taken.set(envelope_id, incident_id)
  return true
}

export function heldManifest(turn: Turn, hash: ManifestHash): HeldManifest | null {
  for (const vault of turn.durable.vaults.values()) {
    const found = vault.manifests.find((held) => held.hash === hash)
    if (found) return found
  }
  return null
}

export function onShareOpened(turn: Turn, outcome: Extract<Outcome, { of: 'open-share' }>): void {
  const { incident_id, envelope_id, from, result } = outcome
  const gathering = turn.volatile.gatherings.get(envelope_id)
  if (!gathering) return forget(turn, envelope_id)
  const { shares } = gathering
  if (shares.get(from) !== 'opening') return
  if (result === 'no-room') {
    shares.delete(from)
    return
  }
  shares.set(from, result)
  const noted = turn.incident(incident_id) !== undefined
  if (result === 'good') {
    if (noted) turn.note(incident_id, 'share-opened', { member: from })
    turn.tell({ level: 'info', event: 'share-held', incident_id, envelope_id, member: from })
  } else {
    const peer = turn.volatile.peers.get(from)
    if (peer) peer.bad_shares += 1
    if (noted) turn.note(incident_id, 'share-refused', { member: from })
    turn.tell({ level: 'error', event: 'bad-share', incident_id, envelope_id, member: from })
  }
  gather(turn, incident_id, envelope_id)
}

/** Its incident was settled while the shell was at work: what came of that is wiped too. */
function forget(turn: Turn, envelope_id: EnvelopeId): void {
  turn.now({ effect: 'forget', envelopes: [envelope_id] })
}

/**
 * The envelopes that are due and not rebuilt here, but for those of a ladder of which nothing higher is due than what my mempool holds.
 * A means that stands there ends nothing: the turn to raise it may come to me, and a rung takes the place of an A joined with junk.
 */
export function envelopesWanted(turn: Turn, vault: Vault, incident: Incident): EnvelopeId[] {
  const gate = releaseGate(turn, vault, incident)
  if (gate === null) return []
  const open = gate.ladders.filter((ladder) => isOfMeans(ladder) || !isRungSeen(vault, incident, gate, ladder, ladder.due))
  const due = open.flatMap(({ rungs, due }) => rungs.slice(0, due + 1).map(({ envelope_id }) => envelope_id))
  return due.filter((envelope_id) => turn.volatile.gatherings.get(envelope_id)?.rebuild !== 'rebuilt')
}

/** Adds my own share where the gate allows it, and rebuilds once enough shares are good. */
export function gather(turn: Turn, incident_id: IncidentId, envelope_id: EnvelopeId): void {
  const incident = turn.incident(incident_id)
  const vault = incident && turn.durable.vaults.get(incident.vault_id)
  if (!incident || !vault || !isDue(releaseGate(turn, vault, incident), envelope_id)) return
  const held = vault.manifests.find((one) => envelopeIndex(one, envelope_id) !== -1)
  if (!held) return
  openOwnShare(turn, incident_id, held, envelope_id)
  const gathering = gatheringOf(turn, envelope_id)
  const good = [...gathering.shares.values()].filter((share) => share === 'good').length
  const { t } = turn.config.federation.thresholds[incident.action]
  if (good < t || gathering.rebuild === 'under-way' || gathering.rebuild === 'rebuilt') return
  // After a bad dealer's envelope only another share makes another attempt worth while.
  if (gathering.rebuild === 'bad-dealer' && good <= gathering.tried_with) return
  startRebuild(turn, incident_id, vault, held, envelope_id, t)
  gathering.rebuild = 'under-way'
  gathering.tried_with = good
}

function startRebuild(
  turn: Turn,
  incident_id: IncidentId,
  vault: Vault,
  held: HeldManifest,
  envelope_id: EnvelopeId,
  threshold: number,
): void {
  const index = envelopeIndex(held, envelope_id)
  const envelope = held.envelopes[index]
  const key_hash = envelopesOf(held.manifest)[index]?.key_hash
  const isDrill = held.manifest.drill.envelope_id === envelope_id
  const txid = isDrill ? null : rungOfEnvelope(vault, envelope_id)?.txid
  if (envelope === undefined || key_hash === undefined || txid === undefined) return
  const { vault_id, generation } = held.manifest
  turn.now({ effect: 'rebuild', incident_id, vault_id, generation, envelope_id, envelope, key_hash, txid, threshold })
}

export function onRebuilt(turn: Turn, outcome: Extract<Outcome, { of: 'rebuild' }>): void {
  const { incident_id, envelope_id, result } = outcome
  const gathering = turn.volatile.gatherings.get(envelope_id)
  if (!gathering) return forget(turn, envelope_id)
  if (gathering.rebuild !== 'under-way') return
  if (result === 'no-room') {
    gathering.rebuild = 'not-yet'
    turn.tell({ level: 'error', event: 'no-room-to-rebuild', incident_id, envelope_id })
    return
  }
  gathering.rebuild = result === 'bad-dealer' ? 'bad-dealer' : 'rebuilt'
  const incident = turn.incident(incident_id)
  const vault = incident && turn.durable.vaults.get(incident.vault_id)
  if (!incident || !vault) return
  const feerate = rungOfEnvelope(vault, envelope_id)?.feerate ?? null
  if (result === 'bad-dealer') {
    // Every commitment held and yet the key is wrong: the dealer's fault, no member's. The next envelope may do.
    turn.note(incident_id, 'bad-dealer', { feerate })
    turn.tell({ level: 'error', event: 'bad-dealer', incident_id, envelope_id })
  } else if (result === 'opened') {
    turn.note(incident_id, 'rebuilt')
    return
  } else {
    gathering.untold = { at_ms: turn.at_ms, txid: result, feerate }
    turn.tell({ level: 'info', event: 'rebuilt', incident_id, envelope_id, txid: result })
  }
  broadcastDue(turn, incident_id, vault, incident, 'if-better')
  bumpDue(turn, incident_id, vault, incident)
  // A record of this step would be synced before the transaction leaves: the story is told with bitcoind's answer.
  if (!gathering.submitting) noteRebuilt(turn, incident_id, gathering)
}
