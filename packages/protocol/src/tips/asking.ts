/** Asking a member for the way to its tip: one question at a time, few of them, and fewer where nothing comes of them. */
import { MAX_LOCATOR } from '../messages/headers.ts'
import type { BlockHash, MemberIndex } from '../primitives/index.ts'
import type { Turn } from '../state/turn.ts'
import type { Peer } from '../state/volatile.ts'
import type { PeerTip } from './state.ts'

/** Periods for which a tip may not be in my chain before I ask: most blocks reach every bitcoind before. */
const ASK_AFTER_PERIODS = 3
/** From one question to the next. What is known of a better chain is looked at again as often. */
const ASK_EVERY_PERIODS = 6
/** Without an answer for so long, there is none. */
const ANSWER_PERIODS = 3
/** Questions without a chain that my bitcoind takes, after which the tip counts as none of my chain's; and how often I ask then. */
const MAX_FAILURES = 3
const ASK_FAILED_EVERY_PERIODS = 60

/** Several questions in a row have led to no chain that my bitcoind took. */
export function hasFailed({ failures }: PeerTip): boolean {
  return failures >= MAX_FAILURES
}

export function askForHeaders(turn: Turn, member: MemberIndex, peer: Peer): void {
  const { volatile, config } = turn
  const { tip: seen, heartbeat } = peer
  const periodsFrom = (since: number): number => (volatile.listened_ms - since) / config.federation.timing.heartbeat_ms
  if (seen.asking === 'asked' && seen.asked_at !== null && periodsFrom(seen.asked_at) >= ANSWER_PERIODS) {
    seen.asking = 'no'
    seen.failures += 1
  }
  if (seen.asking !== 'no' || !peer.connected || turn.durable.recent.length === 0) return
  const isHigh = (heartbeat?.tip?.height ?? 0) >= turn.tip || volatile.own_tip.better?.member === member
  const isElsewhere = seen.relation === 'ahead' || (seen.relation === 'beside' && isHigh)
  // Without its bitcoind it cannot show anything.
  if (!isElsewhere || heartbeat?.chain !== 'ok' || periodsFrom(seen.since) < ASK_AFTER_PERIODS) return
  const pause = hasFailed(seen) ? ASK_FAILED_EVERY_PERIODS : ASK_EVERY_PERIODS
  if (seen.asked_at !== null && seen.reached === null && periodsFrom(seen.asked_at) < pause) return
  seen.asking = 'asked'
  seen.asked_at = volatile.listened_ms
  turn.send(member, turn.sign('headers-wanted', { locator: locator(turn, seen.reached) }))
}

/** My newest blocks, then each twice as far down; what an answer reached comes first. */
function locator({ durable: { recent } }: Turn, reached: BlockHash | null): BlockHash[] {
  const hashes = reached === null ? [] : [reached]
  for (let below = 0; below < recent.length && hashes.length < MAX_LOCATOR - 1; below = below < 3 ? below + 1 : 2 * below) {
    const block = recent.at(-1 - below)
    if (block) hashes.push(block.hash)
  }
  const [oldest] = recent
  if (oldest && !hashes.includes(oldest.hash)) hashes.push(oldest.hash)
  return hashes
}
