import assert from 'node:assert/strict'
import type { BlockRef } from '@belfry/protocol'
import type { BlockHash, Height } from '@belfry/protocol/primitives'
import { MAX_RECENT_BLOCKS, RecentBlocks } from '../../../src/chain/follower/recent-blocks.ts'

function block(height: number, branch = 0): BlockRef {
  return { height: height as Height, hash: (branch * 100_000 + height).toString(16).padStart(64, '0') as BlockHash }
}

const heightsOf = (recent: RecentBlocks): number[] => recent.all().map(({ height }) => height)

describe('the recent blocks', () => {
  it('are an unbroken run below the position, whatever else is given', () => {
    const given = [block(3), block(8), block(9), block(6), block(12)]
    assert.deepEqual(heightsOf(new RecentBlocks(block(10), given)), [8, 9, 10])
    assert.deepEqual(heightsOf(new RecentBlocks(null, given)), [])
  })

  it('go back along the blocks that came before', () => {
    const recent = new RecentBlocks(block(10), [block(9)])
    recent.push(block(11))
    recent.giveUpTip(block(10))
    recent.giveUpTip(block(9))
    assert.deepEqual([recent.tip, recent.beforeTip], [block(9), null])
    assert.deepEqual([11, 10, 9].map((height) => recent.wasGivenUp(block(height).hash)), [true, true, false])
    recent.giveUpTip(block(8))
    assert.deepEqual(heightsOf(recent), [8], 'bitcoind knew the one before')
    recent.push(block(9))
    assert.ok(!recent.wasGivenUp(block(9).hash))
  })

  it('trust bitcoind on what was before when it says otherwise', () => {
    const recent = new RecentBlocks(block(10), [block(9), block(8)])
    recent.giveUpTip(block(9, 1))
    assert.deepEqual(recent.all(), [block(9, 1)])
  })

  it('reach further back with what joins on, up to their limit', () => {
    const recent = new RecentBlocks(block(60_000), [])
    recent.extendBack([block(59_998)])
    assert.deepEqual(heightsOf(recent), [60_000])
    recent.extendBack(Array.from({ length: 59_999 }, (_, i) => block(i + 1)))
    assert.equal(recent.all().length, MAX_RECENT_BLOCKS)
    assert.deepEqual(recent.oldest, block(60_001 - MAX_RECENT_BLOCKS))
    recent.push(block(60_001))
    assert.equal(recent.all().length, MAX_RECENT_BLOCKS)
    assert.ok(recent.has(block(60_000).hash) && !recent.has(block(1).hash))
  })
})
