import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import * as fc from 'fast-check'
import { createTxidHasher } from '../../../src/chain/hashing/index.ts'
import { sampleBlock } from '../../../src/chain/sample/index.ts'
import { BlockScanner, layoutOf } from '../../../src/chain/serial/index.ts'
import { WatchSet } from '../../../src/chain/watch-set/index.ts'
import { assertHits, type Choice, watch } from './support/all-hits.ts'
import { Block, Transaction } from 'bitcoinjs-lib'
import { generatedBlock, generatedTransaction } from './support/generated.ts'
import { REAL_BLOCKS, realBlock } from './support/real-blocks.ts'

const ALL: Choice = () => true
const NONE: Choice = () => false
/** About a third, by what it is. */
const SOME: Choice = (hex) => (hex.codePointAt(5) ?? 0) % 3 === 0

describe('scanning a block', () => {
  const hasher = createTxidHasher()

  function checkBlock(bytes: Uint8Array, choices: readonly Choice[]): void {
    const { transactions } = Block.fromBuffer(bytes)
    assert.ok(transactions !== undefined)
    for (const chosen of choices) {
      const watchSet = new WatchSet()
      watch(transactions, chosen, watchSet)
      assertHits(bytes, new BlockScanner(watchSet, hasher).scanBlock(bytes), watchSet, transactions, chosen)
    }
  }

  for (const name of REAL_BLOCKS) {
    it(`finds every outpoint, script and txid of ${name} that bitcoinjs-lib reads`, async function () {
      const path = realBlock(name)
      if (path === null) return this.skip()
      checkBlock(await readFile(path), [ALL, SOME, NONE])
    })
  }

  it('does so in a full block of samples', () => {
    checkBlock(sampleBlock({ seed: 7, weight: 4_000_000 }), [ALL, SOME])
  })

  it('does so in thousands of generated ones, legacy, segwit, taproot, huge witnesses, many inputs', function () {
    this.timeout(120_000)
    fc.assert(fc.property(generatedBlock, (bytes) => checkBlock(bytes, [ALL, SOME])), { numRuns: 2_000 })
  })

  it('does so in single transactions, wherever in a buffer they are', () => {
    fc.assert(fc.property(generatedTransaction, fc.nat(9), (raw, before) => {
      const surrounded = Buffer.concat([new Uint8Array(before).fill(0xff), raw, Uint8Array.of(1, 2, 3)])
      const bytes = surrounded.subarray(before, before + raw.length)
      const transactions = [Transaction.fromBuffer(raw)]
      const watchSet = new WatchSet()
      watch(transactions, ALL, watchSet)
      const scanner = new BlockScanner(watchSet, hasher)
      assertHits(bytes, scanner.scanTransaction(bytes), watchSet, transactions, ALL)
      assert.equal(layoutOf(bytes).end, raw.length)
    }), { numRuns: 500 })
  })

  it('finds the same again, whatever it scanned in between', () => {
    fc.assert(fc.property(generatedBlock, generatedBlock, (one, other) => {
      const transactions = Block.fromBuffer(one).transactions ?? []
      const watchSet = new WatchSet()
      watch(transactions, ALL, watchSet)
      const scanner = new BlockScanner(watchSet, hasher)
      for (let i = 0; i < 2; i++) {
        assertHits(one, scanner.scanBlock(one), watchSet, transactions, ALL)
        scanner.scanBlock(other)
      }
    }), { numRuns: 100 })
  })
})
