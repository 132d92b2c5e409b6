import assert from 'node:assert/strict'
import { sats } from '@belfry/protocol/primitives'
import { createPlan, feerate, MAX_KEYS, type PlanRequest, scriptsOf } from '../../src/index.ts'
import { testKeys } from '../support/keys.ts'
import { COLD, HOT, planOf, pubs, request } from '../support/plans.ts'
import { refused } from '../support/refusals.ts'

const worth = (value: number): Partial<PlanRequest> => ({ deposit: { ...request().deposit, value: sats(value) } })

describe('createPlan', () => {
  it('takes the compact ladders, 144 blocks, confirmation and 2 percent by default', () => {
    const { plan, left_out } = createPlan(request())
    assert.deepEqual(plan.rungs, {
      unvault: [2_000],
      clawback: [2_000, 10_000, 50_000, 250_000],
      emergency: [10_000, 250_000],
      dead_man: [],
    })
    assert.deepEqual(plan.fee_coins, { anyone_can_pay: false, anchored: false })
    assert.equal(plan.dead_man, null)
    assert.equal(plan.signing, 'presigned')
    assert.deepEqual(left_out, [])
    assert.equal(plan.csv, 144)
    assert.equal(plan.act_at, 'confirmation')
    assert.equal(plan.max_clawback_fee_percent, 2)
  })

  it('leaves out rungs above the limit, and says why', () => {
    const { plan, left_out } = createPlan(request(worth(1_000_000)))
    assert.deepEqual(plan.rungs.clawback, [2_000, 10_000, 50_000])
    assert.deepEqual(plan.rungs.emergency, [10_000])
    assert.deepEqual(
      left_out.map(({ reason }) => reason),
      [
        'clawback at 250 sat/vB costs 42250 sat, 4.225 % of the vault; the limit is 2 %',
        'emergency at 250 sat/vB costs 39500 sat, 3.95 % of the vault; the limit is 2 %',
      ],
    )
  })

  it('keeps a rung that costs exactly the limit', () => {
    assert.equal(planOf(worth(2_112_500)).rungs.clawback.length, 4)
    assert.equal(planOf(worth(2_112_499)).rungs.clawback.length, 3)
  })

  it('refuses a vault where not even two clawback rungs fit, with the numbers', () => {
    const error = refused('vault-too-small', () => createPlan(request(worth(84_499))))
    assert.match(error.message, /cost up to 1690 sat; 2 % of a vault of 84499 sat is 1689 sat/)
    assert.match(error.remedy, /at least 84500 sat/)
    assert.equal(planOf(worth(84_500)).rungs.clawback.length, 2)
  })

  it('refuses a vault whose transactions would leave dust', () => {
    const dear = { rungs: { unvault: [feerate(1_000_000)] } }
    refused('vault-too-small', () => createPlan(request({ ...worth(158_400), ...dear })))
    refused('vault-too-small', () => createPlan(request(worth(0))))
  })

  it('refuses a window that is too short for its network, or longer than a relative lock holds', () => {
    refused('csv-out-of-range', () => createPlan(request({ csv: 11 })))
    assert.equal(planOf({ csv: 12 }).csv, 12)
    refused('csv-out-of-range', () => createPlan(request({ csv: 143, network: 'mainnet' })))
    assert.equal(planOf({ csv: 144, network: 'mainnet' }).csv, 144)
    assert.equal(planOf({ csv: 65_535 }).csv, 65_535)
    refused('csv-out-of-range', () => createPlan(request({ csv: 65_536 })))
    refused('csv-out-of-range', () => createPlan(request({ csv: 144.5 })))
  })

  it('refuses ladders that do not rise by at least 1 sat/vB from 2 sat/vB', () => {
    const clawback = (...rates: number[]) => request({ rungs: { clawback: rates.map(feerate) } })
    refused('feerates-invalid', () => createPlan(clawback(1_999, 10_000)))
    refused('feerates-invalid', () => createPlan(clawback(10_000, 2_000)))
    refused('feerates-invalid', () => createPlan(clawback(2_000, 2_999)))
    refused('feerates-invalid', () => createPlan(clawback()))
    assert.deepEqual(createPlan(clawback(2_000, 3_000)).plan.rungs.clawback, [2_000, 3_000])
    refused('feerates-invalid', () => createPlan(clawback(2_000)))
    refused('feerates-invalid', () =>
      createPlan(clawback(...Array.from({ length: 9 }, (_, rung) => 2_000 * (rung + 1)))),
    )
  })

  it('refuses thresholds that no key set can meet', () => {
    const cold = (threshold: number, n: number) => request({ cold: { threshold, keys: pubs(testKeys('t', n)) } })
    refused('threshold-out-of-range', () => createPlan(cold(4, 3)))
    refused('threshold-out-of-range', () => createPlan(cold(0, 3)))
    refused('threshold-out-of-range', () => createPlan(cold(0, 0)))
    refused('threshold-out-of-range', () => createPlan(cold(2, MAX_KEYS + 1)))
    refused('threshold-out-of-range', () =>
      createPlan(request({ deep_cold: { kind: 'multi', threshold: 3, keys: [] } })),
    )
  })

  it('refuses one key in two places: whoever steals it must not hold both', () => {
    const [c1] = pubs(COLD)
    assert.ok(c1 !== undefined)
    refused('key-repeated', () => createPlan(request({ cold: { threshold: 2, keys: [c1, c1, HOT.pub] } })))
    refused('key-repeated', () => createPlan(request({ hot: c1 })))
    refused('key-repeated', () => createPlan(request({ deep_cold: { kind: 'multi', threshold: 1, keys: [c1] } })))
  })

  it('takes an address as destination, but none of the vault itself', () => {
    const address = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080'
    assert.deepEqual(planOf({ deep_cold: { kind: 'address', address } }).deep_cold, { kind: 'address', address })
    refused('address-invalid', () => createPlan(request({ deep_cold: { kind: 'address', address: 'bcrt1q' } })))
    for (const own of [scriptsOf(planOf()).deposit, scriptsOf(planOf()).unvault]) {
      refused('address-invalid', () => createPlan(request({ deep_cold: { kind: 'address', address: own.address } })))
    }
  })

  it('refuses a limit that is no whole percent from 1 to 50', () => {
    for (const percent of [0, 51, 1.5, Number.NaN]) {
      refused('percent-out-of-range', () => createPlan(request({ max_clawback_fee_percent: percent })))
    }
  })

  it('does not hold on to what it was given', () => {
    const keys = pubs(COLD)
    const { plan } = createPlan(request({ cold: { threshold: 2, keys } }))
    keys.reverse()
    assert.deepEqual(plan.cold.keys, pubs(COLD))
  })
})
