/** When the fee wallet is asked to pay for A or P, and what follows from its answer. */
import type { Outcome } from '../core/input.ts'
import type { Feerate, IncidentId, Outpoint, Sats } from '../primitives/index.ts'
import { type Coin, UNSPENT } from '../state/coins.ts'
import type { Incident, Vault } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'
import type { Gathering } from '../state/volatile.ts'
import { ACTION_ON, givesWay, wantsMore } from './answers.ts'
import { bidFeerate, feeToReplace } from './bid.ts'
import { announce, noteRebuilt } from './broadcast.ts'
import { deadlineBlocks, deadlineOf } from './deadline.ts'
import { feePayerNow, passFeeTurnIfOver } from './fee-turns.ts'
import { type DueMeans, meansDue } from './means.ts'
import { type Recovery, recoveryBy } from './recovery.ts'
import { orderOf } from './recipients.ts'
import { recoveryTarget, standingTrigger } from './trigger.ts'
import { mayReturn } from './undone.ts'

/** Asks the fee wallet, once a block at most, where a means is rebuilt and the turn is mine. */
export function bumpDue(turn: Turn, incident_id: IncidentId, vault: Vault, incident: Incident): void {
  const standing = standingTrigger(vault, incident.trigger)
  if (incident.settled !== null || standing === null) return
  const due = meansDue(turn, vault, incident, standing)
  const [first] = due
  if (first === undefined) return
  const outpoint = recoveryTarget(vault, incident.trigger, standing.tx)
  const target = vault.coins.get(outpoint) ?? UNSPENT
  // In the middle of a reorganisation it may be back in a moment, or U be undone next.
  if (target.confirmed !== null || mayReturn(turn, outpoint)) return
  const present = target.mempool && recoveryBy(vault, outpoint, target.mempool)
  const opened = incident.released.get(first.rung.envelope_id)
  if (opened === undefined) return
  const order = orderOf(turn, incident_id)
  const isSeen = present !== null && present.means !== null
  passFeeTurnIfOver(turn, incident_id, incident, order, { opened, csv: first.held.manifest.csv, isSeen })
  if (feePayerNow(turn, incident, order)?.member !== turn.config.self) return
  const chosen = choose(turn, due, present)
  if (chosen) ask(turn, incident_id, { vault, incident, outpoint, target, present }, chosen)
}

interface Field {
  readonly vault: Vault
  readonly incident: Incident
  readonly outpoint: Outpoint
  readonly target: Coin
  readonly present: Recovery | null
}

type Chosen = { readonly means: DueMeans; readonly gathering: Gathering }

/**
 * What is in the mempool goes on; else the first that nothing stands against. After an A only an A, for it may have been joined
 * with junk elsewhere, and nothing else then pays more in satoshis.
 */
function choose({ tip, volatile: { gatherings } }: Turn, due: readonly DueMeans[], present: Recovery | null): Chosen | null {
  if (due.some(({ rung }) => gatherings.get(rung.envelope_id)?.submitting)) return null
  const isA = present?.means === 'anyone-can-pay'
  const usable = due.filter(({ kind }) => !isA || kind === 'anyone-can-pay')
  const going = usable.filter(({ kind }) => kind === present?.means)
  for (const means of [...going, ...usable.filter((one) => !going.includes(one))]) {
    const gathering = gatherings.get(means.rung.envelope_id)
    if (gathering?.rebuild !== 'rebuilt') continue
    const isRefused = gathering.answer_stands && gathering.answer !== null && givesWay(gathering.answer, false)
    if (isRefused) continue
    return gathering.bid?.height === tip ? null : { means, gathering }
  }
  return null
}

function ask(turn: Turn, incident_id: IncidentId, field: Field, { means, gathering }: Chosen): void {
  const { estimate, mempool_floor } = turn.volatile
  const { csv } = means.held.manifest
  const { rung, kind, ladder } = means
  const blocks_left = deadlineOf(field.vault, field.incident, turn.tip)?.blocks_left ?? 0
  const feerate = bidFeerate({
    estimate,
    mempool_floor,
    top: ladder.at(-1)?.feerate ?? rung.feerate,
    deadline: deadlineBlocks(csv),
    blocks_left,
    last: gathering.bid?.last ?? null,
  })
  gathering.submitting = true
  gathering.bid = { height: turn.tip, feerate, last: gathering.bid?.last ?? null }
  turn.afterSync({
    effect: 'bump',
    incident_id,
    envelope_id: rung.envelope_id,
    txid: rung.txid,
    means: kind,
    outpoint: field.outpoint,
    feerate,
    min_fee: feeInTheWay(field, means),
    deadline_blocks: blocks_left,
  })
}

/** A child in the way of another child is the fee wallet's to outbid: what P itself pays is no measure. */
function feeInTheWay({ target: { mempool }, present }: Field, { kind }: DueMeans): Sats {
  if (mempool === null || (present?.means === 'anchored' && kind === 'anchored')) return 0n as Sats
  return feeToReplace(mempool.fee ?? present?.rung.fee ?? null)
}

export function onBumpAnswer(turn: Turn, outcome: Extract<Outcome, { of: 'bump' }>): void {
  const { incident_id, envelope_id, answer, txid } = outcome
  const gathering = turn.volatile.gatherings.get(envelope_id)
  if (!gathering?.submitting || gathering.bid === null) return
  const asked = gathering.bid.feerate
  const isNews = gathering.answer !== answer
  gathering.submitting = false
  gathering.answer = answer
  gathering.answer_stands = true
  const incident = turn.incident(incident_id)
  const vault = incident && turn.durable.vaults.get(incident.vault_id)
  if (!incident || !vault) return
  noteRebuilt(turn, incident_id, gathering)
  if (ACTION_ON[answer] === 'success') {
    const paid = outcome.feerate ?? asked
    gathering.bid = { ...gathering.bid, last: paid }
    if (txid !== null && (isNews || !incident.broadcasts.has(txid))) announce(turn, incident_id, incident, txid, paid, 'bumped')
    return
  }
  // Only what was refused for its price must rise: else the coin may come, or bitcoind.
  if (wantsMore(answer)) gathering.bid = { ...gathering.bid, last: asked }
  if (isNews) tellRefused(turn, incident_id, outcome, asked)
  bumpDue(turn, incident_id, vault, incident)
}

function tellRefused(
  turn: Turn,
  incident_id: IncidentId,
  { envelope_id, answer }: Extract<Outcome, { of: 'bump' }>,
  feerate: Feerate,
): void {
  const isBad = ACTION_ON[answer] === 'bad-set'
  turn.note(incident_id, 'bump-refused', { feerate, detail: answer })
  turn.tell({ level: isBad ? 'error' : 'warn', event: 'bump-refused', incident_id, envelope_id, feerate, detail: answer })
  if (isBad) turn.tell({ level: 'error', event: 'recovery-invalid', incident_id, envelope_id, detail: answer })
}
