import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { fromHex, type Sats, sats } from '@belfry/protocol/primitives'
import { dustThreshold, feeFor, feerate, MAX_FEERATE, packageFeerate } from '../../src/index.ts'

describe('fees', () => {
  it('are rounded up, so that the declared rate is really paid', () => {
    assert.equal(feeFor(158, feerate(2_000)), 316n)
    assert.equal(feeFor(169, feerate(250_000)), 42_250n)
    assert.equal(feeFor(169, feerate(2_001)), 339n)
    fc.assert(
      fc.property(fc.integer({ min: 60, max: 100_000 }), fc.integer({ min: 0, max: MAX_FEERATE }), (vsize, rate) => {
        const fee = feeFor(vsize, feerate(rate))
        assert.ok(fee * 1000n >= BigInt(vsize) * BigInt(rate))
        assert.ok(fee === 0n || (fee - 1n) * 1000n < BigInt(vsize) * BigInt(rate))
      }),
    )
  })

  it('of a package are those of both together: K at 250 on U at 2 is about 130', () => {
    const unvault = { fee: sats(316), vsize: 158 }
    const clawback = { fee: sats(42_250), vsize: 169 }
    assert.equal(packageFeerate([unvault, clawback]), 130_171)
    assert.equal(packageFeerate([clawback]), 250_000)
    assert.throws(() => packageFeerate([]), RangeError)
  })

  it('leave outputs above what bitcoind calls dust', () => {
    const dust = (script: string): Sats => dustThreshold(fromHex(script))
    assert.equal(dust(`0020${'00'.repeat(32)}`), 330n)
    assert.equal(dust(`0014${'00'.repeat(20)}`), 294n)
    assert.equal(dust(`5120${'00'.repeat(32)}`), 330n)
    assert.equal(dust(`76a914${'00'.repeat(20)}88ac`), 546n)
    assert.equal(dust(`a914${'00'.repeat(20)}87`), 540n)
  })

  it('refuse rates that are no market but a mistake', () => {
    assert.throws(() => feerate(MAX_FEERATE + 1), RangeError)
    assert.throws(() => feerate(1.5), RangeError)
    assert.throws(() => feerate(-1), RangeError)
  })
})
