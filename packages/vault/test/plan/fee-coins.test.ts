import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { feeFor, feerate, MAX_FEERATE, MIN_FEERATE, MIN_FEERATE_STEP } from '../../src/index.ts'
import { anyoneCanPayFeerate } from '../../src/plan/fee-coins.ts'
import { planOf } from '../support/plans.ts'

describe('the feerate of the anyone-can-pay clawback', () => {
  const { rungs } = planOf()

  it('is 2 sat/vB, or a little more beside a rung of the same', () => {
    assert.equal(anyoneCanPayFeerate({ ...rungs, clawback: [feerate(5_000), feerate(1_000_000)] }), 2_000)
    assert.equal(anyoneCanPayFeerate(rungs), 2_020)
  })

  it('never gives the fee of a rung, which would give its txid', () => {
    const steps = fc.array(fc.integer({ min: MIN_FEERATE_STEP, max: MIN_FEERATE_STEP + 40 }), { maxLength: 7 })
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 60 }), steps, fc.integer({ min: 100, max: 2_000 }), (first, more, vsize) => {
        let rate = MIN_FEERATE + first
        const clawback = [rate, ...more.map((step) => (rate += step))].map(feerate)
        assert.ok((clawback.at(-1) ?? 0) < MAX_FEERATE)
        const own = feeFor(vsize, anyoneCanPayFeerate({ ...rungs, clawback }))
        assert.ok(clawback.every((rung) => feeFor(vsize, rung) !== own))
        assert.ok(own * 1_000n >= BigInt(vsize) * BigInt(MIN_FEERATE))
      }),
    )
  })
})
