/** What a node tells of itself: pure functions of the core's state to plain snake_case objects, without any secret. */
export { type DrillAge, type DrillReportView, type DrillView, type TrialView, drillAges, drillsView } from './drills.ts'
export {
  type BroadcastReceiptView,
  type IncidentView,
  type RecoveryTxView,
  type ReleaseView,
  type StoryView,
  type TriggerTxView,
  type VoteView,
  incidentView,
} from './incident.ts'
export { type EvidenceView, evidenceView } from './evidence.ts'
export { type IncidentSummary, incidentsView } from './incidents.ts'
export { type MarketCounts, type MarketView, marketCounts } from './market.ts'
export { type MovementView, type PlaceView, movementsView } from './movements.ts'
export {
  FEE_WALLET_WARNINGS,
  type FeeCoinView,
  type FeeWalletView,
  type FeeWalletWarning,
  feeWalletView,
} from './fee-wallet.ts'
export type { MemberName } from './named.ts'
export { type Attention, type PeerView, type ProofsView, attentionView, peersView } from './peers.ts'
export {
  type EpochSource,
  READINESS_REASONS,
  type Readiness,
  type ReadinessReason,
  type ShellHealth,
  type Unready,
  nodeReadiness,
  readiness,
} from './readiness.ts'
export { INCIDENT_STATUSES, PEER_LIVES, type Counts, type EpochView, type StatusView, countsOf, statusView } from './status.ts'
export {
  VAULT_STATES,
  type DepositView,
  type ManifestView,
  type RungView,
  type SpendView,
  type VaultState,
  type VaultView,
  vaultsView,
} from './vaults.ts'
export { type BranchView, type ScanView, type WatchView, storedWatchesView, watchesView } from './watches.ts'
