/**
 * A synthetic fee market, seeded: no recorded series is in this repository.
 *
 * The backlog is virtual bytes by feerate, in steps of 8 %. Blocks come at random, ten minutes apart on average, and take the
 * best 998,000 vB (4 M weight). Between them as much arrives as the demand of the hour says: a load (of what blocks can take)
 * and bids around a median, lognormal. What does not fit 80 million vB (about bitcoind's 300 MB) is evicted, the cheapest
 * first, and what the mempool then takes must pay more. A block's marginal feerate is the least that it took, the floor of
 * the mempool where it was not full. Nobody outbids himself, nothing expires, miners are honest.
 *
 * bitcoind's estimate looks back: here the marginal feerates of the last blocks, smoothed, plus a fifth.
 */
import type { Random } from '../../packages/simulator/src/world/random.ts'

/** Demand as of one block. */
export interface Demand {
  /** Arrivals as a part of what blocks can take; above 1 the backlog grows. */
  readonly load: number
  /** Median bid in sat/vB. */
  readonly median: number
}

/** By block; all of one length. In sat/kvB. */
export interface FeeHistory {
  /** Least feerate that the block took. */
  readonly marginal: Float64Array
  /** What the mempool asks at least after the block. */
  readonly floor: Float64Array
  /** What an estimator says after the block, without its own error. */
  readonly estimate: Float64Array
  /** What became of all that arrived, in virtual bytes. */
  readonly volume: { readonly arrived: number; readonly mined: number; readonly evicted: number; readonly left: number }
}

const BLOCK_VSIZE = 998_000
const MEMPOOL_VSIZE = 80_000_000
const MIN_FEERATE = 1_000
const STEP = 1.08
/** Up to about 10,000 sat/vB. */
const BUCKETS = 120
const BOTTOM = Math.log(MIN_FEERATE)
const LOG_STEP = Math.log(STEP)
/** Spread of bids: two thirds are within a factor of e^0.9 = 2.5 of the median. */
const SPREAD = 0.9
/** Part of the newest block in the smoothed estimate: half of it is of the last four blocks. */
const ESTIMATE_WEIGHT = 0.16
const ESTIMATE_MARGIN = 1.2

const EDGES = Float64Array.from({ length: BUCKETS }, (_, at) => MIN_FEERATE * STEP ** at)

export function feeHistory(random: Random, demand: readonly Demand[], backlog: Demand & { readonly blocks: number }): FeeHistory {
  const mempool = new Mempool()
  mempool.add(backlog.blocks * BLOCK_VSIZE, backlog.median)
  const marginal = new Float64Array(demand.length)
  const floor = new Float64Array(demand.length)
  const estimate = new Float64Array(demand.length)
  let smoothed = Math.log(Math.max(MIN_FEERATE, backlog.median * 1_000))
  for (const [block, { load, median }] of demand.entries()) {
    mempool.add(load * random.exponential(1) * BLOCK_VSIZE, median)
    marginal[block] = mempool.mine()
    floor[block] = mempool.floor()
    smoothed += ESTIMATE_WEIGHT * (Math.log(marginal[block]) - smoothed)
    estimate[block] = Math.max(floor[block], Math.exp(smoothed) * ESTIMATE_MARGIN)
  }
  return { marginal, floor, estimate, volume: mempool.volume() }
}

class Mempool {
  readonly #backlog = new Float64Array(BUCKETS)
  #arrived = 0
  #mined = 0
  #evicted = 0
  #cheapest = 0

  add(vsize: number, median: number): void {
    const middle = Math.log(median * 1_000)
    let below = 0
    for (let at = 0; at < BUCKETS; at++) {
      // The logistic curve stands for the normal one: it is within 0.01 of it.
      const upTo = at === BUCKETS - 1 ? 1 : 1 / (1 + Math.exp((-1.702 * (BOTTOM + (at + 1) * LOG_STEP - middle)) / SPREAD))
      this.#backlog[at] = vsizeAt(this.#backlog, at) + vsize * (upTo - below)
      below = upTo
    }
    this.#arrived += vsize
    this.#evict()
  }

  /** @returns the marginal feerate */
  mine(): number {
    let room = BLOCK_VSIZE
    for (let at = BUCKETS - 1; at >= 0; at--) {
      const taken = Math.min(room, vsizeAt(this.#backlog, at))
      this.#backlog[at] = vsizeAt(this.#backlog, at) - taken
      this.#mined += taken
      room -= taken
      // A whisker of a virtual byte is what rounding leaves.
      if (room < 1e-6) return Math.max(edge(at), this.floor())
    }
    return this.floor()
  }

  floor(): number {
    return edge(this.#cheapest)
  }

  volume(): FeeHistory['volume'] {
    return { arrived: this.#arrived, mined: this.#mined, evicted: this.#evicted, left: this.#total() }
  }

  #evict(): void {
    let excess = this.#total() - MEMPOOL_VSIZE
    // The floor sinks again as blocks make room.
    this.#cheapest = excess > 0 ? 0 : Math.max(0, this.#cheapest - 1)
    for (let at = 0; excess > 0 && at < BUCKETS; at++) {
      const gone = Math.min(excess, vsizeAt(this.#backlog, at))
      this.#backlog[at] = vsizeAt(this.#backlog, at) - gone
      this.#evicted += gone
      excess -= gone
      this.#cheapest = at
    }
  }

  #total(): number {
    return this.#backlog.reduce((sum, vsize) => sum + vsize, 0)
  }
}

function vsizeAt(backlog: Float64Array, at: number): number {
  return backlog[at] ?? 0
}

function edge(at: number): number {
  return EDGES[at] ?? MIN_FEERATE * STEP ** at
}
