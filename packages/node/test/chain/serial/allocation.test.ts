import assert from 'node:assert/strict'
import { createTxidHasher } from '../../../src/chain/hashing/index.ts'
import { sampleBlock } from '../../../src/chain/sample/index.ts'
import { BlockScanner } from '../../../src/chain/serial/index.ts'
import { WatchSet } from '../../../src/chain/watch-set/index.ts'
import { expectedHits, watch } from './support/all-hits.ts'
import { Block } from 'bitcoinjs-lib'
import { bytesAllocatedBy } from './support/heap.ts'

/** What the measuring itself puts on the heap, over its repetitions; the least object has 16 bytes. */
const NOTHING = 2

function assertNothing(bytes: number): void {
  assert.ok(Math.abs(bytes) < NOTHING, `${bytes} bytes`)
}

describe('memory of the scanner', () => {
  const hasher = createTxidHasher()
  const block = sampleBlock({ seed: 5, weight: 30_000 })
  const transactions = Block.fromBuffer(block).transactions ?? []

  it('can be measured to the byte: an object more is seen', () => {
    const kept: unknown[] = [null]
    assert.ok(bytesAllocatedBy(() => {
      kept[0] = { one: kept.length }
    }) >= 16)
  })

  for (const [what, chosen] of [
    ['nothing is watched', () => false],
    ['outpoints, scripts and locators are found', () => true],
  ] as const) {
    it(`allocates nothing for a block when ${what}`, () => {
      const watchSet = new WatchSet()
      watch(transactions, chosen, watchSet)
      const scanner = new BlockScanner(watchSet, hasher)
      const expected = expectedHits(transactions, chosen).length
      let found = -1
      assertNothing(bytesAllocatedBy(() => {
        found = scanner.scanBlock(block).count
      }))
      assert.equal(found, expected)
    })
  }

  it('allocates nothing for blocks at different places of one buffer', () => {
    const both = Buffer.concat([block, block])
    const parts = [both.subarray(0, block.length), both.subarray(block.length)] as const
    const scanner = new BlockScanner(new WatchSet(), hasher)
    assertNothing(bytesAllocatedBy(() => {
      scanner.scanBlock(parts[0])
      scanner.scanBlock(parts[1])
    }))
  })
})
