import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { dueRung, floorRung } from '@belfry/protocol'
import type { Feerate, Height } from '@belfry/protocol/primitives'
import type { SignedTransaction } from '@belfry/vault'
import { laddersOf } from '../../src/index.ts'
import type { Coin, Sight } from '../../src/rescue/coin.ts'
import { type Step, nextStep } from '../../src/rescue/next-step.ts'
import { testSet } from '../support/vault.ts'

const SET = testSet()
const LADDERS = laddersOf(SET)
const [VARIANT] = LADDERS.variants
assert.ok(VARIANT)
const TOP = VARIANT.clawback.length - 1
const { csv } = SET.plan

function stepFor(coin: Coin, tip: number, estimate: number | null = null, { emergency = false, sent = [] as SignedTransaction[], set = SET } = {}): Step {
  const sight: Sight = { coin, tip: tip as Height, behind: null, market: { estimate: estimate as Feerate | null, mempool_floor: 1_000 as Feerate } }
  return nextStep(set.plan, LADDERS, sight, { emergency, sent: new Set(sent) })
}

function firstOf(step: Step): SignedTransaction | undefined {
  return step.step === 'send' ? step.rungs[0] : undefined
}

const anyEstimate = fc.option(fc.integer({ min: 1_000, max: 1_000_000 }))

describe('the next step of a rescue', () => {
  it('begins with the rung that members would release now, whatever the market, and goes up from there', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 * csv }), anyEstimate, (blocks, estimate) => {
        const step = stepFor({ where: 'unvaulted', variant: VARIANT, height: 1_000 as Height, waiting: null }, 1_000 + blocks, estimate)
        assert.ok(step.step === 'send' && step.parent === null)
        const wanted = estimate === null ? 0 : VARIANT.clawback.findIndex(({ feerate }) => feerate >= estimate)
        const due = dueRung(floorRung(blocks, TOP, csv), TOP, wanted === -1 ? TOP : wanted)
        assert.deepEqual(step.rungs, VARIANT.clawback.slice(due))
        if (blocks >= csv / 2) assert.equal(firstOf(step), VARIANT.clawback[TOP])
      }),
    )
  })

  it('never goes below a rung of ours that is waiting', () => {
    fc.assert(
      fc.property(fc.nat({ max: csv }), anyEstimate, fc.nat({ max: TOP }), (blocks, estimate, present) => {
        const rung = VARIANT.clawback[present]
        assert.ok(rung)
        const coin: Coin = { where: 'unvaulted', variant: VARIANT, height: 1_000 as Height, waiting: { txid: rung.txid, rung } }
        const first = firstOf(stepFor(coin, 1_000 + blocks, estimate))
        assert.ok(first && first.feerate >= rung.feerate)
      }),
    )
  })

  it('keeps a clawback secret while U is unconfirmed, unless it is known already or the vault acts in the mempool', () => {
    const coin: Coin = { where: 'unvaulted', variant: VARIANT, height: null, waiting: null }
    assert.deepEqual(stepFor(coin, 1_000), { step: 'wait', until: 'unvault-confirms' })
    const [lowest] = VARIANT.clawback
    assert.ok(lowest)
    for (const step of [
      stepFor(coin, 1_000, null, { sent: [lowest] }),
      stepFor({ ...coin, waiting: { txid: lowest.txid, rung: lowest } }, 1_000),
      stepFor(coin, 1_000, null, { set: { ...SET, plan: { ...SET.plan, act_at: 'mempool' } } }),
    ]) {
      assert.ok(step.step === 'send' && step.parent === VARIANT.unvault && step.rungs[0] === lowest)
    }
  })

  it('sends emergency only where it is ordered or already public, the highest first', () => {
    const [low, high] = LADDERS.emergency
    assert.ok(low && high)
    const coin: Coin = { where: 'deposit', waiting: null }
    assert.deepEqual(stepFor(coin, 1_000), { step: 'wait', until: 'coin-moves' })
    assert.deepEqual(stepFor(coin, 1_000, null, { emergency: true }), { step: 'send', rungs: [high, low], parent: null })
    const waiting = { txid: high.txid, rung: high }
    assert.deepEqual(stepFor({ ...coin, waiting }, 1_000), { step: 'send', rungs: [high], parent: null })
    assert.equal(firstOf(stepFor(coin, 1_000, null, { sent: [low] })), high)
    const confirmed: Coin = { where: 'unvaulted', variant: VARIANT, height: 990 as Height, waiting: null }
    assert.equal(firstOf(stepFor(confirmed, 1_000, null, { emergency: true }))?.place.purpose, 'clawback')
  })
})
