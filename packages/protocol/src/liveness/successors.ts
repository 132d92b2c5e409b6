/**
 * Locks that others serve after this one. Two that follow the same one are adopted by nobody who is given both; a member that is given
 * one only hears here that others were given another.
 */
import type { LockHash } from '../primitives/index.ts'
import type { Turn } from '../state/turn.ts'

/** Told once in a life, where more members speak of it than may lie. */
export function noticeSuccessor(turn: Turn): void {
  const { volatile, config } = turn
  const mine = config.next_lock ?? null
  // Whoever was given both knows the one that is named.
  const isRefused = (lock: LockHash): boolean => mine === null && (config.refused_locks ?? []).includes(lock)
  const speakers = new Map<LockHash, number>()
  for (const { heartbeat } of volatile.peers.values()) {
    const next = heartbeat?.next_lock ?? null
    if (next !== null && next !== mine) speakers.set(next, (speakers.get(next) ?? 0) + 1)
  }
  for (const [lock, count] of speakers) {
    // At most so many locks are spoken of by more than b members each at one time; over time, no more are told.
    if (count <= config.federation.b || isRefused(lock) || volatile.successors_told.has(lock)) continue
    volatile.successors_told.set(lock, true)
    turn.tell({ level: mine === null ? 'warn' : 'error', event: mine === null ? 'successor-unknown' : 'successor-differs', detail: lock })
  }
}
