import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { type Feerate, outpointOf, parseTxid, sats } from '@belfry/protocol/primitives'
import {
  anchoredCarries, anchorOf, decodeTransaction, type FeeCoin, feerate, MIN_CHANGE, payByChild,
} from '../../src/index.ts'
import { anchored, coinSigner, parentOf, scriptOfKey } from '../support/fee-parents.ts'
import { testKey } from '../support/keys.ts'
import { refused } from '../support/refusals.ts'

const KEY = testKey('fee-child')
const CHANGE = scriptOfKey(testKey('fee-change'))
const SHARED = { outpoint: outpointOf(parseTxid('11'.repeat(32)), 0), value: sats(50_000_000) }
const sign = coinSigner([KEY])

function coinOf(value: number): FeeCoin {
  return { outpoint: outpointOf(parseTxid('22'.repeat(32)), 1), value: sats(value), key: KEY.pub }
}

const OWN = 364n
const P = anchored(SHARED, OWN)
const terms = (coin: FeeCoin, rate: Feerate, min_fee = 0) => ({
  parent: P.raw, parent_fee: sats(OWN), coin, change: CHANGE, feerate: rate, min_fee: sats(min_fee), sign,
})

describe('payByChild', () => {
  it('pays what is asked for both together, within the size of one byte of a signature', () => {
    fc.assert(
      fc.property(fc.integer({ min: 5_000, max: 1_000_000 }), fc.integer({ min: 400_000, max: 9_000_000 }), (rate, value) => {
        const paid = payByChild(terms(coinOf(value), feerate(rate)))
        assert.ok(paid.package_feerate >= rate)
        // The longest signature is paid for; one that is ground has a byte less.
        assert.ok(paid.package_fee - (BigInt(rate) * BigInt(paid.package_vsize)) / 1_000n <= BigInt(rate) / 1_000n + 2n)
        const child = decodeTransaction(paid.raw)
        assert.equal(child.version, 3)
        assert.equal(child.txid, paid.txid)
        assert.equal(child.vsize, paid.vsize)
        assert.deepEqual(child.inputs.map(({ outpoint }) => outpoint), [outpointOf(P.txid, 1), coinOf(value).outpoint])
        assert.deepEqual(child.outputs, [{ value: paid.change, script: CHANGE }])
        assert.equal(paid.fee, sats(value) + 240n - paid.change)
        assert.equal(paid.package_fee, sats(OWN + paid.fee))
        assert.ok(paid.vsize <= 152 && paid.package_vsize <= P.vsize + 152)
      }),
      { numRuns: 50 },
    )
  })

  it('pays at least the fee that is asked, and at least 1 sat/vB for the child', () => {
    assert.ok(payByChild(terms(coinOf(500_000), feerate(5_000), 80_000)).package_fee >= 80_000n)
    assert.ok(payByChild(terms(coinOf(500_000), feerate(0))).fee >= 151n)
  })

  it('refuses a coin that leaves no change, and takes what its feerate was said to be', () => {
    const coin = coinOf(60_000)
    const carried = anchoredCarries(coin.value)
    assert.ok(payByChild(terms(coin, carried)).change >= MIN_CHANGE)
    refused('fee-coin-too-small', () => payByChild(terms(coin, feerate(carried + 50_000))))
    assert.equal(anchoredCarries(sats(50)), 0)
  })

  it('finds the anchor, and refuses a parent without one or of another version', () => {
    assert.deepEqual(anchorOf(decodeTransaction(P.raw)), { outpoint: outpointOf(P.txid, 1), value: 240n })
    for (const parent of [
      parentOf({ coin: SHARED, fee: OWN }),
      parentOf({ coin: SHARED, fee: OWN, with_anchor: true, version: 2 }),
    ]) {
      refused('fee-parent-unfit', () => payByChild({ ...terms(coinOf(90_000), feerate(5_000)), parent: parent.raw }))
    }
  })
})
