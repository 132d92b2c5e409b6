/**
 * The incident machine. Every entry point ends in `advance`, which does whatever the incident's present facts call for and
 * has not been done yet; so an event that comes twice, late or after a restart leads to the same place.
 */
import type { ChainEvent } from '../chain/index.ts'
import { envelopesOf } from '../custody/manifest.ts'
import { hasLedgerRoom, signOnce } from '../guard/ledger.ts'
import { voteSlot } from '../guard/slots.ts'
import { mayRelease, mayVote } from '../guard/standing.ts'
import { type Frame, encodeFrame } from '../messages/frame.ts'
import { ACTION_OF, NO_DISCRIMINATOR, type Trigger, witnessId } from '../messages/vote.ts'
import { encodeSignedCommand } from '../owner/command.ts'
import { type IncidentId, type Txid, type VaultId, fromHex, sortedEntries } from '../primitives/index.ts'
import { confirmations } from '../state/coins.ts'
import { type Incident, MAX_INCIDENTS, type Vault } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'
import { broadcastDue } from './broadcast.ts'
import { bumpDue } from './bump.ts'
import { certifyIfDue } from './certificate.ts'
import { commandBehind, isCalledFor, isCommanded, levelOf } from './cause.ts'
import { chronicle } from './chronicle.ts'
import { releaseGate } from './gate.ts'
import { incidentId } from './identity.ts'
import { gather } from './rebuild.ts'
import { beginSecondWaves } from './recipients.ts'
import { releaseDue } from './release.ts'
import { finalSpend, isRecoveryWaiting, standingTrigger } from './trigger.ts'
import { mayReturn } from './undone.ts'
import { VOTE_RENEWAL } from './votes.ts'

const TRIGGERS: readonly Trigger[] = ['theft', 'cold-theft']
/** From here a reorg that undoes an ending is no longer reckoned with. */
export const SETTLED_DEPTH = 100

type SpendFact = Extract<ChainEvent, { event: `spend-${string}` }>

/** A watched coin's spending changed. The record of the fact has been made. */
export function onSpend(turn: Turn, vault_id: VaultId, vault: Vault, fact: SpendFact): void {
  for (const kind of TRIGGERS) {
    const id = incidentId(turn, vault_id, kind)
    const standing = standingTrigger(vault, kind)
    if (standing && !standing.offered) openIncident(turn, id, movementOf(vault_id, kind))
    if (turn.incident(id)) chronicle(turn, id, kind, vault, fact)
  }
  for (const [id, { trigger }] of orderedIncidents(turn, vault_id, vault)) {
    if (trigger === 'panic') chronicle(turn, id, trigger, vault, fact)
  }
  if (fact.event === 'spend-confirmed') tellIfLost(turn, vault_id, vault)
  if (fact.event === 'spend-unconfirmed') turn.volatile.undone.set(fact.outpoint, turn.at_ms)
  else turn.volatile.undone.delete(fact.outpoint)
  forgetAnswers(turn, vault)
  // A block's facts come before the block itself: acting on them is left to onBlock, when my tip has moved to it.
  if (fact.event !== 'spend-confirmed') advanceVault(turn, vault_id, vault)
}

/** A block was connected: rungs fall due, votes are renewed, what was sent is sent again, what is buried is settled. */
export function onBlock(turn: Turn): void {
  for (const [incident_id, incident] of sortedEntries(turn.durable.incidents)) {
    const vault = turn.durable.vaults.get(incident.vault_id)
    if (!vault || incident.settled !== null) continue
    forgetAnswers(turn, vault)
    advance(turn, incident_id, vault, incident)
    broadcastDue(turn, incident_id, vault, incident, 'again')
    bumpDue(turn, incident_id, vault, incident)
    exposeIfGone(turn, incident, vault)
    settleIfBuried(turn, incident_id, vault, incident)
  }
}

/** After a restart: whatever was under way goes on. */
export function resumeIncidents(turn: Turn): void {
  for (const [vault_id, vault] of sortedEntries(turn.durable.vaults)) {
    openStanding(turn, vault_id, vault)
    advanceVault(turn, vault_id, vault)
  }
}

/** Opens what the vault's coins call for. */
export function openStanding(turn: Turn, vault_id: VaultId, vault: Vault): void {
  for (const kind of TRIGGERS) {
    if (standingTrigger(vault, kind)) openIncident(turn, incidentId(turn, vault_id, kind), movementOf(vault_id, kind))
  }
}

type Cause = Pick<Incident, 'vault_id' | 'trigger' | 'discriminator'>

/** The coin's own movement opens one incident of each kind. */
function movementOf(vault_id: VaultId, kind: Trigger): Cause {
  return { vault_id, trigger: kind, discriminator: NO_DISCRIMINATOR }
}

/** Opens the incident unless it is open. True where it exists now. */
export function openIncident(turn: Turn, incident_id: IncidentId, { vault_id, trigger: kind, discriminator }: Cause): boolean {
  if (turn.durable.incidents.has(incident_id)) return true
  if (turn.durable.incidents.size >= MAX_INCIDENTS) return false
  turn.record({
    record: 'incident-opened',
    incident_id,
    vault_id,
    trigger: kind,
    discriminator,
    action: ACTION_OF[kind],
    at_ms: turn.at_ms,
  })
  turn.note(incident_id, 'opened', { detail: kind })
  turn.tell({ level: levelOf(kind), event: 'incident-opened', vault_id, incident_id, detail: kind })
  return true
}

/** Shares go to further broadcasters, where their time has come. */
export function releaseToSecondWave(turn: Turn): void {
  for (const incident_id of beginSecondWaves(turn)) {
    const incident = turn.incident(incident_id)
    const vault = incident && turn.durable.vaults.get(incident.vault_id)
    if (incident && vault) advance(turn, incident_id, vault, incident)
  }
}

export function advanceVault(turn: Turn, vault_id: VaultId, vault: Vault): void {
  for (const kind of TRIGGERS) {
    const id = incidentId(turn, vault_id, kind)
    const incident = turn.incident(id)
    if (incident && incident.settled === null) advance(turn, id, vault, incident)
  }
  for (const [id, incident] of orderedIncidents(turn, vault_id, vault)) advance(turn, id, vault, incident)
}

/** Told with the first confirmation, in which whoever hears of it may still act; a reorganisation may undo it yet. */
function tellIfLost(turn: Turn, vault_id: VaultId, vault: Vault): void {
  const end = finalSpend(vault)
  if (end === null || end.recovered) return
  const incident_id = TRIGGERS.map((kind) => incidentId(turn, vault_id, kind)).find((id) => turn.incident(id)?.settled === null)
  turn.tell({ level: 'error', event: 'coin-lost', vault_id, ...(incident_id === undefined ? {} : { incident_id }), txid: end.txid })
}

/** What owners ordered of this vault and is not over. */
function orderedIncidents(turn: Turn, vault_id: VaultId, vault: Vault): [IncidentId, Incident][] {
  return sortedEntries(vault.commands).flatMap(([command_hash, { command, taken_height }]): [IncidentId, Incident][] => {
    const { order } = command.what
    if (taken_height === null || (order !== 'panic' && order !== 'drill')) return []
    const id = incidentId(turn, vault_id, order, fromHex(command_hash))
    const incident = turn.incident(id)
    return incident && incident.settled === null ? [[id, incident]] : []
  })
}

export function advance(turn: Turn, incident_id: IncidentId, vault: Vault, incident: Incident): void {
  voteIfDue(turn, incident_id, vault, incident)
  certifyIfDue(turn, incident_id, incident)
  const gate = releaseGate(turn, vault, incident)
  if (gate === null) return
  if (mayRelease(turn, vault, incident)) releaseDue(turn, incident_id, vault, incident, gate)
  for (const { rungs, due } of gate.ladders) {
    for (const rung of rungs.slice(0, due + 1)) {
      if (turn.volatile.gatherings.has(rung.envelope_id)) gather(turn, incident_id, rung.envelope_id)
    }
  }
  broadcastDue(turn, incident_id, vault, incident, 'if-better')
  bumpDue(turn, incident_id, vault, incident)
}

/** Renewed by height alone: seeing the trigger again never votes sooner. */
function voteIfDue(turn: Turn, incident_id: IncidentId, vault: Vault, incident: Incident): void {
  const witness = witnessOf(turn, vault, incident)
  if (witness === null || turn.durable.position === null || !hasLedgerRoom(turn)) return
  const { self, federation } = turn.config
  if (!mayVote(turn, vault, incident)) return
  const last = incident.votes.get(self)
  if (last && turn.tip < last.anchor_height + VOTE_RENEWAL) return
  const { vault_id, trigger, discriminator, action } = incident
  const anchor_height = turn.tip
  const { raw, witness_txid, txid } = witness
  const frame = signOnce(turn, voteSlot(federation.lock_hash, incident_id, action, anchor_height), () =>
    turn.sign('vote', { vault_id, trigger, discriminator, incident_id, action, anchor_height, witness_txid }),
  )
  turn.record({ record: 'vote-held', incident_id, member: self, anchor_height, frame: encodeFrame(frame) })
  turn.note(incident_id, 'voted', { member: self, txid })
  turn.tell({ level: levelOf(trigger), event: 'voted', incident_id, ...(txid === null ? {} : { txid }), height: anchor_height })
  // The ledger's frame may be of an earlier life, and of a trigger since replaced: then its attachment is gone.
  turn.gossip(boundTo(turn, frame, witness_txid) ? { ...frame, attachment: raw } : frame)
}

/** What a vote shows to members that have not seen its cause. */
interface Witness {
  readonly raw: Uint8Array
  /** Double SHA-256 of that; a transaction's own id with witness. */
  readonly witness_txid: Txid
  readonly txid: Txid | null
}

/** Null where I do not vote: nothing stands that calls for it. */
function witnessOf(turn: Turn, vault: Vault, incident: Incident): Witness | null {
  const standing = standingTrigger(vault, incident.trigger)
  if (standing !== null) return { raw: standing.tx.raw, witness_txid: standing.tx.wtxid, txid: standing.tx.txid }
  const held = isCalledFor(turn.config.self, vault, incident) ? commandBehind(vault, incident) : null
  if (held === null) return null
  const raw = encodeSignedCommand(held.signed)
  return { raw, witness_txid: witnessId(turn.ports, raw), txid: null }
}

function boundTo(turn: Turn, frame: Frame, witness_txid: Txid): boolean {
  return turn.bodyOf('vote', frame).witness_txid === witness_txid
}

/** The chain has changed, and so may what bitcoind says to a transaction that it refused. */
function forgetAnswers(turn: Turn, vault: Vault): void {
  for (const { manifest } of vault.manifests) {
    for (const { envelope_id } of envelopesOf(manifest)) {
      const gathering = turn.volatile.gatherings.get(envelope_id)
      if (gathering) gathering.answer_stands = false
    }
  }
}

/**
 * Shares left for a trigger that is in neither my chain nor my mempool any more, and nothing of ours confirmed: the
 * recovery transactions may be known outside. Asked at each block, not in the middle of a reorg.
 */
function exposeIfGone(turn: Turn, incident: Incident, vault: Vault): void {
  // An order does not go: whether its rungs were released in vain, its end will tell. A drill's envelope recovers nothing.
  if (isCommanded(incident.trigger)) return
  if (vault.exposed || incident.released.size === 0 || standingTrigger(vault, incident.trigger) !== null) return
  if (finalSpend(vault)?.recovered || isRecoveryWaiting(vault) || mayReturn(turn, vault.deposit)) return
  expose(turn, incident, vault)
}

function expose(turn: Turn, incident: Incident, vault: Vault): void {
  if (vault.exposed) return
  const incident_id = incidentId(turn, incident.vault_id, incident.trigger, incident.discriminator)
  turn.record({ record: 'exposed', vault_id: incident.vault_id })
  turn.note(incident_id, 'exposed')
  turn.tell({ level: 'error', event: 'exposed', vault_id: incident.vault_id, incident_id })
}

function settleIfBuried(turn: Turn, incident_id: IncidentId, vault: Vault, incident: Incident): void {
  const end = finalSpend(vault)
  if (incident.trigger === 'drill' || end === null || confirmations(end.coin, turn.tip) < SETTLED_DEPTH) return
  turn.record({ record: 'settled', incident_id, outcome: end.recovered ? 'recovered' : 'lost' })
  turn.note(incident_id, 'settled', { txid: end.txid, detail: end.recovered ? 'recovered' : 'lost' })
  turn.tell({ level: end.recovered ? 'warn' : 'error', event: 'settled', incident_id, txid: end.txid })
  if (!end.recovered && incident.released.size > 0) expose(turn, incident, vault)
  const envelopes = vault.manifests.flatMap(({ manifest }) => envelopesOf(manifest).map(({ envelope_id }) => envelope_id))
  for (const envelope_id of envelopes) turn.volatile.gatherings.delete(envelope_id)
  turn.now({ effect: 'forget', envelopes })
}

/** Ends a drill's incident: its envelope's shares are wiped, so that the next drill begins anew. */
export function endDrillIncident(turn: Turn, vault: Vault, incident_id: IncidentId): void {
  const incident = turn.incident(incident_id)
  if (!incident || incident.settled !== null) return
  turn.record({ record: 'settled', incident_id, outcome: 'over' })
  const envelopes = vault.manifests.map(({ manifest }) => manifest.drill.envelope_id)
  for (const envelope_id of envelopes) turn.volatile.gatherings.delete(envelope_id)
  turn.now({ effect: 'forget', envelopes })
}
