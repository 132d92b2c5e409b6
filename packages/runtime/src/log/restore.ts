import { fromCbor } from '@belfry/protocol/primitives'
import type { Core } from '../core.ts'
import { RuntimeError } from '../errors.ts'
import { HEADER_INDEX, type LoadedLog, type LogIndex, type LogSnapshot } from './entry.ts'
import { readPreamble } from './preamble.ts'

export interface RestoredLog<Durable> {
  readonly durable: Durable
  /** 0 for an empty log, whose header is still to be written. */
  readonly next_index: LogIndex
  readonly records_since_snapshot: number
  readonly bytes_since_snapshot: number
  /** 0 without a snapshot. */
  readonly snapshot_bytes: number
}

type DurablePart<State, Durable, LogRecord> = Pick<
  Core<State, Durable, never, LogRecord, never, never>,
  'restore' | 'apply' | 'durableOf' | 'record' | 'snapshot'
>

/**
 * The durable state that a log holds: its snapshot with the records after it applied. Nothing is skipped or repaired: a
 * member that forgets one vote could sign a second one.
 * @throws RuntimeError with a `log-…` code
 */
export function restoreLog<State, Durable, LogRecord>(
  core: DurablePart<State, Durable, LogRecord>,
  loaded: LoadedLog,
): RestoredLog<Durable> {
  const { snapshot, entries } = loaded
  const durable = core.durableOf(core.restore(snapshot && decodeSnapshot(core, snapshot)))
  let next: number = snapshot === null ? HEADER_INDEX : snapshot.index + 1
  let records = 0
  let bytes = 0
  for (const entry of entries) {
    if (entry.index !== next) {
      throw new RuntimeError('log-gap', `the log holds entry ${entry.index} where entry ${next} belongs`)
    }
    if (entry.index === HEADER_INDEX) {
      readHeader(entry.bytes)
    } else {
      applyRecord(core, durable, entry.index, entry.bytes)
      records++
    }
    bytes += entry.bytes.length
    next++
  }
  return {
    durable,
    next_index: next as LogIndex,
    records_since_snapshot: records,
    bytes_since_snapshot: bytes,
    snapshot_bytes: snapshot?.bytes.length ?? 0,
  }
}

function readHeader(bytes: Uint8Array): void {
  if (readPreamble(bytes).length > 0) throw new RuntimeError('log-undecodable', 'the header of the log is damaged')
}

function decodeSnapshot<State, Durable, LogRecord>(
  core: DurablePart<State, Durable, LogRecord>,
  snapshot: LogSnapshot,
): Durable {
  const body = readPreamble(snapshot.bytes)
  try {
    return fromCbor(core.snapshot, body)
  } catch (cause) {
    throw new RuntimeError('log-undecodable', `the snapshot at ${snapshot.index} does not decode`, { cause })
  }
}

function applyRecord<State, Durable, LogRecord>(
  core: DurablePart<State, Durable, LogRecord>,
  durable: Durable,
  index: LogIndex,
  bytes: Uint8Array,
): void {
  let record: LogRecord
  try {
    record = fromCbor(core.record, bytes)
  } catch (cause) {
    throw new RuntimeError('log-undecodable', `entry ${index} of the log does not decode`, { cause })
  }
  try {
    core.apply(durable, record)
  } catch (cause) {
    throw new RuntimeError('log-contradictory', `entry ${index} of the log contradicts those before it`, { cause })
  }
}
