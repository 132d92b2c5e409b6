/** Makes coins of the wanted sizes while all is calm. */
import type { Bitcoind } from '@belfry/bitcoind'
import { type Feerate, type Height, type IncidentId, type Txid, sats } from '@belfry/protocol/primitives'
import {
  MIN_FEERATE, type PoolNeeds, type Split, type SplitPlan, buildSplit, feeFor, planSplit, poolTargets, splitVsize,
} from '@belfry/vault'
import type { FeeWalletConfig } from '../config/index.ts'
import type { Logger } from '../logging/index.ts'
import type { FeeSigner } from './key.ts'
import type { Ledger } from './ledger.ts'
import type { PoolCoin } from './pool.ts'
import { conflictOf } from './situation.ts'
import type { FeeWatch } from './watch.ts'

export interface SplitterModules {
  readonly bitcoind: Pick<Bitcoind, 'broadcast' | 'estimateSmartFee' | 'getMempoolInfo' | 'getMempoolEntry'>
  readonly signer: FeeSigner
  readonly watch: FeeWatch
  readonly ledger: Ledger
  readonly config: FeeWalletConfig
  readonly openIncidents: () => ReadonlySet<IncidentId>
  readonly needs: () => PoolNeeds
  /** Writes the ledger. */
  readonly save: () => Promise<void>
  readonly logger: Logger
}

/** Within an hour: until then no child of P can be paid from the coin. */
const CALM_BLOCKS = 6
const URGENT_BLOCKS = 2
/** A split that waits is hurried where the market asks half as much again, and for a tenth of its coins at most. */
const HURRY_FACTOR = 1.5
const MAX_HURRY_SHARE = 10n

export class Splitter {
  readonly #modules: SplitterModules
  #made = 0

  constructor(modules: SplitterModules) {
    this.#modules = modules
  }

  /** Since the start. */
  get made(): number {
    return this.#made
  }

  /** Whether one of these coins is in a split that is not mined. */
  waiting(coins: readonly PoolCoin[]): Txid | null {
    const { ledger } = this.#modules
    return ledger.splits.find(({ txid }) => coins.some(({ spender }) => spender === txid))?.txid ?? null
  }

  /** While no incident is open. @returns whether there is one more @throws BitcoindError, StoreError */
  async split(coins: readonly PoolCoin[], tip: Height): Promise<boolean> {
    const { config, openIncidents, watch, needs, ledger } = this.#modules
    if (config.split_max_sat_vb === 0 || openIncidents().size > 0 || watch.is_searching || !ledger.takesSplits) return false
    if (this.waiting(coins) !== null) return false
    const feerate = await this.#feerate(CALM_BLOCKS)
    if (feerate > config.split_max_sat_vb * 1_000) return false
    // No incident is open, so that none of them is reserved.
    const free = coins.filter(({ status }) => status === 'confirmed')
    const plan = planSplit(free, poolTargets(needs()), feerate)
    return plan !== null && (await this.#make(plan, free, tip, () => openIncidents().size === 0))
  }

  /**
   * While one is open, and a split of before keeps its coins from P: only a block frees them for a child of P, and fees may
   * have risen since.
   * @throws BitcoindError, StoreError
   */
  async hurry(coins: readonly PoolCoin[], tip: Height): Promise<boolean> {
    const { bitcoind, openIncidents, needs, ledger } = this.#modules
    const waiting = openIncidents().size === 0 || !ledger.takesSplits ? null : this.waiting(coins)
    const standing = waiting === null ? null : await conflictOf(bitcoind, waiting)
    if (standing === null) return false
    const feerate = await this.#feerate(URGENT_BLOCKS)
    if (feerate < standing.feerate * HURRY_FACTOR) return false
    const held = coins.filter(({ spender }) => spender === standing.txid)
    const plan = planSplit(held, poolTargets(needs()), feerate) ?? whole(held, feerate)
    const total = held.reduce((sum, { value }) => sum + value, 0n)
    if (plan.fee <= standing.fee || plan.fee * MAX_HURRY_SHARE > total) return false
    return await this.#make(plan, held, tip, () => true)
  }

  /** @param still_right asked once it is written, right before it is sent */
  async #make(plan: SplitPlan, coins: readonly PoolCoin[], tip: Height, still_right: () => boolean): Promise<boolean> {
    const { bitcoind, ledger, save, logger } = this.#modules
    if (plan.fee > ledger.roomForSplit(tip)) return false
    const split = this.#build(plan, coins)
    ledger.addSplit({ txid: split.txid, cost: split.fee, height: tip })
    await save()
    const answer = still_right() ? (await bitcoind.broadcast(split.raw)).kind : 'incident'
    if (answer === 'accepted') this.#made += 1
    else if (answer !== 'already-known' && answer !== 'unreachable') {
      ledger.drop(split.txid)
      await save()
    }
    logger.info('fee-wallet-split', { txid: split.txid, answer, outputs: plan.outputs.length, fee: Number(split.fee) })
    return answer === 'accepted'
  }

  #build(plan: SplitPlan, coins: readonly PoolCoin[]): Split {
    const { signer, watch } = this.#modules
    const next = watch.nextIndex(1)
    const paths = new Map(coins.map(({ outpoint, path }) => [outpoint, path]))
    return buildSplit({
      plan,
      keys: plan.outputs.map((_, i) => signer.account.keyAt({ branch: 1, index: next + i })),
      sign: ({ outpoint }, digest) => {
        const path = paths.get(outpoint)
        if (path === undefined) throw new RangeError('a split spends coins of the pool')
        return signer.sign(path, digest)
      },
    })
  }

  async #feerate(blocks: number): Promise<Feerate> {
    const { bitcoind } = this.#modules
    const { minFeerate } = await bitcoind.getMempoolInfo()
    const estimate = await bitcoind.estimateSmartFee(blocks)
    return Math.max(minFeerate, estimate ?? 0, MIN_FEERATE) as Feerate
  }
}

/** All in one coin. */
function whole(coins: readonly PoolCoin[], feerate: Feerate): SplitPlan {
  const total = coins.reduce((sum, { value }) => sum + value, 0n)
  const fee = feeFor(splitVsize(coins.length, 1), feerate)
  return { inputs: coins, outputs: total > fee ? [sats(total - fee)] : [], fee }
}
