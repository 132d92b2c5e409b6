/** Handing shares to the broadcasters, and taking those that were handed to me. */
import { type AnyEnvelope, type ShareCommitment, envelopesOf } from '../custody/manifest.ts'
import { hasLedgerRoom, signOnce } from '../guard/ledger.ts'
import { releaseSlot } from '../guard/slots.ts'
import { mayRelease } from '../guard/standing.ts'
import type { Outcome } from '../core/input.ts'
import { hashOfSealed } from '../messages/release.ts'
import type { EnvelopeId, IncidentId, MemberIndex } from '../primitives/index.ts'
import type { HeldManifest, Incident, Vault } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'
import { type Gathering, MAX_SEALING } from '../state/volatile.ts'
import { rungOfEnvelope } from './trigger.ts'
import { envelopeIndex } from './due.ts'
import { type OpenGate, releaseGate } from './gate.ts'
import { recipients } from './recipients.ts'

/** Starts every release that is due and has not been made. */
export function releaseDue(turn: Turn, incident_id: IncidentId, vault: Vault, incident: Incident, gate: OpenGate): void {
  for (const ladder of gate.ladders) {
    // The highest first: it is the one wanted most, and the one to be submitted first.
    for (let rung = ladder.due; rung >= 0; rung--) {
      const envelope_id = ladder.rungs[rung]?.envelope_id
      if (envelope_id === undefined) continue
      if (!incident.released.has(envelope_id)) turn.record({ record: 'release-opened', incident_id, envelope_id })
      for (const to of recipients(turn, incident_id, { vault, incident, gate }, ladder, rung)) {
        release(turn, incident_id, ladder.held, envelope_id, to)
      }
    }
  }
}

function release(turn: Turn, incident_id: IncidentId, held: HeldManifest, envelope_id: EnvelopeId, to: MemberIndex): void {
  if (to === turn.config.self) {
    openOwnShare(turn, incident_id, held, envelope_id)
    return
  }
  const slot = releaseSlot(turn.config.federation.lock_hash, incident_id, envelope_id, to)
  if (turn.durable.ledger.has(slot) || turn.volatile.sealing.has(slot)) return
  // Asked again at the next block.
  if (turn.volatile.sealing.size >= MAX_SEALING || !hasLedgerRoom(turn)) return
  const sealed = held.shares[envelopeIndex(held, envelope_id)]
  if (sealed === undefined) return
  turn.volatile.sealing.add(slot)
  turn.now({ effect: 'seal-share', incident_id, manifest_hash: held.hash, envelope_id, to, sealed })
}

/** A share of mine has been sealed to a member: if the gate still stands open, it is signed, recorded and sent. */
export function onSealed(turn: Turn, outcome: Extract<Outcome, { of: 'seal-share' }>): void {
  const { incident_id, manifest_hash, envelope_id, to, sealed } = outcome
  const slot = releaseSlot(turn.config.federation.lock_hash, incident_id, envelope_id, to)
  if (!turn.volatile.sealing.delete(slot)) return
  const incident = turn.incident(incident_id)
  const vault = incident && turn.durable.vaults.get(incident.vault_id)
  if (!incident || !vault) return
  if (sealed === null) {
    const detail = 'my own sealed share does not open'
    turn.tell({ level: 'error', event: 'bad-share', incident_id, envelope_id, member: turn.config.self, detail })
    return
  }
  if (!mayRelease(turn, vault, incident) || !isDue(releaseGate(turn, vault, incident), envelope_id) || !hasLedgerRoom(turn)) return
  const sealed_hash = hashOfSealed(turn.ports, sealed)
  const frame = signOnce(turn, slot, () =>
    turn.sign('release', { incident_id, manifest_hash, envelope_id, to, sealed_hash }, sealed),
  )
  turn.note(incident_id, 'released', { member: to, feerate: rungOfEnvelope(vault, envelope_id)?.feerate ?? null })
  turn.tell({ level: 'info', event: 'share-released', incident_id, envelope_id, member: to })
  turn.send(to, frame)
}

export function isDue(gate: OpenGate | null, envelope_id: EnvelopeId): boolean {
  return gate !== null && gate.ladders.some(({ rungs, due }) => rungs.slice(0, due + 1).some((rung) => rung.envelope_id === envelope_id))
}

/** My own share joins the gathering only through the same gate as a release to anybody else. */
export function openOwnShare(turn: Turn, incident_id: IncidentId, held: HeldManifest, envelope_id: EnvelopeId): void {
  const sealed = held.shares[envelopeIndex(held, envelope_id)]
  // It is the same bytes each time: should they not open, asking again would go round in a circle.
  if (sealed === undefined || gatheringOf(turn, envelope_id).shares.get(turn.config.self) === 'bad') return
  openShare(turn, incident_id, held, envelope_id, turn.config.self, sealed)
}

/** Has the shell open a share and keep it, once per member and envelope unless it was bad. */
export function openShare(
  turn: Turn,
  incident_id: IncidentId,
  held: HeldManifest,
  envelope_id: EnvelopeId,
  from: MemberIndex,
  sealed: Uint8Array,
): void {
  const gathering = gatheringOf(turn, envelope_id)
  const commitment = commitmentOf(held, envelope_id, from)
  if (commitment === null || gathering.shares.get(from) === 'opening' || gathering.shares.get(from) === 'good') return
  gathering.shares.set(from, 'opening')
  turn.now({
    effect: 'open-share',
    incident_id,
    manifest_hash: held.hash,
    vault_id: held.manifest.vault_id,
    generation: held.manifest.generation,
    envelope_id,
    from,
    commitment,
    sealed,
  })
}

function commitmentOf(held: HeldManifest, envelope_id: EnvelopeId, member: MemberIndex): ShareCommitment | null {
  const envelope: AnyEnvelope | undefined = envelopesOf(held.manifest)[envelopeIndex(held, envelope_id)]
  return envelope?.shares.find((share) => share.member === member) ?? null
}

export function gatheringOf(turn: Turn, envelope_id: EnvelopeId): Gathering {
  const before = turn.volatile.gatherings.get(envelope_id)
  if (before) return before
  const fresh: Gathering = {
    shares: new Map(),
    rebuild: 'not-yet',
    untold: null,
    tried_with: 0,
    submitting: false,
    answer: null,
    answer_stands: false,
    bid: null,
  }
  turn.volatile.gatherings.set(envelope_id, fresh)
  return fresh
}
