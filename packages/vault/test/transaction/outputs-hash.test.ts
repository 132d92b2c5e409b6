import assert from 'node:assert/strict'
import { crypto, Transaction } from 'bitcoinjs-lib'
import * as fc from 'fast-check'
import { toHex } from '@belfry/protocol/primitives'
import { describeSpend, layoutOf } from '../../../node/src/chain/serial/transaction.ts'
import { decodeTransaction, outputsHashOf } from '../../src/index.ts'
import { FULL, planOf, signedSet } from '../support/plans.ts'

describe('outputsHashOf', () => {
  it('is what a node says of the same transaction on the chain, also once a fee coin joined', () => {
    for (const { raw, outputs_hash, place } of signedSet(planOf(FULL)).transactions) {
      assert.equal(describeSpend(raw, layoutOf(raw), null).outputs_hash, outputs_hash)
      const joined = Transaction.fromBuffer(raw)
      joined.addInput(new Uint8Array(32).fill(9), 1)
      joined.setWitness(1, [Uint8Array.of(0x51)])
      const bytes = joined.toBuffer()
      assert.equal(describeSpend(bytes, layoutOf(bytes), null).outputs_hash, outputs_hash, place.purpose)
    }
  })

  it('is hashOutputs of BIP-143, for outputs of any number and size', () => {
    const outputs = fc.array(
      fc.record({ value: fc.bigInt({ min: 0n, max: 2_100_000_000_000_000n }), length: fc.constantFrom(0, 1, 252, 253, 65_535, 65_536) }),
      { minLength: 1, maxLength: 5 },
    )
    fc.assert(
      fc.property(outputs, (wanted) => {
        const transaction = new Transaction()
        transaction.addInput(new Uint8Array(32), 0)
        for (const { value, length } of wanted) transaction.addOutput(new Uint8Array(length).fill(1), value)
        const bytes = transaction.toBuffer()
        // Version, one input of 41 bytes with its count, and the count of outputs stand before; the locktime after.
        const outputsAlone = bytes.subarray(4 + 1 + 41 + 1, -4)
        assert.equal(outputsHashOf(decodeTransaction(bytes)), toHex(crypto.hash256(outputsAlone).toReversed()))
      }),
      { numRuns: 30 },
    )
  })
})
