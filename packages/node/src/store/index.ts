export { StoreError, type StoreErrorCode } from './errors.ts'
export type { LoadLimits } from './load.ts'
export { KEY_SPACES } from './rows.ts'
export { type OpenedStore, type RowStore, Store, type StoredRow } from './store.ts'
