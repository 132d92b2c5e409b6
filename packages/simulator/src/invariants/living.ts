/** Whom a member must hold for living or for lost, by what it has heard: not by what its core makes of that. */
import type { MemberIndex } from '@belfry/protocol/primitives'
import type { Context } from './invariant.ts'

/** A little less than the silence after which one is lost: clocks drift. */
const SURELY_LIVING = 0.92
/** The silence is judged once a period. */
const SLACK_PERIODS = 2

type Known = Pick<Context, 'federation' | 'heard' | 'world'>

/**
 * The first of them that this member must hold for living, itself among them. Null where that cannot be said of one before it: it has
 * been silent for about as long as a lost one, or comes back within `settling_ms`, or was not listened to for long enough.
 */
export function firstLiving(known: Known, order: readonly MemberIndex[], self: MemberIndex, settling_ms: number): MemberIndex | null {
  for (const index of order) {
    if (index === self || isLiving(known, self, index, settling_ms)) return index
    if (!isLost(known, self, index)) return null
  }
  return null
}

function isLiving({ federation: { timing }, heard, world: { now_ms } }: Known, self: MemberIndex, other: MemberIndex, settling_ms: number): boolean {
  const last_ms = heard.last(self, other)
  if (last_ms === null || now_ms - last_ms >= SURELY_LIVING * timing.dead_periods * timing.heartbeat_ms) return false
  // Who was away until a moment ago was none of the living when what is seen now was decided.
  return now_ms - last_ms >= settling_ms || now_ms - (heard.since(self, other) ?? now_ms) >= settling_ms
}

function isLost({ federation: { timing }, heard, world: { now_ms } }: Known, self: MemberIndex, other: MemberIndex): boolean {
  const since_ms = heard.last(self, other) ?? heard.listeningSince(self)
  return since_ms !== null && now_ms - since_ms > (timing.dead_periods + SLACK_PERIODS) * timing.heartbeat_ms
}
