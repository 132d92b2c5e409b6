export {
  HEADER_INDEX,
  type LoadedLog,
  type LogEntry,
  type LogIndex,
  type LogSnapshot,
  MAX_ENTRY_BYTES,
  MAX_SNAPSHOT_BYTES,
  logIndex,
} from './entry.ts'
export { FORMAT_VERSION, readPreamble, withPreamble } from './preamble.ts'
export { type RestoredLog, restoreLog } from './restore.ts'
export { LogWriter, SNAPSHOT_RULE, type SnapshotRule } from './writer.ts'
