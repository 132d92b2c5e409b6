export { type Regtest, type RegtestOptions, RELAY_AT_ONCE, startRegtest } from './network.ts'
export type { Place, RegtestNode, ZmqAddresses } from './node.ts'
export { pollUntil } from './poll.ts'
export { findFreePorts } from './ports.ts'
export { ExitGuard, type GuardedProcess, type ProcessOptions, startProcess } from './process.ts'
export {
  type Coin, createPurse, type Funding, type Purse, PURSE_ADDRESS, PURSE_SCRIPT, PURSE_WITNESS_SCRIPT,
} from './purse.ts'
export { type RawInput, type RawOutput, type RawTransaction, serialise, txidOf, vsizeOf } from './transaction.ts'
