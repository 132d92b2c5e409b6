import type { FeeReserve, State } from '@belfry/protocol'
import type { LoopCounters } from '@belfry/runtime'
import type { ChainCounters } from '../chain/index.ts'
import type { FeeWalletStatus } from '../fee-wallet/index.ts'
import type { Logger } from '../logging/index.ts'
import type { EpochSource, ShellHealth } from '../views/index.ts'
import type { ShownNetwork } from './part-metrics.ts'

/** What is read at each scrape, and only read. */
export interface MetricsSources {
  /** Of the newest epoch. */
  readonly state: () => State
  readonly shell: () => ShellHealth
  /** The other epochs that are served, the newest of them first. */
  readonly older: () => readonly EpochSource[]
  /** What the fee wallet can do for one vault; null without one. */
  readonly reserve: () => FeeReserve | null
  readonly feeWallet: () => FeeWalletStatus
  readonly loop: () => LoopCounters
  readonly network: () => ShownNetwork
  readonly chain: () => Readonly<ChainCounters>
  /** Free on the disk of the data directory; null where the file system does not say. */
  readonly room: () => number | null
  readonly logger: Pick<Logger, 'lost'>
}
