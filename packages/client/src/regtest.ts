/**
 * What a program needs to set up a whole federation on one machine, its bitcoinds included: demos, tests, benchmarks. Apart
 * from the face for owners, so that nobody comes by it by accident.
 */
export {
  type Bitcoind,
  type BitcoindBinary,
  BitcoindError,
  ExitGuard,
  type GuardedProcess,
  type Regtest,
  type RegtestNode,
  findBitcoind,
  findFreePorts,
  pollUntil,
  startProcess,
  startRegtest,
} from '@belfry/bitcoind'
export { LEAST_COST } from '@belfry/keystore'
export { type ActAt, type ThresholdChoices, type Thresholds, checkThresholds, withDefaults } from '@belfry/protocol'
export {
  type BlockHash,
  type Feerate,
  type Outpoint,
  type Sats,
  type Txid,
  outpointOf,
  parseTxid,
  sats,
  toHex,
} from '@belfry/protocol/primitives'
export { type SignedTransaction, type Spend, buildColdSpend, buildHotSpend } from '@belfry/vault'
