/**
 * Whose turn it is to spend fee coins. Rungs are everybody's, being the same bytes; coins of two members would outbid each other.
 * So they spend in the incident's order, one at a time, and the turn passes on from who is not heard of.
 */
import type { Height, IncidentId, MemberIndex } from '../primitives/index.ts'
import type { Incident } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'
import type { FeeTurnClock } from '../state/volatile.ts'
import { isLost } from '../liveness/judging.ts'
import { meansBlocks } from './means.ts'

/** Blocks for which a bump may be missing from my mempool before the next member takes over. */
export const SILENCE_BLOCKS = 2

/** A turn in which less time passed than this has not begun yet. */
const CATCHING_UP_MS = 2_000

/** Who has the turn: the member there in the order, or the first living one after it. Its place, and who it is. */
export function feePayer(
  order: readonly MemberIndex[],
  isLiving: (member: MemberIndex) => boolean,
  turn: number,
): { readonly turn: number; readonly member: MemberIndex } | null {
  for (let at = turn; at < turn + order.length; at++) {
    const member = order[at % order.length]
    if (member !== undefined && isLiving(member)) return { turn: at, member }
  }
  return null
}

export interface TurnClock {
  readonly tip: Height
  /** My tip when this turn began. */
  readonly since: Height
  /** My tip when a bump stood in my mempool last; null where none ever did. */
  readonly seen: Height | null
  readonly csv: number
}

/**
 * Silence for two blocks, or a bump that has not been mined in the time that one means is given: whoever made it may lie low with
 * too small a coin, or have no more.
 */
export function isTurnOver({ tip, since, seen, csv }: TurnClock): boolean {
  return tip >= Math.max(since, seen ?? since) + SILENCE_BLOCKS || tip >= since + meansBlocks(csv)
}

/** Who spends fee coins now. */
export function feePayerNow(
  { config: { self }, volatile: { peers } }: Turn,
  incident: Incident,
  order: readonly MemberIndex[],
): { readonly turn: number; readonly member: MemberIndex } | null {
  return feePayer(order, (member) => member === self || !isLost(peers.get(member)), incident.fee_turn?.turn ?? 0)
}

/**
 * Passes the turn on where it is over. `opened`: my tip when the first means was released, from where the first member's turn runs.
 * `isSeen`: a bump stands in my mempool.
 */
export function passFeeTurnIfOver(
  turn: Turn,
  incident_id: IncidentId,
  incident: Incident,
  order: readonly MemberIndex[],
  { opened, csv, isSeen }: { readonly opened: Height; readonly csv: number; readonly isSeen: boolean },
): void {
  const payer = feePayerNow(turn, incident, order)
  if (payer === null) return
  const clock = clockOf(turn, incident_id, payer.turn)
  if (isSeen) clock.seen = turn.tip
  // Another variant of U begins its own time, in the order where it stood.
  const since = Math.max(opened, clock.since) as Height
  if (!isTurnOver({ tip: turn.tip, since, seen: clock.seen, csv })) return
  turn.record({ record: 'fee-turn', incident_id, turn: payer.turn + 1 })
  const next = feePayerNow(turn, incident, order)
  if (next) clockOf(turn, incident_id, next.turn)
  turn.note(incident_id, 'fee-turn-passed', { member: next?.member ?? null })
  turn.tell({ level: 'warn', event: 'fee-turn-passed', incident_id, ...(next === null ? {} : { member: next.member }) })
}

/** Blocks that are read all at once, after a pause, are no silence: each begins the turn's time anew. */
function clockOf({ tip, at_ms, volatile: { fee_turns } }: Turn, incident_id: IncidentId, turn: number): FeeTurnClock {
  const running = fee_turns.get(incident_id)
  if (running?.turn === turn) {
    // Either way round: a clock that was set back must not hold up the turn until it has come round again.
    if (Math.abs(at_ms - running.began_ms) < CATCHING_UP_MS) running.since = tip
    return running
  }
  const fresh: FeeTurnClock = { turn, began_ms: at_ms, since: tip, seen: null }
  fee_turns.set(incident_id, fresh)
  return fresh
}
