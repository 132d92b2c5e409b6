import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { Random } from '../../../packages/simulator/src/world/random.ts'
import { type Incident, LAST_BLOCK, MEMBERS, incidentAt, play } from '../../fees/incident.ts'
import { BEGINNINGS, REGIMES, WARM_UP, WINDOW, historyOf } from '../../fees/regimes.ts'
import { STRATEGIES, type Strategy, affordable } from '../../fees/strategies.ts'

const BTC = 100_000_000

/** A market of these feerates in sat/vB, one for each block after U; estimates are exact. */
function incidentIn(asked: (block: number) => number, estimated = asked): Incident {
  const series = (of: (block: number) => number) => Float64Array.from({ length: WINDOW + 1 }, (_, block) => of(block) * 1_000)
  const volume = { arrived: 0, mined: 0, evicted: 0, left: 0 }
  const history = { marginal: series(asked), floor: series(() => 1), estimate: series(estimated), volume }
  const estimates = Array.from({ length: WINDOW }, (_, block) => new Float64Array(MEMBERS).fill(estimated(block) * 1_000))
  return { history, start: 0, estimates }
}

function named(name: string): Strategy {
  const found = STRATEGIES.find((strategy) => strategy.name === name)
  assert.ok(found)
  return found
}

describe('a theft in a fee market', () => {
  it('is answered by a fixed fee once the market has come down to it, or never', () => {
    const falling = incidentIn((block) => 100 - block)
    assert.equal(play(falling, named('fixed-50'), BTC).blocks, 50)
    assert.equal(play(falling, named('fixed-10'), BTC).blocks, 90)
    assert.equal(play(incidentIn(() => 11), named('fixed-10'), BTC).blocks, null)
  })

  it('is answered by the rung that the estimate asks for, but only one above what the blocks since U call for', () => {
    const steady = incidentIn(() => 40)
    // Of five rungs, 50 sat/vB is the third: due by the estimate once the second is by blocks, at 18 of 72.
    assert.deepEqual(play(steady, named('five-rungs'), BTC), { blocks: 19, fee_sats: 8_450, feerate: 50_000 })
    // Of three it is the second.
    assert.equal(play(steady, named('three-rungs'), BTC).blocks, 1)
  })

  it('is answered without any estimate that is right, by blocks alone', () => {
    const misled = incidentIn(() => 200, () => 1)
    // The fourth of five rungs is due at three quarters of half the window.
    assert.equal(play(misled, named('five-rungs'), BTC).blocks, 55)
    assert.equal(play(misled, named('three-rungs'), BTC).blocks, 73)
  })

  it('may be the thief\'s where the market is above the top, unless fee coins pay', () => {
    const above = incidentIn(() => 1_400)
    assert.equal(play(above, named('five-rungs'), BTC).blocks, null)
    // The top is due to all at 54 and waits two blocks; a bid then asks for more than the coin has: 333 vB at 1,501 sat/vB.
    assert.deepEqual(play(above, named('five-rungs+coins'), BTC), { blocks: 57, fee_sats: 500_000, feerate: 1_501_501 })
    assert.equal(play(incidentIn(() => 1_600), named('five-rungs+coins'), BTC).blocks, null, 'the coin is too small')
  })

  it('outbids the top rung with fee coins where estimates are too low, the more the later', () => {
    const { blocks, feerate } = play(incidentIn(() => 300, () => 1), named('three-rungs+coins'), BTC)
    // The top is due at 72. At 74 of 132 blocks the bid is 250 sat/vB times 1 + 3 × (74 / 132)².
    assert.deepEqual([blocks, feerate], [75, 485_710])
    const dearer = play(incidentIn(() => 600, () => 1), named('three-rungs+coins'), BTC)
    assert.ok(dearer.blocks !== null && dearer.blocks > 75 && dearer.feerate >= 600_000 && dearer.feerate < 620_000)
  })

  it('is never answered later with fee coins than without, and in no market after the hot key may spend', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000 }), fc.constantFrom(...REGIMES), fc.constantFrom(0.01, 0.1), (seed, regime, btc) => {
        const incident = incidentAt(new Random(seed, 'test'), historyOf(regime, seed, 0), WARM_UP + (seed % BEGINNINGS))
        const ends = (name: string) => play(incident, affordable(named(name), btc * BTC), btc * BTC).blocks ?? WINDOW
        for (const ladder of ['five-rungs', 'three-rungs']) {
          assert.ok(ends(`${ladder}+coins`) <= ends(ladder))
          assert.ok(ends(ladder) >= 1 && (ends(ladder) <= LAST_BLOCK || ends(ladder) === WINDOW))
        }
      }),
      { numRuns: 60 },
    )
  })
})

describe('the ladder of a small vault', () => {
  it('has no rung that costs more than two percent of it', () => {
    const feerates = (btc: number) => {
      const built = affordable(named('five-rungs'), btc * BTC)
      return built.kind === 'ladder' ? built.feerates : []
    }
    assert.deepEqual(feerates(0.01), [2_000, 10_000, 50_000])
    assert.deepEqual(feerates(0.1), [2_000, 10_000, 50_000, 250_000, 1_000_000])
  })
})
