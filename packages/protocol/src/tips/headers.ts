/** The way to a tip that is not in my chain: asked for, shown, and judged by my own bitcoind alone. */
import type { Outcome } from '../core/input.ts'
import { ANSWER_BUDGET, spend } from '../messages/budget.ts'
import { BLOCK_HEADER_BYTES, type Headers, type HeadersWanted, MAX_HEADERS, previousOf } from '../messages/headers.ts'
import type { VerdictCode } from '../messages/verdict.ts'
import type { MemberIndex } from '../primitives/index.ts'
import type { Turn } from '../state/turn.ts'
import type { PeerTip } from './state.ts'

type OutcomeOf<K extends Outcome['of']> = Extract<Outcome, { of: K }>

/** One question of a peer is answered at a time, and one a period. */
export function onHeadersWanted(turn: Turn, from: MemberIndex, { locator }: HeadersWanted): VerdictCode {
  const { volatile, config, at_ms } = turn
  const tip = volatile.peers.get(from)?.tip
  if (!tip) return 'not-a-member'
  const { heartbeat_ms } = config.federation.timing
  const isSoon = tip.wanted_at !== null && Math.abs(at_ms - tip.wanted_at) < heartbeat_ms
  if (tip.is_answering || isSoon) return 'asked-too-soon'
  if (!spend(volatile.budgets.answers, from, 'routine', ANSWER_BUDGET, MAX_HEADERS * BLOCK_HEADER_BYTES, at_ms)) return 'asked-too-soon'
  tip.is_answering = true
  tip.wanted_at = at_ms
  turn.now({ effect: 'read-headers', to: from, locator, max: MAX_HEADERS })
  return 'accepted'
}

export function onHeadersRead(turn: Turn, { to, headers }: OutcomeOf<'read-headers'>): void {
  const tip = turn.volatile.peers.get(to)?.tip
  if (tip) tip.is_answering = false
  turn.send(to, turn.sign('headers', { headers: headers.slice(0, MAX_HEADERS) }))
}

/** What I did not ask for costs my bitcoind nothing, nor what leads from nowhere that I asked from. */
export function onHeaders(turn: Turn, from: MemberIndex, { headers }: Headers): VerdictCode {
  const tip = turn.volatile.peers.get(from)?.tip
  if (tip?.asking !== 'asked') return 'not-asked-for'
  if (!isFromMine(turn, tip, headers)) {
    tip.asking = 'no'
    tip.reached = null
    tip.failures += 1
    tip.is_refused = false
    return 'accepted'
  }
  tip.asking = 'submitting'
  turn.now({ effect: 'submit-headers', member: from, headers })
  return 'accepted'
}

/**
 * The first one builds on one of my newest blocks, or on what this member showed before: so each needs the work of a block of today.
 * My bitcoind takes what is submitted to it from anywhere on, from the cheap first blocks too, and never forgets it.
 */
function isFromMine({ durable: { recent } }: Turn, { reached }: PeerTip, [first]: readonly Uint8Array[]): boolean {
  if (first === undefined) return false
  const previous = previousOf(first)
  return previous === reached || recent.some(({ hash }) => hash === previous)
}

/** Only what my bitcoind took, and found to have more work than its own chain, is a better chain. */
export function onHeadersSubmitted(turn: Turn, { member, result, tip, base }: OutcomeOf<'submit-headers'>): void {
  const { own_tip, peers, listened_ms } = turn.volatile
  const seen = peers.get(member)?.tip
  if (!seen) return
  seen.asking = 'no'
  if (result === 'unreachable') return
  const isTaken = tip !== null && base !== null && (result === 'more-work' || result === 'no-more-work')
  seen.failures = isTaken ? 0 : seen.failures + 1
  seen.is_refused = result === 'refused'
  // There may be more of it: the next question goes on from there.
  const isAll = tip === null || tip.hash === seen.hash || tip.hash === seen.reached
  seen.reached = isTaken && !isAll ? tip.hash : null
  const known = own_tip.better
  if (result === 'more-work' && tip !== null && base !== null) {
    const leaves = known?.tip.hash === base.hash ? known.base : base
    const isSame = known?.base.hash === leaves.hash
    own_tip.better = { member, tip, base: leaves, base_since: isSame ? known.base_since : listened_ms, since: known?.since ?? listened_ms }
  } else if (known?.member === member && seen.reached === null) {
    own_tip.better = null
  }
}
