import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { ANCHOR_DEPTH, COMMAND_RECENCY } from '../../src/index.ts'
import type { Height, MemberIndex } from '../../src/primitives/index.ts'
import { MAX_ANCHOR_LEAD, recencyOf, timelyWitnesses } from '../../src/owner/recency.ts'
import { blockAt } from '../core/setting.ts'

const TIP = 1_000 as Height
const RECENT = Array.from({ length: 40 }, (_, at) => blockAt(TIP - 39 + at))
const DEEP = TIP - ANCHOR_DEPTH
const self = 1 as MemberIndex

const at = (height: number, branch?: string) => recencyOf(TIP, RECENT, blockAt(height, branch))
const told = (heights: Readonly<Record<number, number>>) =>
  new Map(Object.entries(heights).map(([member, height]) => [Number(member) as MemberIndex, { height: height as Height }]))

describe('the recency of a command', () => {
  it('begins when its anchor is deep enough at me and ends twelve blocks later', () => {
    assert.equal(at(DEEP), 'recent')
    assert.equal(at(DEEP - COMMAND_RECENCY), 'recent')
    assert.equal(at(DEEP - COMMAND_RECENCY - 1), 'old')
    assert.equal(at(DEEP + 1), 'early')
    assert.equal(at(TIP + MAX_ANCHOR_LEAD), 'early')
    assert.equal(at(TIP + MAX_ANCHOR_LEAD + 1), 'too-early')
  })

  it('is none where my chain has another block at that height', () => {
    assert.equal(at(DEEP, 'other'), 'foreign')
    assert.equal(at(DEEP - COMMAND_RECENCY - 1, 'other'), 'foreign')
  })

  it('goes by height alone where I have not followed the chain for so long', () => {
    assert.equal(recencyOf(TIP, [blockAt(TIP)], blockAt(DEEP, 'other')), 'recent')
    assert.equal(recencyOf(TIP, [], blockAt(DEEP - COMMAND_RECENCY - 1)), 'old')
  })

  it('passes from early to recent to old as blocks come, and never back', () => {
    const order = ['too-early', 'early', 'recent', 'old']
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2_000 }), fc.integer({ min: 0, max: 2_000 }), (height, tip) => {
        const now = recencyOf(tip as Height, [], blockAt(height))
        const next = recencyOf((tip + 1) as Height, [], blockAt(height))
        assert.ok(order.indexOf(next) >= order.indexOf(now))
      }),
    )
  })
})

describe('members who say that they took it in time', () => {
  const anchor = blockAt(900)
  const first = anchor.height + ANCHOR_DEPTH
  const isVouched = (heights: Readonly<Record<number, number>>, b = 1) => timelyWitnesses(told(heights), anchor, self) > b

  it('are b+1 others, each within the time in which it was recent', () => {
    assert.ok(isVouched({ 2: first, 3: first + COMMAND_RECENCY }))
    assert.ok(!isVouched({ 2: first }))
    assert.ok(!isVouched({ 2: first, 3: first - 1 }))
    assert.ok(!isVouched({ 2: first, 3: first + COMMAND_RECENCY + 1 }))
    assert.ok(isVouched({ 2: first }, 0))
  })

  it('are not I myself', () => assert.ok(!isVouched({ 1: first, 2: first })))
})
