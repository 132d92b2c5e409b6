/**
 * The waiting after a start and after a lag. What happened meanwhile only others know: whether somebody signs with my key,
 * what I signed myself after the copy of the disk that I run on was made, and what owners said. Until n − d members have told
 * me everything, me included, I do not vote. Where they do not answer, the time that I listened ends it, and a theft's window before
 * that: my waiting must never be what a thief makes of it. A clock that is set forward ends nothing.
 */
import type { MemberIndex, Millis } from '../primitives/index.ts'

/** Why I wait: a life began, or my chain was not followed for a time. */
export type WaitCause = 'start' | 'lag'

/** `over-time`: ended by the clock; answers are asked for all the same. */
export type WaitPhase = 'asking' | 'over-time' | 'over'

/** What a member was asked since, by its last Pull. */
export interface Asked {
  readonly pull_seq: number
  /** Of my vaults, in their order, so many were named with it; and so many were answered before. */
  readonly vaults_named: number
  readonly vaults_answered: number
}

export interface Wait {
  readonly cause: WaitCause
  phase: WaitPhase
  /** Time spent listening since it began, and my clock when that was added up last. */
  waited_ms: number
  looked_at: Millis
  next_ask_at: Millis
  readonly asked: Map<MemberIndex, Asked>
  /** Members that have told me everything since. */
  readonly answered: Set<MemberIndex>
}

export function newWait(cause: WaitCause, at_ms: Millis): Wait {
  return { cause, phase: 'asking', waited_ms: 0, looked_at: at_ms, next_ask_at: at_ms, asked: new Map(), answered: new Set() }
}
