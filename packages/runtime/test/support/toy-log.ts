import * as fc from 'fast-check'
import { type LoadedLog, type LogEntry, LogWriter, type RestoredLog, restoreLog } from '../../src/index.ts'
import { type ToyDurable, type ToyRecord, toyCore } from './toy-core.ts'

export const EMPTY_LOG: LoadedLog = { snapshot: null, entries: [] }

export function writerFor(log: RestoredLog<ToyDurable> = restoreLog(toyCore, EMPTY_LOG)): LogWriter<ToyRecord, ToyDurable> {
  return new LogWriter(log, toyCore)
}

/** The entries of these records in a new log, the header first. */
export function entriesOf(records: readonly ToyRecord[]): readonly LogEntry[] {
  const writer = writerFor()
  for (const record of records) writer.add(record)
  return writer.takeBatch() ?? []
}

export function durableAfter(records: readonly ToyRecord[]): ToyDurable {
  const durable = toyCore.durableOf(toyCore.restore(null))
  for (const record of records) toyCore.apply(durable, record)
  return durable
}

export const anyRecords: fc.Arbitrary<ToyRecord[]> = fc.array(
  fc.oneof(
    fc.record({ record: fc.constant('added' as const), amount: fc.nat(1000) }),
    // Always applies: every total is at least 0.
    fc.record({ record: fc.constant('named' as const), name: fc.constantFrom('a', 'b', 'ü', ''), value: fc.constant(0) }),
  ),
  { maxLength: 40 },
)
