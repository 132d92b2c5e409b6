import assert from 'node:assert/strict'
import { type Bitcoind, serialise, txidOf } from '@belfry/bitcoind'
import { concat, fromHex, type Outpoint, outpointOf, splitOutpoint, toHex } from '@belfry/protocol/primitives'
import * as fc from 'fast-check'
import { spend, useRegtest } from '../../../bitcoind/test/support/regtest-suite.ts'
import { readBlock, spendsOfBlock } from '../../src/chain/blocks.ts'
import { ChainError } from '../../src/chain/errors.ts'
import { describeSpend } from '../../src/chain/transactions.ts'
import { WatchSet } from '../../src/chain/watch-set.ts'
import { Stage } from './support/stage.ts'

/** Mainnet's block 0. */
const GENESIS = fromHex([
  '0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f617fc81bc3',
  '888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c0101000000010000000000000000000000000000000000000000000000000000',
  '000000000000ffffffff4d04ffff001d0104455468652054696d65732030332f4a616e2f32303039204368616e63656c6c6f72206f6e2062',
  '72696e6b206f66207365636f6e64206261696c6f757420666f722062616e6b73ffffffff0100f2052a01000000434104678afdb0fe554827',
  '1967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5f',
  'ac00000000',
].join(''))
const COINBASE = outpointOf('00'.repeat(32) as ReturnType<typeof txidOf>, 0xffff_ffff)

function watching(...outpoints: readonly Outpoint[]): WatchSet {
  const set = new WatchSet()
  set.add(outpoints.map((one) => ({ outpoint: one, mempool_txid: null, confirmed: null })))
  return set
}

function codeOf(bytes: Uint8Array): string {
  try {
    spendsOfBlock(readBlock(bytes), watching(COINBASE))
  } catch (error) {
    assert.ok(error instanceof ChainError, `only the typed error: ${String(error)}`)
    return error.code
  }
  return 'none'
}

describe('decoding a block', () => {
  it('reads the first block', () => {
    const block = readBlock(GENESIS)
    assert.equal(block.hash, '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f')
    assert.equal(block.previous, '00'.repeat(32))
    const [coinbase, ...more] = spendsOfBlock(block, watching(COINBASE))
    assert.ok(coinbase !== undefined && more.length === 0)
    const { txid, vsize } = describeSpend(block.bytes, coinbase.layout, null)
    assert.equal(txid, '4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b')
    assert.equal(vsize, 204)
  })

  it('refuses every beginning of one as truncated, and every one with more behind', () => {
    for (let length = 0; length < GENESIS.length; length++) {
      assert.equal(codeOf(GENESIS.subarray(0, length)), 'truncated', `${length} bytes`)
    }
    assert.equal(codeOf(concat(GENESIS, Uint8Array.of(0))), 'trailing-bytes')
    assert.equal(codeOf(concat(GENESIS.subarray(0, 80), Uint8Array.of(0))), 'malformed')
  })

  it('throws nothing but its own error for any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 500 }), (any) => {
      codeOf(concat(GENESIS.subarray(0, 80), any))
    }), { numRuns: 2_000 })
    const change = fc.tuple(fc.nat(GENESIS.length - 1), fc.integer({ min: 0, max: 255 }))
    const mutation = fc.array(change, { minLength: 1, maxLength: 4 })
    fc.assert(fc.property(mutation, (changes) => {
      const changed = GENESIS.slice()
      for (const [at, value] of changes) changed[at] = value
      codeOf(changed)
    }), { numRuns: 2_000 })
  })
})

describe('decoding blocks of bitcoind', () => {
  const regtest = useRegtest(1)
  let bitcoind: Bitcoind

  before(() => {
    bitcoind = regtest().node(0).bitcoind
  })

  it('finds each input that bitcoind names, in its order, with the same ids and sizes', async () => {
    const stage = new Stage(regtest())
    const coins = Object.values(await stage.coins('a', 'b', 'c', 'd', 'e'))
    const parent = spend(coins[0] ?? COINBASE, 1_000)
    const child = spend(outpointOf(txidOf(parent), 0), 1_000, { value: 900_000 })
    const transactions = [parent, child, ...coins.slice(1).map((coin) => spend(coin, 1_000))]
    const hash = await bitcoind.generateBlock(await regtest().freshAddress(), transactions.map((one) => serialise(one)))
    const raw = await bitcoind.getBlockBytes(hash)
    const told = await bitcoind.rpc.call('getblock', [hash, 2]) as {
      previousblockhash: string
      tx: { txid: string; hash: string; vsize: number; hex: string; vin: { txid?: string; vout?: number }[] }[]
    }
    assert.ok(raw !== null)
    const block = readBlock(raw)
    assert.deepEqual([block.hash, block.previous], [hash, told.previousblockhash])
    const inputs = told.tx.flatMap((tx) => tx.vin.flatMap(({ txid, vout }) =>
      txid === undefined ? [] : [{ tx, outpoint: `${txid}:${vout ?? 0}` as Outpoint }]))
    assert.equal(inputs.length, 6)
    const found = spendsOfBlock(block, watching(...inputs.map(({ outpoint }) => outpoint)))
    assert.deepEqual(found.map(({ watched }) => watched.outpoint), inputs.map(({ outpoint }) => outpoint))
    for (const [i, { layout }] of found.entries()) {
      const { txid, wtxid, vsize, raw } = describeSpend(block.bytes, layout, null)
      const { tx } = inputs[i] ?? assert.fail()
      assert.deepEqual([txid, wtxid, vsize, toHex(raw)], [tx.txid, tx.hash, tx.vsize, tx.hex])
      assert.ok(splitOutpoint(outpointOf(txid, 0)))
    }
  })
})
