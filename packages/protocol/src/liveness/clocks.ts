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
  const sorted = values.toSorted((a, b) => a - b)
  const low = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0
  const high = sorted[Math.ceil((sorted.length - 1) / 2)] ?? 0
  return Math.abs(low) <= Math.abs(high) ? low : high
}

/** Against the median of all clocks, mine included: where all others agree, it is mine that is off. */
export function judgeClocks(turn: Turn): void {
  const { volatile, config: { self, federation } } = turn
  const known = [...volatile.peers].flatMap(([member, peer]) => {
    const offset = member === self || peer.silence !== 'none' ? null : clockOffset(peer)
    return offset === null ? [] : [{ member, peer, offset }]
  })
  const isMost = 2 * (known.length + 1) > federation.members.length
  const right = isMost ? medianOf([0, ...known.map(({ offset }) => offset)]) : 0
  for (const { member, peer, offset } of known) tellSkew(turn, member, peer, offset - right)
  const own = volatile.peers.get(self)
  if (own) tellSkew(turn, self, own, -right)
}

function tellSkew(turn: Turn, member: Header['from'], { flags }: Peer, off_ms: number): void {
  const isOff = Math.abs(off_ms) > (flags.skewed ? AGREES_MS : SKEWED_MS)
  if (isOff === flags.skewed) return
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
  const { heartbeat_ms, dead_periods } = turn.config.federation.timing
  const late_ms = turn.at_ms + (clockOffset(peer) ?? 0) - sent_at
  if (isDirect || late_ms <= Math.max(LEAST_STALE_MS, dead_periods * heartbeat_ms)) return true
  const { recent } = turn.durable
  if (recent.length === 0) return true
  return tip !== null && (tip.height > turn.tip || recent.slice(-2).some(({ hash }) => hash === tip.hash))
}
