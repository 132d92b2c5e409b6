export { StoreError, type StoreErrorCode } from './errors.ts'
export type { LoadLimits } from './load.ts'
export { type OpenedStore, Store } from './store.ts'
