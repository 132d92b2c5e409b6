import type { Bitcoind, CallOptions } from '@belfry/bitcoind'
import type { ChainEvent } from '@belfry/protocol'
import type { BlockHash, Feerate } from '@belfry/protocol/primitives'
import type { Delivery } from './events/delivery.ts'

export type Health = Extract<ChainEvent, { event: 'chain-health' }>

export type Obstacle = Extract<Health['state'], 'syncing' | 'wrong-chain'>

export interface HealthModules {
  readonly bitcoind: Bitcoind
  readonly delivery: Delivery
  readonly call: CallOptions
  /** Of the network that this node is for. */
  readonly genesis: BlockHash
}

/** "Within few blocks": what a recovery transaction can wait without losing ground. */
const ESTIMATE_TARGET_BLOCKS = 3
/** One or two are on their way at any time. */
const MAX_HEADERS_AHEAD = 3
const MAX_IMPLEMENTATION_LENGTH = 128
/** The largest that the event can carry. */
const MAX_FEERATE = 1_000_000_000 as Feerate

const UNKNOWN: Health = {
  event: 'chain-health',
  state: 'unreachable',
  estimate: null,
  mempool_floor: 0 as Feerate,
  implementation: '',
}

/** Tells how bitcoind is, whenever that changes. */
export class HealthWatch {
  private readonly bitcoind: Bitcoind
  private readonly delivery: Delivery
  private readonly call: CallOptions
  private readonly genesis: BlockHash
  private last: Health = UNKNOWN
  private isTold = false
  /** Why the follower cannot go on, although bitcoind itself says that it is well. */
  private obstacle: Obstacle | null = null

  constructor(modules: HealthModules) {
    this.bitcoind = modules.bitcoind
    this.delivery = modules.delivery
    this.call = modules.call
    this.genesis = modules.genesis
  }

  get state(): Health['state'] {
    return this.last.state
  }

  /** @throws BitcoindError */
  async isRightChain(): Promise<boolean> {
    return await this.bitcoind.getBlockHash(0, this.call) === this.genesis
  }

  /** Asks bitcoind. @throws BitcoindError when it does not answer; then `fail` is for the caller to call */
  async refresh(): Promise<void> {
    const { bitcoind, call } = this
    const [isRightChain, chain, network, mempool, estimate] = await Promise.all([
      this.isRightChain(),
      bitcoind.getBlockchainInfo(call),
      bitcoind.getNetworkInfo(call),
      bitcoind.getMempoolInfo(call),
      bitcoind.estimateSmartFee(ESTIMATE_TARGET_BLOCKS, call),
    ])
    const isSyncing = chain.initialBlockDownload || chain.headers - chain.blocks > MAX_HEADERS_AHEAD
    const floor = Math.max(mempool.minFeerate, mempool.minRelayFeerate) as Feerate
    await this.tell({
      event: 'chain-health',
      state: isRightChain ? this.obstacle ?? (isSyncing ? 'syncing' : 'ok') : 'wrong-chain',
      estimate: estimate === null ? null : bounded(estimate),
      mempool_floor: bounded(floor),
      implementation: network.subversion.slice(0, MAX_IMPLEMENTATION_LENGTH),
    })
  }

  /** bitcoind does not answer. What it takes, and what it is, are told as they last were. */
  async fail(): Promise<void> {
    await this.tell({ ...this.last, state: 'unreachable', estimate: null })
  }

  /** The follower cannot go on, or can again (null). @throws BitcoindError */
  async setObstacle(obstacle: Obstacle | null): Promise<void> {
    if (this.obstacle === obstacle) return
    this.obstacle = obstacle
    await this.refresh()
  }

  private async tell(now: Health): Promise<void> {
    await this.delivery.turn(async () => {
      if (this.isTold && isSame(now, this.last)) return
      this.last = now
      this.isTold = true
      await this.delivery.health(now)
    })
  }
}

function isSame(a: Health, b: Health): boolean {
  return a.state === b.state && a.estimate === b.estimate && a.mempool_floor === b.mempool_floor &&
    a.implementation === b.implementation
}

function bounded(feerate: Feerate): Feerate {
  return feerate > MAX_FEERATE ? MAX_FEERATE : feerate
}
