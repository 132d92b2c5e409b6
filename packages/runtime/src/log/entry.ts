import type { Branded } from '@belfry/protocol/primitives'

/** 0 is the header, records count from 1 without a gap. */
export type LogIndex = Branded<number, 'LogIndex'>

export interface LogEntry {
  readonly index: LogIndex
  readonly bytes: Uint8Array
}

/** The durable state after the record at `index`. */
export interface LogSnapshot {
  readonly index: LogIndex
  readonly bytes: Uint8Array
}

/** All that a disk holds: the entries after the snapshot, or from the header on, in order. */
export interface LoadedLog {
  readonly snapshot: LogSnapshot | null
  readonly entries: readonly LogEntry[]
}

export const HEADER_INDEX = 0 as LogIndex

/** An enrolment with all its envelopes is the largest record, well under a megabyte. */
export const MAX_ENTRY_BYTES = 4 * 1024 * 1024

/** Thousands of vaults at some 50 kB each, or a full sign-once ledger. Above this one batch would stall a node for too long. */
export const MAX_SNAPSHOT_BYTES = 1024 * 1024 * 1024

export function logIndex(value: number): LogIndex {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError('a log index is an integer from 0')
  return value as LogIndex
}
