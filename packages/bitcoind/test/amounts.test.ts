import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { MAX_SATS, type Sats, sats } from '@belfry/protocol/primitives'
import { btcPerKvbToFeerate, btcToSats } from '../src/amounts.ts'

/** As bitcoind writes it. */
function decimalOf(amount: Sats): string {
  return `${amount / 100_000_000n}.${(amount % 100_000_000n).toString().padStart(8, '0')}`
}

describe('amounts', () => {
  it('reads every amount that bitcoind can write back to the same satoshis', () => {
    fc.assert(fc.property(fc.bigInt({ min: 0n, max: MAX_SATS }), (amount) => {
      const decimal = decimalOf(sats(amount))
      assert.equal(btcToSats(JSON.parse(decimal) as number), amount)
    }), { numRuns: 2000 })
  })

  it('is exact at the top of the range, where doubles are widest apart', () => {
    for (let below = 0n; below < 1000n; below++) {
      const amount = sats(MAX_SATS - below)
      assert.equal(btcToSats(Number(decimalOf(amount))), amount)
    }
  })

  it('reads a feerate in BTC/kvB as integer sat/kvB', () => {
    assert.equal(btcPerKvbToFeerate(0.00001), 1000)
    assert.equal(btcPerKvbToFeerate(0.00000001), 1)
    assert.equal(btcPerKvbToFeerate(0.02500001), 2_500_001)
  })

  it('refuses what is no amount', () => {
    for (const btc of [-0.00000001, 21_000_000.00000001, 1e21, NaN, Infinity, 0.123456789, 1e-9]) {
      assert.throws(() => btcToSats(btc), RangeError, String(btc))
    }
  })
})
