export { LOCATOR_BYTES, LocatorTable } from './locator-table.ts'
export { OUTPOINT_BYTES, OutpointTable, type TableInit } from './outpoint-table.ts'
export { MAX_SCRIPT_BYTES, ScriptTable } from './script-table.ts'
export { WatchSet } from './watch-set.ts'
