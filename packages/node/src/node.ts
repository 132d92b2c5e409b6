/** The composition root: the one place that builds a member's node and takes it down again. */
import { connectBitcoind } from '@belfry/bitcoind'
import { sha256, verifyEd25519, verifySchnorr } from '@belfry/keystore'
import { GENESIS, type Input, type Outcome, type State, createCore, watchedOutpoints } from '@belfry/protocol'
import type { BlockHash } from '@belfry/protocol/primitives'
import { type Network, createNetwork } from '@belfry/network'
import { Loop, restoreLog } from '@belfry/runtime'
import { Broadcaster } from './broadcast/broadcaster.ts'
import { createChain } from './chain/index.ts'
import type { NodeConfig } from './config/index.ts'
import { ShareKeeper } from './custody/share-keeper.ts'
import { TransactionKeeper } from './custody/transaction-keeper.ts'
import { coreInputs } from './effects/inputs.ts'
import { Performer } from './effects/performer.ts'
import { SystemClock } from './effects/system-clock.ts'
import { NodeError } from './errors.ts'
import { type HttpServer, createHttp } from './http/index.ts'
import { Ingress } from './ingress.ts'
import { type Logger, chainLog, networkLog, tellLog } from './logging/index.ts'
import { type Membership, openMembership } from './membership.ts'
import { createMetrics } from './metrics/index.ts'
import { Store } from './store/index.ts'

export interface NodeModules {
  readonly logger: Logger
  /** e.g. `belfry/0.1.0`. */
  readonly software: string
}

export interface RunningNode {
  readonly membership: Membership
  readonly state: () => State
  readonly http: HttpServer
  /** The addresses that members and owners reach it at. */
  readonly listening: readonly string[]
  /** Settles when the node has stopped: rejected with what broke it. */
  readonly finished: Promise<void>
  stop(): Promise<void>
}

/** @throws NodeError, ConfigError, FederationError, KeystoreError, StoreError; what was started is stopped again */
export async function startNode(config: NodeConfig, modules: NodeModules): Promise<RunningNode> {
  const cleanup = new AsyncDisposableStack()
  try {
    return await build(config, modules, cleanup)
  } catch (error) {
    await cleanup.disposeAsync()
    throw error
  }
}
