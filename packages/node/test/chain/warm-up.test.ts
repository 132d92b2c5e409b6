import assert from 'node:assert/strict'
import { createTxidHasher } from '../../src/chain/hashing/index.ts'
import { sampleBlock } from '../../src/chain/sample/index.ts'
import { BlockScanner } from '../../src/chain/serial/index.ts'
import { warmUp } from '../../src/chain/warm-up.ts'
import { WatchSet } from '../../src/chain/watch-set/index.ts'
import { assertHits, watch } from './serial/support/all-hits.ts'
import { Block } from 'bitcoinjs-lib'

describe('warming up', () => {
  it('lets other work go on in between, and leaves the hasher as it was', async () => {
    const hasher = createTxidHasher()
    let turns = 0
    const interval = setInterval(() => {
      turns += 1
    }, 1)
    await warmUp(hasher)
    clearInterval(interval)
    assert.ok(turns > 0)
    const block = sampleBlock({ seed: 9, weight: 40_000 })
    const transactions = Block.fromBuffer(block).transactions ?? []
    const watchSet = new WatchSet()
    watch(transactions, () => true, watchSet)
    assertHits(block, new BlockScanner(watchSet, hasher).scanBlock(block), watchSet, transactions, () => true)
  })

  it('ends early when it is not wanted any more', async () => {
    await assert.rejects(warmUp(createTxidHasher(), AbortSignal.abort()), { name: 'AbortError' })
  })
})

describe('a sample block', () => {
  it('is the same from the same seed, and another from another', () => {
    const [one, same, other] = [1, 1, 2].map((seed) => sampleBlock({ seed, weight: 100_000 }))
    assert.deepEqual(one, same)
    assert.notDeepEqual(one, other)
  })

  for (const weight of [10_000, 600_000, 4_000_000]) {
    it(`has almost ${weight} weight units, and no more`, () => {
      const bytes = sampleBlock({ seed: 4, weight })
      const { transactions = [] } = Block.fromBuffer(bytes)
      const used = transactions.reduce((sum, transaction) => sum + transaction.weight(), 4 * (80 + 3))
      assert.ok(used <= weight && used > weight - 100_000, `${used}`)
      assert.equal(bytes.length, Buffer.from(Block.fromBuffer(bytes).toBuffer()).length)
    })
  }
})
