/** To whom shares go, and when: one broadcaster at once, a second wave a moment later, in the end everybody. */
import type { IncidentId, MemberIndex, Outpoint } from '../primitives/index.ts'
import { type Coin, spenderOf } from '../state/coins.ts'
import type { Incident, Vault } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'
import { isLost } from '../liveness/judging.ts'
import { heldBack } from './cause.ts'
import { type OpenGate, type Releasable, isOfMeans } from './gate.ts'
import { broadcasterOrder } from './order.ts'
import { recoveryBy } from './recovery.ts'
import { depositCoin, recoveryTarget } from './trigger.ts'

/**
 * The members that a share which is due goes to. At once the first in the incident's order that I do not hold for dead; after
 * `SECOND_WAVE_AFTER_MS` the first b+1, of whom one at least is honest. All, when one more block has connected and neither this
 * rung nor a higher one of this trigger is in my mempool or chain; in a panic all at once, and all of a means that takes fee coins,
 * for who spends them changes. None that a drill holds back.
 */
export function recipients(
  turn: Turn,
  incident_id: IncidentId,
  { vault, incident, gate }: { readonly vault: Vault; readonly incident: Incident; readonly gate: OpenGate },
  ladder: Releasable,
  rung: number,
): readonly MemberIndex[] {
  const still = heldBack(vault, incident)
  const order = orderOf(turn, incident_id).filter((member) => !still.includes(member))
  // Ordered by k of the owner's keys, and no thief learns anything from it that he may not know: nothing to wait for.
  if (incident.trigger === 'panic') return order
  const envelope_id = ladder.rungs[rung]?.envelope_id
  const opened = envelope_id === undefined ? undefined : incident.released.get(envelope_id)
  if (isOfMeans(ladder) || (ladder.to_all === 'after-a-block' && opened !== undefined && turn.tip > opened)) return order
  if (opened !== undefined && turn.tip > opened && !isAnswered(vault, incident, gate, ladder, rung)) return order
  return firstLiving(turn, order, isSecondWave(turn, incident_id) ? turn.config.federation.b + 1 : 1)
}

/** This rung or a higher one of the ladder, or what is paid for with fee coins, is in my mempool or chain. */
function isAnswered(vault: Vault, incident: Incident, gate: OpenGate, ladder: Releasable, rung: number): boolean {
  const { outpoint, target } = aimOf(vault, incident, gate)
  const spender = spenderOf(target)
  return Boolean(spender && recoveryBy(vault, outpoint, spender)?.means) || isRungSeen(vault, incident, gate, ladder, rung)
}

/** This rung or a higher one of the ladder is in my mempool or chain. */
export function isRungSeen(vault: Vault, incident: Incident, gate: OpenGate, ladder: Releasable, rung: number): boolean {
  const { target } = aimOf(vault, incident, gate)
  const seen = [target.mempool?.txid, target.confirmed?.tx.txid]
  return ladder.rungs.slice(rung).some(({ txid }) => txid !== null && seen.includes(txid))
}

function aimOf(vault: Vault, { trigger }: Incident, { standing }: OpenGate): { readonly outpoint: Outpoint; readonly target: Coin } {
  const outpoint = standing ? recoveryTarget(vault, trigger, standing.tx) : vault.deposit
  return { outpoint, target: vault.coins.get(outpoint) ?? depositCoin(vault) }
}

/** My place, from 0, among the first b+1, who gather the shares without waiting for a block; null where I am none of them. */
export function placeAmongFirst(turn: Turn, incident_id: IncidentId): number | null {
  const { federation, self } = turn.config
  const place = firstLiving(turn, orderOf(turn, incident_id), federation.b + 1).indexOf(self)
  return place === -1 ? null : place
}

/** The time begins to run when it is first asked for, in each life anew. */
function isSecondWave({ volatile: { second_waves }, at_ms }: Turn, incident_id: IncidentId): boolean {
  if (second_waves.begun.has(incident_id)) return true
  second_waves.waiting.start(incident_id, at_ms)
  return false
}

/** The incidents whose second wave begins now. */
export function beginSecondWaves({ volatile: { second_waves }, at_ms }: Turn): readonly IncidentId[] {
  const begun = second_waves.waiting.take(at_ms)
  for (const incident_id of begun) second_waves.begun.set(incident_id, true)
  return begun
}

/** Remembered: it is asked for with every vote and share. */
export function orderOf({ ports, volatile: { orders }, config: { federation } }: Turn, incident_id: IncidentId): readonly MemberIndex[] {
  const known = orders.get(incident_id)
  if (known !== undefined) return known
  const order = broadcasterOrder(ports, federation.lock_hash, incident_id, federation.members.map(({ index }) => index))
  orders.set(incident_id, order)
  return order
}

/** The first so many that I do not hold for lost. */
function firstLiving({ config: { self }, volatile }: Turn, order: readonly MemberIndex[], many: number): MemberIndex[] {
  const living = order.filter((index) => index === self || !isLost(volatile.peers.get(index)))
  return living.slice(0, many)
}
