export { type Chain, type ChainComponents, type ChainInit, type ChainStart, createChain } from './chain.ts'
export type { ChainCounters } from './counters.ts'
export type { PastBlocks, Wanted } from './follower/past-blocks.ts'
export { HEADER_ROWS, type HeaderRow, lastBlock } from './follower/header-log.ts'
export { createTxidHasher } from './hashing/index.ts'
export { warmUp } from './warm-up.ts'
export type { Unseen } from './follower/unseen-blocks.ts'
export type { ChainSink, FoundFacts, MovementFacts, MovementSink } from './events/delivery.ts'
export type { SpendBy, SpendConfirmed, SpendEvent } from './events/spend-event.ts'
export { ChainError, type ChainErrorCode } from './errors.ts'
export { keyOfOutpoint, outpointOfKey } from './watched/index.ts'
export type { FoundPayment, Watched, WatchedCoins } from './watched/index.ts'
export { MAX_SCRIPT_BYTES, WatchSet } from './watch-set/index.ts'
export type { ChainLog, Timing as ChainTiming } from './sync-loop.ts'
export {
  BlockSources, createRestSource, createRpcSource, fetchAhead, type FetchOutcome, hashesAt, hashesFrom, type SourcedBlock,
  type ZmqAddresses,
} from './sources/index.ts'
