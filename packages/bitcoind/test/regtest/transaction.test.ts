import assert from 'node:assert/strict'
import { fromHex, outpointOf, parseTxid, sats, toHex } from '@belfry/protocol/primitives'
import { type RawTransaction, serialise, txidOf, vsizeOf } from '../../src/regtest/transaction.ts'

/**
 * The signed native P2WSH example of BIP 143 would need signatures; this is the unsigned form with made-up witnesses.
 */
const TRANSACTION: RawTransaction = {
  version: 3,
  inputs: [
    { outpoint: outpointOf(parseTxid('01'.repeat(31).concat('02')), 258), witness: [fromHex('51')] },
    { outpoint: outpointOf(parseTxid('03'.repeat(32)), 0), sequence: 144, witness: [] },
  ],
  outputs: [{ script: fromHex('0014'.concat('aa'.repeat(20))), value: sats(0x0102030405) }],
  locktime: 500,
}

describe('raw transactions', () => {
  it('are serialised as BIP 144 says', () => {
    assert.equal(toHex(serialise(TRANSACTION)), [
      '03000000', '0001', '02',
      '02'.concat('01'.repeat(31)), '02010000', '00', 'fdffffff',
      '03'.repeat(32), '00000000', '00', '90000000',
      '01', '0504030201000000', '16', '0014'.concat('aa'.repeat(20)),
      '01', '01', '51', '00',
      'f4010000',
    ].join(''))
  })

  it('have a txid that does not depend on their witnesses', () => {
    const [first, second] = TRANSACTION.inputs
    assert.ok(first !== undefined && second !== undefined)
    const other = { ...TRANSACTION, inputs: [{ ...first, witness: [fromHex('00')] }, second] }
    assert.equal(txidOf(other), txidOf(TRANSACTION))
    assert.notEqual(txidOf({ ...TRANSACTION, locktime: 501 }), txidOf(TRANSACTION))
  })

  it('count witness bytes a quarter', () => {
    // 4 + 1 + 2 × 41 + 1 + 31 + 4 stripped; 2 + 3 + 1 of witness.
    assert.equal(vsizeOf(TRANSACTION), Math.ceil((123 * 4 + 6) / 4))
  })

  it('prefix longer scripts with three bytes', () => {
    const [output] = TRANSACTION.outputs
    assert.ok(output !== undefined)
    const long = { ...TRANSACTION, outputs: [{ ...output, script: new Uint8Array(0x1234) }] }
    assert.ok(toHex(serialise(long)).includes('fd3412'.concat('00'.repeat(0x1234))))
  })

  it('refuse more inputs, outputs or script than they can write', () => {
    const output = { script: fromHex('51'), value: sats(1) }
    assert.throws(() => serialise({ ...TRANSACTION, outputs: Array.from({ length: 253 }, () => output) }))
    assert.throws(() => serialise({ ...TRANSACTION, outputs: [{ ...output, script: new Uint8Array(10_001) }] }))
  })
})
