import assert from 'node:assert/strict'
import type { BlockRef, Input } from '@belfry/protocol'
import type { BlockHash, Height, MemberIndex, Millis } from '@belfry/protocol/primitives'
import { type Relation, ToldTips } from '../../src/invariants/told-tips.ts'

const ME = 1 as MemberIndex
const OTHER = 2 as MemberIndex

function block(height: number, branch = 'a'): BlockRef {
  return { height: height as Height, hash: `${branch}${height}` as BlockHash }
}

function connected(ref: BlockRef): Input {
  return { kind: 'chain', at_ms: 0 as Millis, event: { event: 'block-connected', block: ref, previous: '' as BlockHash } }
}

function disconnected(ref: BlockRef): Input {
  return { kind: 'chain', at_ms: 0 as Millis, event: { event: 'block-disconnected', block: ref, previous: '' as BlockHash } }
}

/** Both start at block 100 of the branch a, and hear of these. */
function relationAfter(mine: readonly Input[], others: readonly Input[]): Relation {
  const tips = new ToldTips()
  for (const member of [ME, OTHER]) tips.begin(member, [block(99), block(100)], 0)
  for (const input of mine) tips.take(ME, input, 1)
  for (const input of others) tips.take(OTHER, input, 1)
  return tips.relation(ME, OTHER)
}

describe('how a told tip stands to the chain that another was told', () => {
  const cases: [Relation, readonly Input[], readonly Input[]][] = [
    ['level', [], []],
    ['level', [connected(block(101))], [connected(block(101, 'b'))]],
    ['one-behind', [connected(block(101))], []],
    ['behind', [connected(block(101)), connected(block(102))], []],
    ['ahead', [], [connected(block(101))]],
    ['beside', [connected(block(101)), connected(block(102))], [connected(block(101, 'b'))]],
    ['behind', [connected(block(101)), connected(block(102))], [connected(block(101, 'b')), disconnected(block(101, 'b'))]],
  ]
  for (const [relation, mine, others] of cases) {
    it(`is ${relation} after ${mine.length} blocks here and ${others.length} changes there`, () => {
      assert.equal(relationAfter(mine, others), relation)
    })
  }

  it('is unknown of one that was told nothing', () => {
    assert.equal(new ToldTips().relation(ME, OTHER), 'unknown')
  })

  it('moves at what is new, and not at what was told before', () => {
    const tips = new ToldTips()
    tips.begin(ME, [block(100)], 0)
    assert.equal(tips.take(ME, connected(block(100)), 5), false)
    assert.equal(tips.take(ME, connected(block(101)), 7), true)
    assert.deepEqual([tips.get(ME)?.height, tips.get(ME)?.moved_ms, tips.get(ME)?.undone_ms], [101, 7, 0])
    assert.equal(tips.take(ME, disconnected(block(101)), 9), true)
    assert.deepEqual([tips.get(ME)?.height, tips.get(ME)?.undone_ms], [100, 9])
  })
})
