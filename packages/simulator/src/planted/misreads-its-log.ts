import type { LogRecord } from '@belfry/protocol'
import type { PlantedBug } from './planted-bug.ts'

export const misreadsItsLog: PlantedBug = {
  name: 'misreads-its-log',
  what: 'what was noted of an incident is read back from the log without its detail',
  caught_by: ['S6'],
  within_seeds: 7,
  core: (core) => ({ ...core, record: { ...core.record, read: (reader) => withoutDetail(core.record.read(reader)) } }),
}

function withoutDetail(record: LogRecord): LogRecord {
  return record.record === 'noted' ? { ...record, entry: { ...record.entry, detail: null } } : record
}
