import assert from 'node:assert/strict'
import { Transaction } from 'bitcoinjs-lib'
import * as fc from 'fast-check'
import { concat, fromHex, outpointOf, toHex, type Txid } from '@belfry/protocol/primitives'
import { decodeTransaction, MAX_TRANSACTION_BYTES, txidOf } from '../../src/index.ts'
import { bytes32 } from '../support/arbitraries.ts'
import { signedSet } from '../support/plans.ts'
import { onlyVaultErrors, refused } from '../support/refusals.ts'

const script = fc.uint8Array({ maxLength: 300 })

const anyTransaction = fc
  .record({
    version: fc.integer({ min: 0, max: 0xffff_ffff }),
    locktime: fc.integer({ min: 0, max: 0xffff_ffff }),
    inputs: fc.array(
      fc.record({
        hash: bytes32,
        index: fc.integer({ min: 0, max: 0xffff_ffff }),
        sequence: fc.integer({ min: 0, max: 0xffff_ffff }),
        script,
        witness: fc.array(script, { maxLength: 3 }),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    outputs: fc.array(fc.record({ value: fc.bigInt({ min: 0n, max: 2_100_000_000_000_000n }), script }), {
      minLength: 1,
      maxLength: 4,
    }),
  })
  .map(({ version, locktime, inputs, outputs }) => {
    const transaction = new Transaction()
    transaction.version = version
    transaction.locktime = locktime
    inputs.forEach(({ hash, index, sequence, script, witness }, at) => {
      transaction.addInput(hash, index, sequence, script)
      transaction.setWitness(at, witness)
    })
    for (const { value, script } of outputs) transaction.addOutput(script, value)
    return transaction
  })

describe('decodeTransaction', () => {
  it('reads the first transaction that anybody received', () => {
    // f4184fc5…: Satoshi to Hal Finney, block 170.
    const raw = fromHex(
      '0100000001c997a5e56e104102fa209c6a852dd90660a20b2d9c352423edce25857fcd3704000000004847304402204e45e16932b8af' +
        '514961a1d3a1a25fdf3f4f7732e9d624c6c61548ab5fb8cd410220181522ec8eca07de4860a4acdd12909d831cc56cbbac4622082221' +
        'a8768d1d0901ffffffff0200ca9a3b00000000434104ae1a62fe09c5f51b13905f07f06b99a2f7159b2225f374cd378d71302fa28414' +
        'e7aab37397f554a7df5f142c21c1b7303b8a0626f1baded5c72a704f7e6cd84cac00286bee0000000043410411db93e1dcdb8a016b49' +
        '840f8c53bc1eb68a382e97b1482ecad7b148a6909a5cb2e0eaddfb84ccf9744464f82e160bfa9b8b64f9d4c03f999b8643f656b412a3' +
        'ac00000000',
    )
    const decoded = decodeTransaction(raw)
    assert.equal(decoded.txid, 'f4184fc596403b9d638783cf57adfe4c75c605f6356fbc91338530e9831e9e16')
    assert.equal(decoded.wtxid, decoded.txid)
    assert.equal(decoded.inputs[0]?.outpoint, '0437cd7f8525ceed2324359c2d0ba26006d92d856a9c20fa0241106ee5a597c9:0')
    assert.deepEqual(
      decoded.outputs.map(({ value }) => value),
      [1_000_000_000n, 4_000_000_000n],
    )
    assert.equal(decoded.vsize, raw.length)
  })

  it('agrees with bitcoinjs on every transaction', () => {
    fc.assert(
      fc.property(anyTransaction, (transaction) => {
        const raw = transaction.toBuffer()
        const decoded = decodeTransaction(raw)
        assert.equal(decoded.txid, transaction.getId())
        assert.equal(decoded.txid, txidOf(raw))
        if (!transaction.isCoinbase()) assert.equal(decoded.wtxid, toHex(transaction.getHash(true).toReversed()))
        assert.equal(decoded.version, transaction.version)
        assert.equal(decoded.locktime, transaction.locktime)
        assert.equal(decoded.weight, transaction.weight())
        assert.equal(decoded.vsize, transaction.virtualSize())
        assert.deepEqual(
          decoded.inputs,
          transaction.ins.map(({ hash, index, sequence, script }) => ({
            outpoint: outpointOf(toHex(hash.toReversed()) as Txid, index),
            script_sig: script,
            sequence,
          })),
        )
        assert.deepEqual(
          decoded.outputs,
          transaction.outs.map(({ value, script }) => ({ value, script })),
        )
      }),
    )
  })

  it('refuses every shorter and every longer version of a transaction', () => {
    for (const { raw } of signedSet().transactions) {
      for (let length = 0; length < raw.length; length++) {
        refused('transaction-malformed', () => decodeTransaction(raw.subarray(0, length)))
      }
      refused('transaction-malformed', () => decodeTransaction(concat(raw, Uint8Array.of(0))))
    }
  })

  it('refuses what would not serialise to the same bytes', () => {
    const raw = signedSet().transactions[0]?.raw ?? new Uint8Array()
    // The count of inputs follows version, marker and flag; 1 in three bytes instead of one.
    const longCount = concat(raw.subarray(0, 6), fromHex('fd0100'), raw.subarray(7))
    refused('transaction-malformed', () => decodeTransaction(longCount))
    const empty = new Transaction()
    empty.addInput(new Uint8Array(32), 0)
    empty.addOutput(new Uint8Array(1), 1n)
    const plain = empty.toBuffer()
    const superfluous = concat(
      plain.subarray(0, 4),
      fromHex('0001'),
      plain.subarray(4, -4),
      fromHex('00'),
      plain.subarray(-4),
    )
    refused('transaction-malformed', () => decodeTransaction(superfluous))
  })

  it('refuses no inputs, no outputs, and more money than there is', () => {
    refused('transaction-malformed', () => decodeTransaction(fromHex('02000000000000000000')))
    const input = `01${'00'.repeat(32)}000000000000000000`
    refused('transaction-malformed', () => decodeTransaction(fromHex(`02000000${input}0000000000`)))
    refused('transaction-malformed', () => decodeTransaction(fromHex(`02000000${input}01ffffffffffffffff0000000000`)))
  })

  it('refuses more bytes than a block has', () => {
    refused('transaction-too-large', () => decodeTransaction(new Uint8Array(MAX_TRANSACTION_BYTES + 1)))
  })

  it('does not allocate what a count only claims', () => {
    refused('transaction-malformed', () => decodeTransaction(fromHex('02000000feffffffff00000000')))
    refused('transaction-malformed', () => decodeTransaction(fromHex('02000000ffffffffffffffffff00000000')))
  })

  it('throws nothing but its own error, whatever the bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 500 }), (raw) => onlyVaultErrors(() => decodeTransaction(raw))))
    const { raw } = signedSet().transactions[1] ?? { raw: new Uint8Array() }
    fc.assert(
      fc.property(fc.nat(raw.length - 1), fc.uint8Array({ minLength: 1, maxLength: 9 }), (at, bytes) => {
        const damaged = raw.slice()
        damaged.set(bytes.subarray(0, raw.length - at), at)
        onlyVaultErrors(() => decodeTransaction(damaged))
      }),
    )
  })
})
