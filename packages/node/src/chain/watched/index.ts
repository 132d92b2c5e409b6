export {
  concernedBy, findInBlock, findInTransaction, type FoundPayment, type FoundTransaction, isCoinbase,
} from './found.ts'
export { inputsOf } from './inputs.ts'
export { keyOfOutpoint, outpointOfKey } from './outpoint-key.ts'
export { MAX_STATES, WatchedCoins } from './watched-coins.ts'
export type { ConfirmedSpend, KnownCoin, MempoolSpend, Owner, Watched } from './watched.ts'
