/**
 * Four kinds of fee market. Each history has blocks to settle in, then a day in which incidents begin, then room for their
 * whole window. What happens in it happens anywhere in that day or its window, so that some incidents begin before it, some in
 * it and some after it.
 *
 * What the numbers are held against, as reported in public:
 * - spike: block 840000 (2024-04-20) took 37.6 BTC of fees, some 3,700 sat/vB on average; that day's blocks took 78.3 million
 *   dollars, some 850 sat/vB; it lasted to about block 840200, and the day after 100 sat/vB were enough (mempool.space and Crypto
 *   Fees as quoted by the press).
 * - congestion: 2023-12-06 a backlog of 287 blocks and a median fee of 17.70 dollars, some 200 sat/vB; 2024-02-28 a backlog of
 *   207 blocks, 73 sat/vB on average, the cheapest mined at 15 (bitinfocharts.com and mempool.space, quoted likewise).
 */
import { Random } from '../../packages/simulator/src/world/random.ts'
import { type Demand, type FeeHistory, feeHistory } from './market.ts'

export const REGIMES = ['calm', 'rising', 'spike', 'congestion'] as const
export type Regime = (typeof REGIMES)[number]

export const WARM_UP = 144
/** Incidents begin within these blocks of the end of the warm-up. */
export const BEGINNINGS = 144
/** CSV: blocks that the hot key waits. */
export const WINDOW = 144
const LENGTH = WARM_UP + BEGINNINGS + WINDOW

interface Setting {
  readonly backlog: Demand & { readonly blocks: number }
  readonly demand: (random: Random) => (block: number) => Demand
}

const SETTINGS: Readonly<Record<Regime, Setting>> = {
  calm: {
    backlog: { blocks: 2, load: 0, median: 2 },
    demand: (random) => around(random, { load: 0.85, median: 4 }, 0.15),
  },
  rising: {
    backlog: { blocks: 2, load: 0, median: 3 },
    demand(random) {
      const top = logBetween(random, 40, 300)
      const before = around(random, { load: 0.9, median: 5 }, 0.15)
      return (block) => {
        const { load, median } = before(block)
        const risen = Math.min(1, Math.max(0, (block - WARM_UP) / (BEGINNINGS + WINDOW / 2)))
        return { load: load * (1 + 0.4 * risen), median: median * (top / 5) ** risen }
      }
    },
  },
  spike: {
    backlog: { blocks: 3, load: 0, median: 5 },
    demand(random) {
      const start = WARM_UP + random.int(0, BEGINNINGS + WINDOW / 2)
      const blocks = random.int(30, 200)
      const height = logBetween(random, 100, 1_500)
      const before = around(random, { load: 0.9, median: 8 }, 0.15)
      return (block) => {
        const { load, median } = before(block)
        if (block < start) return { load, median }
        // At once up, and down to a third every 40 blocks once it is over.
        const strength = block < start + blocks ? 1 : Math.exp(-(block - start - blocks) / 36)
        return { load: load * (1 + 1.2 * strength), median: median * (height / 8) ** strength }
      }
    },
  },
  congestion: {
    backlog: { blocks: 200, load: 0, median: 12 },
    demand: (random) => around(random, { load: 1.05, median: logBetween(random, 30, 200) }, 0.3),
  },
}

/** The same for the same seed and number. */
export function historyOf(regime: Regime, seed: number, number: number): FeeHistory {
  const random = new Random(seed, `fees ${regime} ${number}`)
  const { backlog, demand } = SETTINGS[regime]
  const at = demand(random)
  return feeHistory(random, Array.from({ length: LENGTH }, (_, block) => at(block)), backlog)
}

/** Wanders around a centre, with a memory of about fifteen blocks, and with the hour of the day. */
function around(random: Random, centre: Demand, restlessness: number): (block: number) => Demand {
  let drift = 0
  const phase = random.float()
  return (block) => {
    drift = 0.93 * drift + 0.35 * restlessness * normal(random)
    const hour = 1 + 0.15 * Math.sin(2 * Math.PI * (block / 144 + phase))
    return { load: centre.load * hour * Math.exp(drift / 2), median: centre.median * Math.exp(drift) }
  }
}

/** Box and Muller: a standard normal number. */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.float())) * Math.cos(2 * Math.PI * random.float())
}

function logBetween(random: Random, min: number, max: number): number {
  return min * (max / min) ** random.float()
}
