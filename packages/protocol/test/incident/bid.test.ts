import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { BID_STEP, bidFeerate } from '../../src/index.ts'
import { type BidInit, MAX_BID, feeToReplace } from '../../src/incident/bid.ts'
import type { Feerate, Sats } from '../../src/primitives/index.ts'

const anyFeerate = fc.integer({ min: 0, max: 2_000_000 }).map((rate) => rate as Feerate)
const anyInit: fc.Arbitrary<BidInit> = fc.integer({ min: 0, max: 65_535 }).chain((deadline) =>
  fc.record({
    estimate: fc.option(anyFeerate),
    mempool_floor: anyFeerate,
    top: anyFeerate,
    deadline: fc.constant(deadline),
    blocks_left: fc.integer({ min: 0, max: deadline }),
    last: fc.option(anyFeerate),
  }),
)

describe('the bid of a fee coin', () => {
  it('is the market\'s price when U confirms, and four times that at the deadline', () => {
    const init = { estimate: 300_000 as Feerate, mempool_floor: 5_000 as Feerate, top: 250_000 as Feerate, deadline: 132, last: null }
    assert.equal(bidFeerate({ ...init, blocks_left: 132 }), 300_000)
    assert.equal(bidFeerate({ ...init, blocks_left: 66 }), 525_000)
    assert.equal(bidFeerate({ ...init, blocks_left: 0 }), 1_200_000)
  })

  it('is never under the estimate, the floor, the top rung or a step above the last, nor above what bitcoind takes', () => {
    fc.assert(
      fc.property(anyInit, (init) => {
        const bid = bidFeerate(init)
        assert.ok(Number.isInteger(bid) && bid <= MAX_BID)
        const least = Math.max(init.estimate ?? 0, init.mempool_floor, init.top, init.last === null ? 0 : init.last + BID_STEP)
        assert.ok(bid >= Math.min(least, MAX_BID))
      }),
    )
  })

  it('never falls when any of what it goes by rises, nor when blocks go by', () => {
    fc.assert(
      fc.property(anyInit, fc.nat(100_000), (init, more) => {
        const bid = bidFeerate(init)
        const risen: BidInit[] = [
          { ...init, estimate: ((init.estimate ?? 0) + more) as Feerate },
          { ...init, mempool_floor: (init.mempool_floor + more) as Feerate },
          { ...init, top: (init.top + more) as Feerate },
          { ...init, last: ((init.last ?? 0) + more) as Feerate },
          { ...init, blocks_left: init.blocks_left - more },
        ]
        for (const one of risen) assert.ok(bidFeerate(one) >= bid)
      }),
    )
  })

  it('takes the place of what is in its way with more satoshis than that pays and a relay fee for its own size', () => {
    assert.equal(feeToReplace(null), 0n)
    assert.equal(feeToReplace(42_250n as Sats), 42_750n)
  })
})
