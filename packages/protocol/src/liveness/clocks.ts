/**
 * How far each peer's clock is from mine, from when its heartbeats say that they were sent. Shown and told; deadlines count blocks, and
 * nothing safe depends on any clock.
 */
import type { Header } from '../messages/frame.ts'
import type { Heartbeat } from '../messages/heartbeat.ts'
import type { Turn } from '../state/turn.ts'
import type { Peer } from '../state/volatile.ts'

/** The median of so many: a few that were long under way, or one that lies, do not move it. */
const SAMPLES = 9
const LEAST_SAMPLES = 3
/** A member without NTP drifts by seconds a day; block times are within minutes. */
const SKEWED_MS = 30_000
const AGREES_MS = 20_000

/** Takes when a heartbeat was sent and when it came. The way takes time, so the offset comes out a little low. */
export function sampleClock({ at_ms }: Turn, peer: Peer, { sent_at }: Header): void {
  peer.clock.push(sent_at - at_ms)
  if (peer.clock.length > SAMPLES) peer.clock.shift()
}

/** Its clock less mine, milliseconds; null before it is known. */
export function clockOffset({ clock }: Pick<Peer, 'clock'>): number | null {
  return clock.length < LEAST_SAMPLES ? null : medianOf(clock)
}

/** The lower one in magnitude where two are in the middle: in doubt nobody is off. */
function medianOf(values: readonly number[]): number {
  const { low, high } = middleOf(values)
  return Math.abs(low) <= Math.abs(high) ? low : high
}

/** The two in the middle, which are one where the count is odd. */
function middleOf(values: readonly number[]): Middle {
  const sorted = values.toSorted((a, b) => a - b)
  return { low: sorted[Math.floor((sorted.length - 1) / 2)] ?? 0, high: sorted[Math.ceil((sorted.length - 1) / 2)] ?? 0 }
}

interface Middle {
  readonly low: number
  readonly high: number
}

/**
 * Against the middle of all clocks, mine included: where all others agree, it is mine that is off. Of fewer clocks than most members'
 * nothing follows, and what was told stands.
 */
export function judgeClocks(turn: Turn): void {
  const { volatile, config: { self, federation } } = turn
  const known = [...volatile.peers].flatMap(([member, peer]) => {
    const offset = member === self || peer.silence !== 'none' ? null : clockOffset(peer)
    return offset === null ? [] : [{ member, peer, offset }]
  })
  if (2 * (known.length + 1) <= federation.members.length) return
  const middle = middleOf([0, ...known.map(({ offset }) => offset)])
  for (const { member, peer, offset } of known) tellSkew(turn, member, peer, offset, middle)
  const own = volatile.peers.get(self)
  if (own) tellSkew(turn, self, own, 0, middle)
}

/** Where one half of the clocks contradicts the other, what is between them is neither right nor wrong. */
function tellSkew(turn: Turn, member: Header['from'], { flags }: Peer, offset: number, { low, high }: Middle): void {
  const off_ms = offset < low ? offset - low : Math.max(0, offset - high)
  const isOff = Math.abs(off_ms) > (flags.skewed ? AGREES_MS : SKEWED_MS)
  if (isOff === flags.skewed || (!isOff && high - low > SKEWED_MS)) return
  flags.skewed = isOff
  const seconds = Math.round(off_ms / 1_000)
  const detail = `${seconds > 0 ? '+' : ''}${seconds} s from most members' clocks`
  if (isOff) turn.tell({ level: 'warn', event: 'clock-skewed', member, detail })
  else turn.tell({ level: 'info', event: 'clock-agrees', member })
}

/** Older than this by its sender's own clock, a heartbeat that a third member hands over may be a recording. */
const LEAST_STALE_MS = 30_000

/**
 * Whether a heartbeat is of now. One that its sender hands over is. Of others, a lying member might replay those of a dead one, to a
 * member that has just started and knows no number to compare with. A clock that is off must silence nobody: so the time is looked
 * at by the sender's own clock as far as that is known, and else the chain is the clock, for nobody can name a block before it is found.
 */
export function isOfNow(turn: Turn, peer: Peer, { sent_at }: Header, { tip }: Heartbeat, isDirect: boolean): boolean {
  if (isDirect) return true
  const { heartbeat_ms, dead_periods } = turn.config.federation.timing
  const late_ms = turn.at_ms + (clockOffset(peer) ?? 0) - sent_at
  if (late_ms <= Math.max(LEAST_STALE_MS, dead_periods * heartbeat_ms)) return true
  const { recent } = turn.durable
  if (recent.length === 0) return true
  return tip !== null && (tip.height > turn.tip || recent.slice(-2).some(({ hash }) => hash === tip.hash))
}
