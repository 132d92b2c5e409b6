import assert from 'node:assert/strict'
import { Transaction } from 'bitcoinjs-lib'
import * as fc from 'fast-check'
import { outpointOf, parseTxid, sats } from '@belfry/protocol/primitives'
import { decodeTransaction, type FeeCoin, joinCoin, joinedVsize } from '../../src/index.ts'
import { ALL, ALL_ANYONE_CAN_PAY, anyoneCanPay, coinSigner, parentOf } from '../support/fee-parents.ts'
import { testKeys } from '../support/keys.ts'
import { refused } from '../support/refusals.ts'

const KEYS = testKeys('fee', 3)
const SHARED = { outpoint: outpointOf(parseTxid('11'.repeat(32)), 0), value: sats(50_000_000) }
const sign = coinSigner(KEYS)

function coinOf(value: number, vout = 0, key = 0): FeeCoin {
  return { outpoint: outpointOf(parseTxid('22'.repeat(32)), vout), value: sats(value), key: KEYS[key]?.pub ?? assert.fail() }
}

describe('joinCoin', () => {
  it('adds one input and nothing else to A, whose own input and outputs stay as they were', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2_000, max: 10_000_000 }), fc.nat(1_000), fc.nat(2), (value, vout, key) => {
        const { raw } = anyoneCanPay(SHARED, 400n)
        const before = Transaction.fromBuffer(raw)
        const joined = joinCoin({ raw, own_fee: sats(400), coin: coinOf(value, vout, key), sign })
        const after = Transaction.fromBuffer(joined.raw)
        assert.equal(after.version, 3)
        assert.equal(after.locktime, before.locktime)
        assert.equal(after.ins.length, 2)
        assert.deepEqual(after.ins[0], before.ins[0])
        assert.deepEqual(after.outs, before.outs)
        assert.equal(joined.fee, sats(400 + value))
        assert.equal(joined.txid, decodeTransaction(joined.raw).txid)
        assert.ok(joined.vsize <= joinedVsize(decodeTransaction(raw).weight))
        assert.equal(joined.feerate, Math.floor(((400 + value) * 1_000) / joined.vsize))
      }),
      { numRuns: 50 },
    )
  })

  it('refuses what has a signature that does not let inputs be added', () => {
    for (const hash_type of [ALL, 0x82, 0x83, 0x02, 0x03]) {
      const { raw } = parentOf({ coin: SHARED, fee: 400n, hash_type })
      refused('fee-parent-unfit', () => joinCoin({ raw, own_fee: sats(0), coin: coinOf(5_000), sign }))
    }
  })

  it('refuses what has one good signature and one other', () => {
    const good = Transaction.fromBuffer(anyoneCanPay(SHARED, 400n).raw)
    const other = Transaction.fromBuffer(parentOf({ coin: SHARED, fee: 400n }).raw)
    const witness = [...(good.ins[0]?.witness ?? [])]
    witness[2] = other.ins[0]?.witness[2] ?? assert.fail()
    good.setWitness(0, witness)
    refused('fee-parent-unfit', () => joinCoin({ raw: good.toBuffer(), own_fee: sats(0), coin: coinOf(5_000), sign }))
  })

  it('refuses what is not signed, what has a second input already, and a coin that A itself recovers', () => {
    const { raw } = anyoneCanPay(SHARED, 400n)
    const unsigned = Transaction.fromBuffer(raw)
    unsigned.setWitness(0, [])
    refused('fee-parent-unfit', () => joinCoin({ raw: unsigned.toBuffer(), own_fee: sats(0), coin: coinOf(5_000), sign }))
    const joined = joinCoin({ raw, own_fee: sats(400), coin: coinOf(5_000), sign })
    refused('fee-parent-unfit', () => joinCoin({ raw: joined.raw, own_fee: sats(0), coin: coinOf(9_000, 1), sign }))
    const same = { ...coinOf(5_000), outpoint: SHARED.outpoint }
    refused('fee-parent-unfit', () => joinCoin({ raw, own_fee: sats(0), coin: same, sign }))
  })

  it('throws nothing but its own errors, whatever the bytes', () => {
    const { raw } = anyoneCanPay(SHARED, 400n)
    fc.assert(
      fc.property(fc.nat(raw.length - 1), fc.integer({ min: 1, max: 255 }), (at, bits) => {
        const changed = raw.slice()
        changed[at] = (changed[at] ?? 0) ^ bits
        try {
          const { raw: joined } = joinCoin({ raw: changed, own_fee: sats(0), coin: coinOf(5_000), sign })
          assert.equal(decodeTransaction(joined).inputs.length, 2)
        } catch (error) {
          assert.equal(error instanceof Error && error.constructor.name, 'VaultError', String(error))
        }
      }),
      { numRuns: 300 },
    )
  })

  it('refuses a signer that signs something else', () => {
    const { raw } = anyoneCanPay(SHARED, 400n)
    const wrong = (coin: FeeCoin) => sign(coin, new Uint8Array(32))
    refused('signature-invalid', () => joinCoin({ raw, own_fee: sats(0), coin: coinOf(5_000), sign: wrong }))
    assert.equal(ALL_ANYONE_CAN_PAY, 0x81)
  })
})
