/** What may be wrong with a peer that lives. Shown and told, never a reason to hear less of what it says. */
import type { Header } from '../messages/frame.ts'
import type { MemberKind } from '../messages/kinds.ts'
import type { VerdictCode } from '../messages/verdict.ts'
import type { MemberIndex } from '../primitives/index.ts'
import type { Durable } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'
import type { Peer } from '../state/volatile.ts'

export const PEER_FLAGS = ['skewed', 'incompatible', 'duplicate', 'convicted'] as const
export type PeerFlag = (typeof PEER_FLAGS)[number]

export interface Flags {
  skewed: boolean
  incompatible: boolean
  /** Heartbeats that could be read since the last one that could not. */
  readable: number
  duplicate: boolean
  /** Heartbeats of a process that a later start of the same member should have ended, and when I heard the last, listened time. */
  doubles: number
  double_at: number | null
}

export function noFlags(): Flags {
  return { skewed: false, incompatible: false, readable: 0, duplicate: false, doubles: 0, double_at: null }
}

/** The flags of a member, conviction among them: evidence is held against it. */
export function flagsOf({ evidence }: Pick<Durable, 'evidence'>, member: MemberIndex, peer: Peer): PeerFlag[] {
  const { skewed, incompatible, duplicate } = peer.flags
  const convicted = [...evidence.values()].some((piece) => piece.member === member)
  const found = { skewed, incompatible, duplicate, convicted }
  return PEER_FLAGS.filter((flag) => found[flag])
}

const UNREADABLE: ReadonlySet<VerdictCode> = new Set(['unknown-version', 'foreign-lock', 'unknown-field', 'unknown-variant'])
/** So many in a row that can be read, and what could not was of the past. */
const READABLE_AGAIN = 3

/**
 * A heartbeat of a later version, or a frame of another lock. Whoever hands it over understands it, for what is ignored is not passed
 * on: so the flag is that of the peer at the other end of the line.
 */
export function noticeUnreadable(turn: Turn, peer_index: MemberIndex, code: VerdictCode, kind: MemberKind | 'unknown'): void {
  if (!UNREADABLE.has(code) || (kind !== 'heartbeat' && kind !== 'unknown' && code.startsWith('unknown-'))) return
  const peer = turn.volatile.peers.get(peer_index)
  if (!peer?.connected) return
  peer.flags.readable = 0
  if (peer.flags.incompatible) return
  peer.flags.incompatible = true
  turn.tell({ level: 'warn', event: 'peer-incompatible', member: peer_index, detail: code })
}

export function noticeReadable(turn: Turn, member: MemberIndex, { flags }: Peer): void {
  flags.readable += 1
  if (!flags.incompatible || flags.readable < READABLE_AGAIN) return
  flags.incompatible = false
  turn.tell({ level: 'info', event: 'peer-compatible', member })
}

/** So many, a period or more apart: one may have been under way for long. */
const DOUBLES_TOLD = 3
const DOUBLES_FORGOTTEN_PERIODS = 60

/**
 * A heartbeat of an earlier start, or under an earlier number, than one that I have: old, or of a second process on the same key. The
 * member's own clock tells which: nobody but the member can sign one that was sent after the newest.
 */
export function noticeNotRising(turn: Turn, { from, boot, seq, sent_at }: Header): void {
  const peer = turn.volatile.peers.get(from)
  if (!peer || sent_at <= peer.sent_at || (boot === peer.boot && seq === peer.seq)) return
  const { flags } = peer
  const { heartbeat_ms } = turn.config.federation.timing
  const now_ms = listenedNow(turn)
  if (flags.double_at !== null && now_ms - flags.double_at < heartbeat_ms) return
  flags.doubles += 1
  flags.double_at = now_ms
  if (flags.duplicate || flags.doubles < DOUBLES_TOLD) return
  flags.duplicate = true
  turn.tell({ level: 'error', event: 'duplicate-instance', member: from, detail: `boot ${boot} speaks after boot ${peer.boot}` })
}

export function forgetOldDoubles(turn: Turn, member: MemberIndex, { flags }: Peer): void {
  const { heartbeat_ms } = turn.config.federation.timing
  if (flags.double_at === null || turn.volatile.listened_ms - flags.double_at < DOUBLES_FORGOTTEN_PERIODS * heartbeat_ms) return
  flags.doubles = 0
  flags.double_at = null
  if (!flags.duplicate) return
  flags.duplicate = false
  turn.tell({ level: 'info', event: 'duplicate-gone', member })
}

/** The listened time between two judgings. */
function listenedNow({ volatile, at_ms }: Turn): number {
  return volatile.listened_ms + Math.max(0, at_ms - (volatile.judged_at ?? at_ms))
}
