export { StoreError, type StoreErrorCode } from './errors.ts'
export { LOAD_LIMITS, type LoadLimits } from './load.ts'
export { type OpenedStore, Store } from './store.ts'
