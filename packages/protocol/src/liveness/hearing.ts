/** What a peer's heartbeat tells: that it lives, how its clock and tip are, and what one of us lacks. */
import type { Header } from '../messages/frame.ts'
import type { Heartbeat } from '../messages/heartbeat.ts'
import type { VerdictCode } from '../messages/verdict.ts'
import { pullFrom } from '../sync/pull.ts'
import { wantsAfter } from '../sync/topics.ts'
import type { Turn } from '../state/turn.ts'
import { isOfNow, sampleClock } from './clocks.ts'
import { noticeReadable } from './flags.ts'
import { setLife } from './judging.ts'
import { noticeSuccessor } from './successors.ts'

/** `isDirect`: its sender handed it over itself. */
export function onHeartbeat(turn: Turn, head: Header, body: Heartbeat, isDirect: boolean): VerdictCode {
  const peer = turn.volatile.peers.get(head.from)
  if (!peer) return 'not-a-member'
  if (!isOfNow(turn, peer, head, body, isDirect)) return 'stale'
  peer.heartbeat = body
  peer.heard_at = turn.at_ms
  peer.silence = 'none'
  peer.boot = head.boot
  peer.seq = head.seq
  // Its clock may be set back: what it sent before, others may replay.
  peer.sent_at = Math.max(peer.sent_at, head.sent_at)
  sampleClock(turn, peer, head)
  noticeReadable(turn, head.from, peer)
  noticeSuccessor(turn)
  if (peer.life !== 'alive') setLife(turn, head.from, 'alive')
  pullIfDifferent(turn, head, body)
  return 'accepted'
}

/** Twice as often as an honest member speaks when blocks come fast (heartbeats.ts): some of that is under way for longer. */
const COMPARED_PER_PERIOD = 20

/** At most one Pull per peer and heartbeat period, however often it speaks. */
function pullIfDifferent(turn: Turn, { from }: Header, body: Heartbeat): void {
  const peer = turn.volatile.peers.get(from)
  const period = turn.config.federation.timing.heartbeat_ms
  if (!peer?.connected) return
  // Either way round: the clock may have been set back since.
  if (peer.pulled_at !== null && Math.abs(turn.at_ms - peer.pulled_at) < period) return
  // To compare is work, too: nobody honest speaks as often.
  if (peer.compared_at !== null && Math.abs(turn.at_ms - peer.compared_at) < period / COMPARED_PER_PERIOD) return
  peer.compared_at = turn.at_ms
  const wants = wantsAfter(turn, body)
  // In quarantine all that I ever said is asked for, part by part, so that an operator can adopt it.
  const own = turn.durable.quarantine !== null
  if (wants !== null || own) pullFrom(turn, from, wants ?? {}, { own })
}
