/** Which rebuilt transaction is submitted, when, and what follows from bitcoind's answer. */
import type { SpendTx } from '../chain/index.ts'
import type { Outcome } from '../core/input.ts'
import type { Rung } from '../custody/manifest.ts'
import { encodeFrame } from '../messages/frame.ts'
import type { Feerate, IncidentId, Txid } from '../primitives/index.ts'
import { type Coin, UNSPENT } from '../state/coins.ts'
import { type Incident, MAX_BROADCASTS, type Vault } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'
import type { Gathering } from '../state/volatile.ts'
import { ACTION_ON, givesWay } from './answers.ts'
import { type Ladder, laddersDue } from './due.ts'
import { type Recovery, feerateOf, recoveryBy } from './recovery.ts'
import { type Standing, recoveryTarget, rungOfEnvelope, standingTrigger } from './trigger.ts'

/** `again`: re-sent with each block, for bitcoind does not rebroadcast what is not its own. */
export type Occasion = 'if-better' | 'again'

/** Submits the rung that is due, of those that I could rebuild; everyone who can does so, for it is the same txid. */
export function broadcastDue(turn: Turn, incident_id: IncidentId, vault: Vault, incident: Incident, occasion: Occasion): void {
  const standing = standingTrigger(vault, incident.trigger)
  if (incident.settled !== null) return
  for (const ladder of laddersDue(turn, vault, incident, standing)) {
    const aim = aimOf(vault, incident, standing)
    const chosen = choose(turn, ladder, incident, aim)
    if (chosen === null || !isWorthSending(aim, chosen, occasion)) continue
    const gathering = turn.volatile.gatherings.get(chosen.envelope_id)
    if (!gathering || gathering.submitting) continue
    if (occasion === 'if-better' && isAnswered(gathering)) continue
    gathering.submitting = true
    turn.afterSync({
      effect: 'broadcast',
      incident_id,
      envelope_id: chosen.envelope_id,
      txid: chosen.txid,
      parent: incident.trigger === 'theft' && standing?.block === null ? standing.tx.raw : null,
    })
  }
}

/** Refused with what the next rung may not meet. */
function isPassedOver({ answer, answer_stands }: Gathering, rung: Rung, { target, present }: Aim): boolean {
  const isAdopted = present !== null && target.mempool !== null && !climbsAbove(rung, present, target.mempool)
  return answer_stands && answer !== null && givesWay(answer, isAdopted)
}

/** A bitcoind that did not answer is asked again at the next occasion, any other not before the chain has changed. */
function isAnswered({ answer, answer_stands }: Gathering): boolean {
  return answer_stands && answer !== 'unreachable'
}

/**
 * The highest rebuilt rung that is due, or the lowest rebuilt above it; one that bitcoind refused gives way to the next,
 * and when it refused them all nothing is sent until the chain changes. Emergency starts at the top: it races a bidding
 * thief.
 */
function choose(turn: Turn, ladder: Ladder, incident: Incident, aim: Aim): Rung | null {
  const rebuilt = ladder.rungs
    .map((rung, index) => ({ rung, index, gathering: turn.volatile.gatherings.get(rung.envelope_id) }))
    .filter(({ gathering }) => gathering?.rebuild === 'rebuilt')
  // What has the coin already is sent on, though less would be due now: U may have been confirmed again, higher up.
  const standing = ladder.rungs.findIndex(({ txid }) => txid === aim.present?.rung.txid)
  const wanted = incident.action === 'emergency' ? ladder.rungs.length - 1 : Math.max(ladder.due, standing)
  const start = rebuilt.findLast(({ index }) => index <= wanted) ?? rebuilt[0]
  if (!start || isBetterComing(turn, ladder, start.index, wanted)) return null
  const free = rebuilt.find(({ rung, index, gathering }) => index >= start.index && gathering && !isPassedOver(gathering, rung, aim))
  return free?.rung ?? null
}

/** A higher rung that is wanted is being rebuilt this moment: its end asks again. */
function isBetterComing(turn: Turn, ladder: Ladder, above: number, wanted: number): boolean {
  return ladder.rungs
    .slice(above + 1, wanted + 1)
    .some(({ envelope_id }) => turn.volatile.gatherings.get(envelope_id)?.rebuild === 'under-way')
}

/** The coin that is to be recovered, and the recovery transaction that has it in my mempool. */
interface Aim {
  readonly target: Coin
  readonly present: Recovery | null
}

function aimOf(vault: Vault, incident: Incident, standing: Standing | null): Aim {
  const outpoint = standing === null ? vault.deposit : recoveryTarget(vault, incident.trigger, standing.tx)
  const target = vault.coins.get(outpoint) ?? UNSPENT
  return { target, present: target.mempool && recoveryBy(vault, outpoint, target.mempool) }
}

function isWorthSending({ target, present }: Aim, chosen: Rung, occasion: Occasion): boolean {
  // A confirmed spend cannot be replaced; should its block be disconnected, this is asked again.
  if (target.confirmed !== null) return false
  // A thief's: bitcoind says whether this takes its place.
  if (target.mempool === null || present === null) return true
  // Over what a fee coin pays for no rung climbs; but P's child may have been cycled out of the mempool, and nobody tells me.
  const isSentAgain = present.rung.txid === chosen.txid || present.means !== null
  return (isSentAgain && occasion === 'again') || climbsAbove(chosen, present, target.mempool)
}

/** What P's child pays I do not see; an A that was joined with junk gives way to a rung that pays more. */
function climbsAbove(chosen: Rung, present: Recovery, tx: SpendTx): boolean {
  if (present.means === 'anchored') return false
  if (present.means === 'anyone-can-pay' && (tx.fee === null || chosen.fee <= tx.fee)) return false
  return chosen.feerate > feerateOf(present, tx)
}

export function onBroadcastAnswer(turn: Turn, outcome: Extract<Outcome, { of: 'broadcast' }>): void {
  const { incident_id, envelope_id, txid, answer } = outcome
  const gathering = turn.volatile.gatherings.get(envelope_id)
  if (!gathering?.submitting) return
  const isNews = gathering.answer !== answer
  gathering.submitting = false
  gathering.answer = answer
  gathering.answer_stands = true
  const incident = turn.incident(incident_id)
  const vault = incident && turn.durable.vaults.get(incident.vault_id)
  if (!incident || !vault) return
  noteRebuilt(turn, incident_id, gathering)
  const feerate = rungOfEnvelope(vault, envelope_id)?.feerate ?? null
  if (ACTION_ON[answer] === 'success') {
    if (!incident.broadcasts.has(txid)) announce(turn, incident_id, incident, txid, feerate, 'broadcast')
    return
  }
  const isBad = ACTION_ON[answer] === 'bad-set'
  if (isNews) {
    turn.note(incident_id, 'broadcast-refused', { txid, feerate, detail: answer })
    turn.tell({
      level: isBad ? 'error' : 'warn',
      event: 'broadcast-refused',
      incident_id,
      txid,
      detail: answer,
    })
    if (isBad) turn.tell({ level: 'error', event: 'recovery-invalid', incident_id, envelope_id, txid, detail: answer })
  }
  // Whatever it was, nothing is given up: the next block asks again.
  if (givesWay(answer, false)) broadcastDue(turn, incident_id, vault, incident, 'if-better')
}

/** Adds the rebuilding to the story, once, as of when it happened. */
export function noteRebuilt(turn: Turn, incident_id: IncidentId, gathering: Gathering): void {
  if (gathering.untold === null) return
  turn.note(incident_id, 'rebuilt', gathering.untold)
  gathering.untold = null
}

/** Records, receipts and tells what my bitcoind took from me. `how`: as it is, or paid for by a fee coin. */
export function announce(
  turn: Turn,
  incident_id: IncidentId,
  incident: Incident,
  txid: Txid,
  feerate: Feerate | null,
  how: 'broadcast' | 'bumped',
): void {
  const { vault_id } = incident
  turn.note(incident_id, how, { member: turn.config.self, txid, feerate })
  turn.tell({ level: 'warn', event: how, incident_id, txid, ...(feerate === null ? {} : { feerate }) })
  // P with another child is the same P; and A may come with many coins, of which all are told and not all kept.
  if (incident.broadcasts.has(txid) || incident.broadcasts.size >= MAX_BROADCASTS) return
  turn.record({ record: 'broadcast', incident_id, txid })
  if (turn.durable.quarantine !== null) return
  const receipt = turn.sign('receipt', { statement: 'broadcast', vault_id, incident_id, txid, height: turn.tip })
  // Kept like any member's, so that whoever misses the gossip gets it by Pull.
  turn.record({ record: 'broadcast-receipt', incident_id, member: turn.config.self, frame: encodeFrame(receipt) })
  turn.gossip(receipt)
}
