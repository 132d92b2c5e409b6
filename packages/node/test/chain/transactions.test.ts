import assert from 'node:assert/strict'
import { type RawTransaction, serialise, txidOf, vsizeOf } from '@belfry/bitcoind'
import { concat, fromHex, type Outpoint, outpointOf, sats, toHex, type Txid } from '@belfry/protocol/primitives'
import * as fc from 'fast-check'
import { ChainError } from '../../src/chain/errors.ts'
import { describeSpend, layoutOf, spendsOfTransaction } from '../../src/chain/transactions.ts'
import { WatchSet } from '../../src/chain/watch-set.ts'

const bytes = (maxLength: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength })
const outpoint: fc.Arbitrary<Outpoint> = fc
  .tuple(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.integer({ min: 0, max: 0xffff_ffff }))
  .map(([txid, vout]) => outpointOf(toHex(txid) as Txid, vout))
const transaction: fc.Arbitrary<RawTransaction> = fc.record({
  version: fc.integer({ min: 0, max: 0xffff_ffff }),
  locktime: fc.integer({ min: 0, max: 0xffff_ffff }),
  inputs: fc.array(fc.record({
    outpoint,
    sequence: fc.integer({ min: 0, max: 0xffff_ffff }),
    witness: fc.array(bytes(600), { minLength: 1, maxLength: 4 }),
  }), { minLength: 1, maxLength: 20 }),
  outputs: fc.array(fc.record({ script: bytes(300), value: fc.bigInt(0n, 21_000_000n).map((value) => sats(value)) }), {
    maxLength: 20,
  }),
})

/** BIP 143, "Native P2WPKH": one input without a witness, and one with. */
const BIP143 = fromHex([
  '01000000000102fff7f7881a8099afa6940d42d1e7f6362bec38171ea3edf433541db4e4ad969f00000000494830450221008b9d1dc26ba6',
  'a9cb62127b02742fa9d754cd3bebf337f7a55d114c8e5cdd30be022040529b194ba3f9281a99f2b1c0a19c0489bc22ede944ccf4ecbab4cc',
  '618ef3ed01eeffffffef51e1b804cc89d182d279655c3aa89e815b1b309fe287d9b2b55d57b90ec68a0100000000ffffffff02202cb20600',
  '0000001976a9148280b37df378db99f66f85c95a783a76ac7a6d5988ac9093510d000000001976a9143bde42dbee7e4dbe6a21b2d50ce2f0',
  '167faa815988ac000247304402203609e17b84f6a7d30c80bfa610b5b4542f32a8a0d5447a12fb1366d7f01cc44a0220573a954c45183315',
  '61406f90300e8f3358f51928d43c212a8caed02de67eebee0121025476c2e83188368da1ff3e292e7acafcdb3566bb0ad253f62fc70f07ae',
  'ee635711000000',
].join(''))
const BIP143_INPUTS = [
  '9f96ade4b41d5433f4eda31e1738ec2b36f6e7d1420d94a6af99801a88f7f7ff:0',
  '8ac60eb9575db5b2d987e29f301b5b819ea83a5c6579d282d189cc04b8e151ef:1',
] as Outpoint[]

function watching(...outpoints: readonly Outpoint[]): WatchSet {
  const set = new WatchSet()
  set.add(outpoints.map((one) => ({ outpoint: one, mempool_txid: null, confirmed: null })))
  return set
}

function codeOf(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    assert.ok(error instanceof ChainError, `only the typed error: ${String(error)}`)
    return error.code
  }
  return 'none'
}

describe('decoding a transaction', () => {
  it('finds exactly the watched inputs, in their order, and none when nothing is watched', () => {
    const picks = fc.array(fc.boolean(), { minLength: 20, maxLength: 20 })
    fc.assert(fc.property(transaction, picks, outpoint, (tx, pick, other) => {
      const picked = [...new Set(tx.inputs.map((input) => input.outpoint))].filter((_, i) => pick[i])
      const raw = serialise(tx)
      const found = spendsOfTransaction(raw, watching(...picked, other)).map(({ watched }) => watched.outpoint)
      const expected = tx.inputs.map((input) => input.outpoint).filter((one) => picked.includes(one) || one === other)
      assert.deepEqual(found, expected)
      assert.deepEqual(spendsOfTransaction(raw, watching()), [])
    }))
  })

  it('tells txid and virtual size as an independent encoder does, wherever the bytes are', () => {
    fc.assert(fc.property(transaction, bytes(50), bytes(50), (tx, before, after) => {
      const raw = serialise(tx)
      const { start, end, ...rest } = layoutOf(raw)
      assert.deepEqual([start, end], [0, raw.length])
      const shift = before.length
      const inputs = rest.inputs + shift
      const layout = { start: shift, end: end + shift, inputs, outputsEnd: rest.outputsEnd + shift, hasWitness: true }
      const told = describeSpend(concat(before, raw, after), layout, null)
      assert.equal(told.txid, txidOf(tx))
      assert.equal(told.vsize, vsizeOf(tx))
      assert.equal(toHex(told.raw), toHex(raw))
      assert.notEqual(told.wtxid, told.txid)
    }))
  })

  it('reads one with and without witness, as BIP 143 has it', () => {
    const spends = spendsOfTransaction(BIP143, watching(...BIP143_INPUTS.toReversed()))
    assert.deepEqual(spends.map(({ watched }) => watched.outpoint), BIP143_INPUTS)
    const [first] = spends
    assert.ok(first !== undefined)
    const withWitness = describeSpend(BIP143, first.layout, sats(5))
    assert.equal(withWitness.fee, 5n)
    const stripped = concat(
      BIP143.subarray(0, 4), BIP143.subarray(first.layout.inputs, first.layout.outputsEnd), BIP143.subarray(-4))
    const without = describeSpend(stripped, layoutOf(stripped), null)
    assert.equal(without.txid, withWitness.txid)
    assert.equal(without.wtxid, without.txid)
    assert.equal(without.vsize, stripped.length)
  })

  it('holds no part of the block that the transaction is in', () => {
    const block = Buffer.concat([BIP143, new Uint8Array(1_000)])
    const { raw } = describeSpend(block, layoutOf(BIP143), null)
    assert.equal(raw.buffer.byteLength, BIP143.length)
  })

  it('leaves out bytes that are longer than any that is relayed', () => {
    const item = new Uint8Array(9_000)
    const witness = Array.from({ length: 50 }, () => item)
    const tx: RawTransaction = { inputs: BIP143_INPUTS.map((one) => ({ outpoint: one, witness })), outputs: [] }
    const raw = serialise(tx)
    const told = describeSpend(raw, layoutOf(raw), null)
    assert.equal(told.raw.length, 0)
    assert.deepEqual([told.txid, told.vsize], [txidOf(tx), vsizeOf(tx)])
  })

  it('refuses every beginning of one as truncated, and every one with more behind', () => {
    for (let length = 0; length < BIP143.length; length++) {
      assert.equal(codeOf(() => layoutOf(BIP143.subarray(0, length))), 'truncated', `${length} bytes`)
    }
    assert.equal(codeOf(() => layoutOf(concat(BIP143, Uint8Array.of(0)))), 'trailing-bytes')
  })

  for (const [what, hex, code] of [
    ['without inputs', '02000000000000000000', 'malformed'],
    ['with an unknown marker', '020000000002', 'malformed'],
    ['that announces more inputs than there are bytes', '02000000fe00000002', 'truncated'],
    ['that announces more inputs than fit into anything', '02000000ffffffffffffffffff', 'malformed'],
    ['whose count could be shorter', '02000000fd0100', 'malformed'],
    ['marked to have a witness, and with none', `02000000000101${'00'.repeat(36)}00ffffffff000000000000`, 'malformed'],
  ] as const) {
    it(`refuses one ${what}`, () => {
      assert.equal(codeOf(() => layoutOf(fromHex(hex))), code)
    })
  }

  it('throws nothing but its own error for any bytes', () => {
    fc.assert(fc.property(bytes(400), (any) => {
      codeOf(() => spendsOfTransaction(any, watching(...BIP143_INPUTS)))
    }), { numRuns: 2_000 })
    const change = fc.tuple(fc.nat(BIP143.length - 1), fc.integer({ min: 0, max: 255 }))
    const mutation = fc.array(change, { minLength: 1, maxLength: 4 })
    fc.assert(fc.property(mutation, (changes) => {
      const changed = BIP143.slice()
      for (const [at, value] of changes) changed[at] = value
      codeOf(() => spendsOfTransaction(changed, watching(...BIP143_INPUTS)))
    }), { numRuns: 2_000 })
  })
})
