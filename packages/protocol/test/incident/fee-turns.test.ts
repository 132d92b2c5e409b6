import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { SILENCE_BLOCKS, feePayer, isTurnOver, meansBlocks } from '../../src/index.ts'
import type { Height, MemberIndex } from '../../src/primitives/index.ts'

const anyMembers = fc.integer({ min: 1, max: 64 }).map((n) => Array.from({ length: n }, (_, at) => (at + 1) as MemberIndex))
const anyCsv = fc.integer({ min: 12, max: 65_535 })

describe('the turn to spend fee coins', () => {
  it('is the first living member\'s from where it stands, and nobody\'s where none lives', () => {
    fc.assert(
      fc.property(anyMembers, fc.nat(1_000), fc.func(fc.boolean()), (order, turn, lives) => {
        const payer = feePayer(order, lives, turn)
        if (payer === null) {
          assert.ok(order.every((member) => !lives(member)))
          return
        }
        assert.ok(lives(payer.member) && payer.turn >= turn && payer.turn < turn + order.length)
        assert.equal(order[payer.turn % order.length], payer.member)
        for (let at = turn; at < payer.turn; at++) assert.ok(!lives(order[at % order.length] ?? payer.member))
      }),
    )
  })

  it('goes round all members: no n of its passings leave one out', () => {
    fc.assert(
      fc.property(anyMembers, fc.nat(1_000), (order, turn) => {
        const payers = order.map((_, passed) => feePayer(order, () => true, turn + passed)?.member)
        assert.deepEqual(payers.toSorted((a = 0 as MemberIndex, b = 0 as MemberIndex) => a - b), order)
      }),
    )
  })

  it('is over after two blocks of silence, and not while the bump stands, until that has had its time', () => {
    fc.assert(
      fc.property(anyCsv, fc.nat(100_000), fc.nat(100), (csv, began, later) => {
        const [since, tip] = [began as Height, (began + later) as Height]
        assert.equal(isTurnOver({ tip, since, seen: null, csv }), later >= SILENCE_BLOCKS)
        assert.equal(isTurnOver({ tip, since, seen: tip, csv }), later >= meansBlocks(csv))
        assert.ok(meansBlocks(csv) >= SILENCE_BLOCKS)
      }),
    )
  })

  it('is over two blocks after the bump left the mempool', () => {
    const clock = { since: 100 as Height, csv: 144 }
    assert.equal(isTurnOver({ ...clock, tip: 103 as Height, seen: 102 as Height }), false)
    assert.equal(isTurnOver({ ...clock, tip: 104 as Height, seen: 102 as Height }), true)
  })
})
