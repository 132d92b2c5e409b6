/** Which rebuilt transaction is submitted, when, and what follows from bitcoind's answer. */
import type { BroadcastAnswer, Outcome } from '../core/input.ts'
import type { Rung } from '../custody/manifest.ts'
import { encodeFrame } from '../messages/frame.ts'
import type { IncidentId } from '../primitives/index.ts'
import { type Coin, UNSPENT } from '../state/coins.ts'
import type { Incident, Vault } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'
import type { Gathering } from '../state/volatile.ts'
import { type Ladder, laddersDue } from './due.ts'
import { type Standing, depositCoin, recoveryTarget, rungOfEnvelope, standingTrigger } from './trigger.ts'

/** `again`: re-sent with each block, for bitcoind does not rebroadcast what is not its own. */
export type Occasion = 'if-better' | 'again'

/** Submits the rung that is due, of those that I could rebuild; everyone who can does so, for it is the same txid. */
export function broadcastDue(turn: Turn, incident_id: IncidentId, vault: Vault, incident: Incident, occasion: Occasion): void {
  const standing = standingTrigger(vault, incident.trigger)
  if (incident.settled !== null) return
  for (const ladder of laddersDue(turn, vault, incident, standing)) {
    const chosen = choose(turn, ladder, incident)
    if (chosen === null || !isWorthSending(targetOf(vault, incident, standing), ladder, chosen, occasion)) continue
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

/** Refusals that the next rung may not meet. */
const NEXT_RUNG: ReadonlySet<BroadcastAnswer> = new Set(['fee-too-low', 'conflict', 'script-invalid', 'rejected'])

function isOutbid(gathering: Gathering): boolean {
  return gathering.answer_stands && gathering.answer !== null && NEXT_RUNG.has(gathering.answer)
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
function choose(turn: Turn, ladder: Ladder, incident: Incident): Rung | null {
  const rebuilt = ladder.rungs
    .map((rung, index) => ({ rung, index, gathering: turn.volatile.gatherings.get(rung.envelope_id) }))
    .filter(({ gathering }) => gathering?.rebuild === 'rebuilt')
  const wanted = incident.action === 'emergency' ? ladder.rungs.length - 1 : ladder.due
  const start = rebuilt.findLast(({ index }) => index <= wanted) ?? rebuilt[0]
  if (!start || isBetterComing(turn, ladder, start.index, wanted)) return null
  const free = rebuilt.find(({ index, gathering }) => index >= start.index && gathering && !isOutbid(gathering))
  return free?.rung ?? null
}

/** A higher rung that is wanted is being rebuilt this moment: its end asks again. */
function isBetterComing(turn: Turn, ladder: Ladder, above: number, wanted: number): boolean {
  return ladder.rungs
    .slice(above + 1, wanted + 1)
    .some(({ envelope_id }) => turn.volatile.gatherings.get(envelope_id)?.rebuild === 'under-way')
}

function targetOf(vault: Vault, incident: Incident, standing: Standing | null): Coin {
  if (standing === null) return depositCoin(vault)
  return vault.coins.get(recoveryTarget(vault, incident.trigger, standing.tx)) ?? UNSPENT
}

function isWorthSending(target: Coin, ladder: Ladder, chosen: Rung, occasion: Occasion): boolean {
  // A confirmed spend cannot be replaced; should its block be disconnected, this is asked again.
  if (target.confirmed !== null) return false
  const present = ladder.rungs.findIndex(({ txid }) => txid === target.mempool?.txid)
  const mine = ladder.rungs.indexOf(chosen)
  return occasion === 'again' ? mine >= present : mine > present
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
  if (answer === 'accepted' || answer === 'already-known') {
    if (!incident.broadcasts.has(txid)) announce(turn, incident_id, incident, txid, feerate)
    return
  }
  if (isNews) {
    turn.note(incident_id, 'broadcast-refused', { txid, feerate, detail: answer })
    turn.tell({
      level: answer === 'script-invalid' ? 'error' : 'warn',
      event: 'broadcast-refused',
      incident_id,
      txid,
      detail: answer,
    })
  }
  // Whatever it was, nothing is given up: the next block asks again.
  if (NEXT_RUNG.has(answer)) broadcastDue(turn, incident_id, vault, incident, 'if-better')
}

/** Adds the rebuilding to the story, once, as of when it happened. */
export function noteRebuilt(turn: Turn, incident_id: IncidentId, gathering: Gathering): void {
  if (gathering.untold === null) return
  turn.note(incident_id, 'rebuilt', gathering.untold)
  gathering.untold = null
}

function announce(
  turn: Turn,
  incident_id: IncidentId,
  incident: Incident,
  txid: Rung['txid'],
  feerate: Rung['feerate'] | null,
): void {
  const { vault_id } = incident
  const receipt = turn.sign('receipt', { statement: 'broadcast', vault_id, incident_id, txid, height: turn.tip })
  turn.record({ record: 'broadcast', incident_id, txid })
  // Kept like any member's, so that whoever misses the gossip gets it by Pull.
  turn.record({ record: 'broadcast-receipt', incident_id, member: turn.config.self, frame: encodeFrame(receipt) })
  turn.note(incident_id, 'broadcast', { member: turn.config.self, txid, feerate })
  turn.tell({ level: 'warn', event: 'broadcast', incident_id, txid, ...(feerate === null ? {} : { feerate }) })
  turn.gossip(receipt)
}
