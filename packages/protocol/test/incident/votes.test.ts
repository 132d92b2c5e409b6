import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { ANCHOR_LEAD, CERTIFICATE_AGE, CERTIFICATE_WINDOW, countedVoters } from '../../src/index.ts'
import type { Height, MemberIndex } from '../../src/primitives/index.ts'

type Anchors = readonly (readonly [member: number, anchor: number])[]

function counted(anchors: Anchors, tip: number): number[] {
  const votes = new Map(
    anchors.map(([member, anchor]) => [
      member as MemberIndex,
      { anchor_height: anchor as Height, frame: new Uint8Array() },
    ]),
  )
  return countedVoters(votes, tip as Height)
}

/** Every window is tried, from every anchor on. */
function naiveCount(anchors: Anchors, tip: number): number {
  const usable = anchors.map(([, anchor]) => anchor).filter((anchor) => anchor >= tip - 24 && anchor <= tip + 6)
  const sizes = usable.map((from) => usable.filter((anchor) => anchor >= from && anchor <= from + 12).length)
  return Math.max(0, ...sizes)
}

const anyAnchors: fc.Arbitrary<[number, number][]> = fc.uniqueArray(
  fc.tuple(fc.integer({ min: 1, max: 64 }), fc.integer({ min: 960, max: 1_020 })),
  { selector: ([member]) => member, maxLength: 64 },
)

describe('the votes that count together', () => {
  it('are the most that lie within one window, as a search of all windows finds', () => {
    fc.assert(
      fc.property(anyAnchors, (anchors) => {
        assert.equal(counted(anchors, 1_000).length, naiveCount(anchors, 1_000))
      }),
      { numRuns: 500 },
    )
  })

  it('are of distinct members, by index, recent, not ahead of me, and close to each other', () => {
    fc.assert(
      fc.property(anyAnchors, (anchors) => {
        const voters = counted(anchors, 1_000)
        assert.deepEqual(
          voters,
          [...new Set(voters)].toSorted((a, b) => a - b),
        )
        const chosen = voters.map((voter) => anchors.find(([member]) => member === voter)?.[1] ?? Number.NaN)
        for (const anchor of chosen) assert.ok(anchor >= 1_000 - CERTIFICATE_AGE && anchor <= 1_000 + ANCHOR_LEAD)
        if (chosen.length > 0) assert.ok(Math.max(...chosen) - Math.min(...chosen) <= CERTIFICATE_WINDOW)
      }),
    )
  })

  it('do not depend on the order in which they came', () => {
    fc.assert(
      fc.property(
        anyAnchors.chain((anchors) =>
          fc.tuple(fc.constant(anchors), fc.shuffledSubarray(anchors, { minLength: anchors.length })),
        ),
        ([one, other]) => {
          assert.deepEqual(counted(one, 1_000), counted(other, 1_000))
        },
      ),
    )
  })

  it('hold at the very edges of the rules', () => {
    assert.deepEqual(counted([[1, 976]], 1_000), [1])
    assert.deepEqual(counted([[1, 975]], 1_000), [])
    assert.deepEqual(counted([[1, 1_006]], 1_000), [1])
    assert.deepEqual(counted([[1, 1_007]], 1_000), [])
    assert.deepEqual(
      counted(
        [
          [1, 990],
          [2, 1_002],
        ],
        1_000,
      ),
      [1, 2],
    )
    assert.equal(
      counted(
        [
          [1, 990],
          [2, 1_003],
        ],
        1_000,
      ).length,
      1,
    )
  })

  it('are the later ones where two windows hold as many', () => {
    assert.deepEqual(
      counted(
        [
          [1, 980],
          [2, 981],
          [3, 1_000],
          [4, 1_001],
        ],
        1_000,
      ),
      [3, 4],
    )
  })

  it('cannot be made fewer by one member, wherever it puts its own anchor', () => {
    fc.assert(
      fc.property(anyAnchors, fc.integer({ min: 960, max: 1_020 }), (anchors, anchor) => {
        const honest = anchors.filter(([member]) => member !== 64)
        assert.ok(counted([...honest, [64, anchor]], 1_000).length >= counted(honest, 1_000).length)
      }),
    )
  })
})
