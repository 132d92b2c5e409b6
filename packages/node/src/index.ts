export { type NodeConfig, loadConfig } from './config/index.ts'
export { NodeError, type NodeErrorCode } from './errors.ts'
export { type FeeKeyFile, createFeeKeyFile } from './fee-wallet/index.ts'
export { LedgerDesk, LedgerError, type LedgerErrorCode, type LedgerView, type QuarantineView, type SignedView } from './ledger/index.ts'
export { type Logger, createLogger } from './logging/index.ts'
export { type NodeModules, type RunningNode, startNode } from './node.ts'
export type { DrillView, EvidenceView, FeeWalletView, IncidentSummary, IncidentView, MovementView, PeerView, Readiness, StatusView, VaultView, WatchView } from './views/index.ts'
export { storedWatchesView } from './views/index.ts'
export {
  type OutpointChange,
  type OutpointProgress,
  type ReadRequest,
  type WatchRequest,
  type WatchSubject,
  WatchDesk,
  WatchError,
  type WatchErrorCode,
} from './wallets/index.ts'
export { Store, StoreError } from './store/index.ts'
