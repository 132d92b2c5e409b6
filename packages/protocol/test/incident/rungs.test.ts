import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { askedFeerate, blocksSince, dueRung, floorRung, packageFeerate, rungOfMarket } from '../../src/index.ts'
import type { Feerate, Height } from '../../src/primitives/index.ts'

const anyTop = fc.integer({ min: 0, max: 7 })
const anyCsv = fc.integer({ min: 12, max: 65_535 })
const anyEstimate = (top: number) => fc.integer({ min: 0, max: top })

describe('the floor of a ladder', () => {
  it('is the formula: min(top, h·top / (W/2)), each division rounded down', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 70_000 }), anyTop, anyCsv, (blocks, top, csv) => {
        const half = BigInt(csv) / 2n
        const exact = (BigInt(blocks) * BigInt(top)) / half
        assert.equal(floorRung(blocks, top, csv), Number(exact < BigInt(top) ? exact : BigInt(top)))
      }),
    )
  })

  it('never falls as blocks pass, begins at the lowest rung and is the top at half the window', () => {
    fc.assert(
      fc.property(anyTop, anyCsv, fc.nat(70_000), (top, csv, blocks) => {
        assert.equal(floorRung(0, top, csv), 0)
        assert.ok(floorRung(blocks, top, csv) <= floorRung(blocks + 1, top, csv))
        assert.equal(floorRung(Math.floor(csv / 2), top, csv), top)
      }),
    )
  })

  it('climbs a ladder of four in a day of 144 blocks at 24, 48 and 72', () => {
    const at = (blocks: number) => floorRung(blocks, 3, 144)
    assert.deepEqual([0, 23, 24, 47, 48, 71, 72, 143].map(at), [0, 0, 1, 1, 2, 2, 3, 3])
  })

  it('counts no blocks before the unvault is confirmed, and none below it', () => {
    assert.equal(blocksSince(null, 500 as Height), 0)
    assert.equal(blocksSince(500 as Height, 490 as Height), 0)
    assert.equal(blocksSince(500 as Height, 512 as Height), 12)
  })
})

describe('the rung that a member holds due', () => {
  it('is the floor or one above it, whatever its own estimate says, and never above the top', () => {
    fc.assert(
      fc.property(
        anyTop.chain((top) => fc.tuple(fc.constant(top), anyEstimate(top), fc.nat(top))),
        ([top, estimate, floor]) => {
          const due = dueRung(floor, top, estimate)
          assert.ok(due >= floor && due <= Math.min(floor + 1, top))
        },
      ),
    )
  })

  it('is one that all members have in common, up to the floor, for they release cumulatively', () => {
    const members = anyTop.chain((top) =>
      fc.tuple(fc.constant(top), fc.array(anyEstimate(top), { minLength: 3, maxLength: 64 })),
    )
    fc.assert(
      fc.property(members, anyCsv, fc.nat(70_000), ([top, estimates], csv, blocks) => {
        const floor = floorRung(blocks, top, csv)
        const dues = estimates.map((estimate) => dueRung(floor, top, estimate))
        assert.equal(Math.min(...dues) >= floor, true)
        assert.ok(Math.max(...dues) - Math.min(...dues) <= 1)
      }),
    )
  })

  it('never falls as blocks pass and the estimate stays', () => {
    fc.assert(
      fc.property(
        anyTop.chain((top) => fc.tuple(fc.constant(top), anyEstimate(top))),
        anyCsv,
        fc.nat(70_000),
        ([top, estimate], csv, blocks) => {
          const at = (height: number) => dueRung(floorRung(height, top, csv), top, estimate)
          assert.ok(at(blocks) <= at(blocks + 1))
        },
      ),
    )
  })
})

describe('the rung that the market asks for', () => {
  const ladder = [2_000, 10_000, 50_000] as Feerate[]

  it('is the cheapest that pays what the market asks, or the top where none does', () => {
    const of = (wanted: number) => rungOfMarket(ladder, wanted as Feerate)
    assert.deepEqual([0, 2_000, 2_001, 10_000, 50_000, 50_001].map(of), [0, 0, 1, 1, 2, 2])
  })
})

describe('what the market asks', () => {
  it('is the estimate, but never less than the mempool takes, be there an estimate or not', () => {
    const of = (estimate: number | null, floor: number) => askedFeerate(estimate as Feerate | null, floor as Feerate)
    assert.deepEqual([of(20_000, 1_000), of(20_000, 26_000), of(null, 26_000), of(null, 0)], [20_000, 26_000, 26_000, 0])
  })

  it('lifts a member without an estimate whose full mempool takes no low rung', () => {
    const ladder = [2_000, 10_000, 50_000, 250_000] as Feerate[]
    assert.equal(dueRung(0, 3, rungOfMarket(ladder, askedFeerate(null, 26_000 as Feerate))), 1)
    assert.equal(dueRung(1, 3, rungOfMarket(ladder, askedFeerate(null, 26_000 as Feerate))), 2)
    assert.equal(dueRung(2, 3, rungOfMarket(ladder, askedFeerate(null, 26_000 as Feerate))), 2)
  })
})

describe('the feerate of a package', () => {
  it('is that of both transactions together, rounded down', () => {
    // A rung of 250 sat/vB on an unvault of 2 (docs: about 130).
    assert.equal(packageFeerate({ fee: 316n, vsize: 158 }, { fee: 42_250n, vsize: 169 }), 130_171)
    assert.equal(packageFeerate({ fee: 0n, vsize: 3 }, { fee: 10n, vsize: 4 }), 1_428)
  })
})
