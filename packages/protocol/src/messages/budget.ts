/**
 * Token buckets by which no peer's traffic takes another's room. Each peer has one bucket per room, as forwarder and as
 * sender; what is over budget is ignored, never rejected.
 */
import { MAX_VAULTS } from '../custody/limits.ts'
import type { Millis } from '../primitives/index.ts'
import type { Room } from './kinds.ts'

interface Bucket {
  messages: number
  bytes: number
  at_ms: Millis
}

export type Buckets = Record<Room, Bucket>

export interface Budget {
  readonly messages_burst: number
  readonly messages_per_s: number
  readonly bytes_burst: number
  readonly bytes_per_s: number
}

/**
 * One sender: ten heartbeats a second on regtest, and the answers to Pulls in bursts. Urgent: what it has to say at once when
 * every vault that there can be is stolen from: a vote, a release, a certificate and a receipt each.
 */
export const SENDER_BUDGET: Record<Room, Budget> = {
  urgent: { messages_burst: 4 * MAX_VAULTS, messages_per_s: 128, bytes_burst: 4 * 1024 * 1024, bytes_per_s: 512 * 1024 },
  routine: { messages_burst: 256, messages_per_s: 64, bytes_burst: 1024 * 1024, bytes_per_s: 128 * 1024 },
}

/** At least the sum of all senders' budgets, or an honest forwarder would be blamed for what it relays. */
export function forwarderBudget(room: Room, members: number): Budget {
  const one = SENDER_BUDGET[room]
  return {
    messages_burst: one.messages_burst * members,
    messages_per_s: one.messages_per_s * members,
    bytes_burst: one.bytes_burst * members,
    bytes_per_s: one.bytes_per_s * members,
  }
}

/**
 * What a forwarder may hand over that does not even decode. Only a liar has any, and the worst of it takes 0.3 s a
 * megabyte to refuse.
 */
export const GARBAGE_BUDGET: Budget = {
  messages_burst: 1_024,
  messages_per_s: 64,
  bytes_burst: 1024 * 1024,
  bytes_per_s: 64 * 1024,
}

/** What one member is sent in answer to its Pulls: one of 3 kB may ask for half a megabyte, and many come a second. */
export const ANSWER_BUDGET: Budget = {
  messages_burst: 4_096,
  messages_per_s: 256,
  bytes_burst: 4 * 1024 * 1024,
  bytes_per_s: 256 * 1024,
}

/**
 * Looking for what a member said itself means going through all that I hold. Nobody honest asks more than once a heartbeat period,
 * but for when it is started, or connected, a few times in a row.
 */
export function ownStatementsBudget(heartbeat_ms: number): Budget {
  return { messages_burst: 16, messages_per_s: 1_000 / heartbeat_ms, bytes_burst: 0, bytes_per_s: 0 }
}

/** Takes one message of `bytes` from the bucket; false, and nothing taken, where there is no room. */
export function spend<Key>(
  all: Map<Key, Buckets>,
  key: Key,
  room: Room,
  budget: Budget,
  bytes: number,
  now: Millis,
): boolean {
  const bucket = refilled(all, key, room, budget, now)
  if (bucket.messages < 1 || bucket.bytes < bytes) return false
  bucket.messages -= 1
  bucket.bytes -= bytes
  return true
}

/** Whether `spend` would find room; takes nothing. */
export function hasRoom<Key>(
  all: Map<Key, Buckets>,
  key: Key,
  room: Room,
  budget: Budget,
  bytes: number,
  now: Millis,
): boolean {
  const bucket = refilled(all, key, room, budget, now)
  return bucket.messages >= 1 && bucket.bytes >= bytes
}

function refilled<Key>(all: Map<Key, Buckets>, key: Key, room: Room, budget: Budget, now: Millis): Bucket {
  let buckets = all.get(key)
  if (!buckets) {
    const full = { messages: budget.messages_burst, bytes: budget.bytes_burst, at_ms: now }
    buckets = { urgent: { ...full }, routine: { ...full } }
    all.set(key, buckets)
  }
  const bucket = buckets[room]
  const seconds = Math.max(0, now - bucket.at_ms) / 1_000
  bucket.messages = Math.min(budget.messages_burst, bucket.messages + seconds * budget.messages_per_s)
  bucket.bytes = Math.min(budget.bytes_burst, bucket.bytes + seconds * budget.bytes_per_s)
  bucket.at_ms = now
  return bucket
}
