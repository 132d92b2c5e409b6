import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { outpointOf, parseTxid, sats } from '@belfry/protocol/primitives'
import { OUTBIDDING_FEERATE } from '../../src/plan/fee-coins.ts'
import {
  anchoredCarries, anyoneCanPayCarries, buildSplit, decodeTransaction, type FeeCoin, feerate, MIN_FEE_COIN, planSplit,
  poolTargets, splitVsize,
} from '../../src/index.ts'
import { coinSigner } from '../support/fee-parents.ts'
import { testKey, testKeys } from '../support/keys.ts'

const KEY = testKey('split')
const TO = testKeys('split-to', 16)
const BOTH = poolTargets({ anyone_can_pay: true, anchored: true })
const RATE = feerate(3_000)

function coins(...values: number[]): FeeCoin[] {
  return values.map((value, vout) => ({
    outpoint: outpointOf(parseTxid('33'.repeat(32)), vout), value: sats(value), key: KEY.pub,
  }))
}

const sum = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n)

describe('the pool of fee coins', () => {
  it('should hold the largest size first, then steps of A and a child of P for two incidents', () => {
    assert.deepEqual(
      poolTargets({ anyone_can_pay: true, anchored: false }),
      [948_000n, 237_000n, 237_000n, 379_200n, 379_200n, 592_500n, 592_500n, 948_000n],
    )
    assert.equal(poolTargets({ anyone_can_pay: false, anchored: true }).length, 2)
    assert.equal(BOTH.length, 10)
    assert.ok(anchoredCarries(BOTH[0] ?? assert.fail()) >= 1_000_000)
    assert.deepEqual(poolTargets({ anyone_can_pay: false, anchored: false }), [])
  })

  it('has a coin for every bid of an A that follows a rung of 1,000 sat/vB, and no smaller one', () => {
    const pool = planSplit(coins(6_000_000), poolTargets({ anyone_can_pay: true, anchored: false }), RATE)?.outputs.slice(0, 8) ?? []
    for (let asked: number = OUTBIDDING_FEERATE; asked <= 4 * OUTBIDDING_FEERATE; asked += 100_000) {
      const fit = pool.filter((value) => anyoneCanPayCarries(value) >= asked)
      const [smallest] = fit.toSorted((a, b) => Number(a - b))
      assert.ok(smallest !== undefined, `${asked} sat/kvB`)
      assert.ok(anyoneCanPayCarries(smallest) <= asked * 1.6, 'and none that is much too large')
    }
    assert.ok(pool.every((value) => anyoneCanPayCarries(value) >= OUTBIDDING_FEERATE))
  })

  it('is split off a large coin once', () => {
    const plan = planSplit(coins(5_000_000), BOTH, RATE)
    assert.ok(plan !== null)
    assert.deepEqual(plan.outputs.slice(0, BOTH.length), BOTH)
    const pool = coins(...plan.outputs.map(Number))
    assert.equal(planSplit(pool, BOTH, RATE), null)
  })

  it('stays whole while it could not hold the largest size as well: a split would lower what it carries', () => {
    assert.equal(planSplit(coins(300_000), BOTH, RATE), null)
    assert.equal(planSplit(coins(200_000, 100_000), BOTH, RATE), null)
    assert.equal(planSplit([], BOTH, RATE), null)
    assert.equal(planSplit(coins(5_000_000), [], RATE), null)
  })

  it('is never worth less than before but for the fee, and ends', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1_000, max: 6_000_000 }), { maxLength: 12 }),
        fc.integer({ min: 1_000, max: 20_000 }),
        fc.boolean(),
        fc.boolean(),
        (values, rate, anyone_can_pay, anchored) => {
          const targets = poolTargets({ anyone_can_pay, anchored })
          let pool = coins(...values)
          for (let rounds = 0; ; rounds++) {
            assert.ok(rounds < 12, 'it never ends')
            const plan = planSplit(pool, targets, feerate(rate))
            if (plan === null) return
            const inputs = plan.inputs.map(({ value }) => value)
            assert.equal(sum(inputs), sum(plan.outputs) + plan.fee)
            const vsize = splitVsize(plan.inputs.length, plan.outputs.length)
            assert.ok(plan.fee >= BigInt(Math.floor((vsize * rate) / 1_000)))
            assert.ok(plan.fee <= BigInt(Math.ceil((vsize * rate) / 1_000)) + MIN_FEE_COIN + 800n)
            assert.ok(plan.outputs.every((value) => value >= MIN_FEE_COIN) && plan.outputs.length <= 16)
            const ceiling = pool.reduce((most, { value }) => (value > most ? value : most), 0n)
            const left = pool.filter((coin) => !plan.inputs.includes(coin)).map(({ value }) => Number(value))
            pool = coins(...left, ...plan.outputs.map(Number))
            const after = pool.reduce((most, { value }) => (value > most ? value : most), 0n)
            const first = targets[0] ?? 0n
            assert.ok(after >= (ceiling < first ? ceiling : first), 'it carries as much as before, or the largest size')
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  it('is built as planned, and pays the feerate', () => {
    const plan = planSplit(coins(2_900_000, 800_000), BOTH, RATE) ?? assert.fail()
    const split = buildSplit({ plan, keys: TO.map(({ pub }) => pub), sign: coinSigner([KEY]) })
    const decoded = decodeTransaction(split.raw)
    assert.equal(decoded.txid, split.txid)
    assert.deepEqual(decoded.outputs.map(({ value }) => value), plan.outputs)
    assert.equal(new Set(decoded.outputs.map(({ script }) => script.join())).size, plan.outputs.length)
    assert.ok(split.fee * 1_000n >= BigInt(decoded.vsize * RATE))
  })

  it('tells what one coin carries', () => {
    assert.equal(anyoneCanPayCarries(sats(237_000)), 1_000_000)
    assert.equal(anyoneCanPayCarries(sats(23_700)), 100_000)
  })
})
