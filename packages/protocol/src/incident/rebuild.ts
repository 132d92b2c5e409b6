/** From shares to a transaction: gathering what was released to me, and having the shell combine it. */
import type { Outcome } from '../core/input.ts'
import { envelopesOf } from '../custody/manifest.ts'
import type { Frame } from '../messages/frame.ts'
import type { Release } from '../messages/release.ts'
import type { VerdictCode } from '../messages/verdict.ts'
import type { EnvelopeId, IncidentId, ManifestHash, MemberIndex } from '../primitives/index.ts'
import type { HeldManifest, Vault } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'
import { broadcastDue } from './broadcast.ts'
import { envelopeIndex } from './due.ts'
import { releaseGate } from './gate.ts'
import { incidentIdOf } from './identity.ts'
import { gatheringOf, hashOfSealed, isDue, openOwnShare, openShare } from './release.ts'
import { rungOfEnvelope } from './trigger.ts'

/** Opening a share costs a millisecond: a member that sent this many bad ones gets no second chance for an envelope. */
const MAX_BAD_SHARES = 64

/** Checks a release, and has its share opened. It may come before I have seen the trigger myself: it is kept. */
export function onRelease(turn: Turn, from: MemberIndex, body: Release, frame: Frame): VerdictCode {
  if (frame.attachment === null || hashOfSealed(turn, frame.attachment) !== body.sealed_hash) return 'bad-attachment'
  if (body.to !== turn.config.self) return 'not-for-me'
  const held = heldManifest(turn, body.manifest_hash)
  if (held === null) return 'unknown-manifest'
  if (envelopeIndex(held, body.envelope_id) === -1) return 'bad-content'
  if (!isIncidentOf(turn, held, body.incident_id)) return 'unknown-incident'
  if (turn.incident(body.incident_id)?.settled) return 'vault-settled'
  const known = turn.volatile.gatherings.get(body.envelope_id)?.shares.get(from)
  if (known === 'bad' && (turn.volatile.peers.get(from)?.bad_shares ?? 0) >= MAX_BAD_SHARES) return 'sender-over-budget'
  openShare(turn, body.incident_id, held, body.envelope_id, from, frame.attachment)
  return 'accepted'
}

function isIncidentOf(turn: Turn, { manifest }: HeldManifest, incident_id: IncidentId): boolean {
  return (['theft', 'cold-theft'] as const).some((kind) => incidentIdOf(turn.ports, manifest.vault_id, kind) === incident_id)
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
  const { shares } = gatheringOf(turn, envelope_id)
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
  const txid = rungOfEnvelope(vault, envelope_id)?.txid
  if (envelope === undefined || key_hash === undefined || txid === undefined) return
  const { vault_id, generation } = held.manifest
  turn.now({ effect: 'rebuild', incident_id, vault_id, generation, envelope_id, envelope, key_hash, txid, threshold })
}

export function onRebuilt(turn: Turn, outcome: Extract<Outcome, { of: 'rebuild' }>): void {
  const { incident_id, envelope_id, txid } = outcome
  const gathering = gatheringOf(turn, envelope_id)
  gathering.rebuild = txid === null ? 'bad-dealer' : 'rebuilt'
  const incident = turn.incident(incident_id)
  const vault = incident && turn.durable.vaults.get(incident.vault_id)
  if (!incident || !vault) return
  const feerate = rungOfEnvelope(vault, envelope_id)?.feerate ?? null
  if (txid === null) {
    // Every commitment held and yet the key is wrong: the dealer's fault, no member's. The next envelope may do.
    turn.note(incident_id, 'bad-dealer', { feerate })
    turn.tell({ level: 'error', event: 'bad-dealer', incident_id, envelope_id })
  } else {
    turn.note(incident_id, 'rebuilt', { txid, feerate })
    turn.tell({ level: 'info', event: 'rebuilt', incident_id, envelope_id, txid })
  }
  broadcastDue(turn, incident_id, vault, incident, 'if-better')
}
