import assert from 'node:assert/strict'
import { sats } from '@belfry/protocol/primitives'
import { createPlan, feerate, MAX_KEYS, placesOf, type PlanRequest, scriptsOf } from '../../src/index.ts'
import { testKeys } from '../support/keys.ts'
import { COLD, DEEP_COLD, HEIR, HOT, planOf, pubs, request } from '../support/plans.ts'
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

  const count = (changes: Partial<PlanRequest>): number => placesOf(planOf(changes)).length
  const dead_man = { heir: HEIR.pub, after: 52_560 }

  it('has as many transactions as each profile promises, with an heir and without', () => {
    assert.deepEqual([count({}), count({ dead_man })], [7, 8])
    assert.deepEqual([count({ profile: 'standard' }), count({ profile: 'standard', dead_man })], [14, 16])
    assert.deepEqual([count({ profile: 'full' }), count({ profile: 'full', dead_man })], [21, 24])
    const anyone_can_pay = true
    assert.equal(count({ dead_man, fee_coins: { anyone_can_pay } }), 10)
    assert.equal(count({ profile: 'full', dead_man, fee_coins: { anyone_can_pay, anchored: false } }), 27)
    assert.equal(count({ profile: 'full', dead_man, fee_coins: { anyone_can_pay } }), 30)
  })

  it('adds the rung that outbids a padded anyone-can-pay clawback, once', () => {
    const fee_coins = { anyone_can_pay: true }
    assert.deepEqual(planOf({ fee_coins }).rungs.clawback, [2_000, 10_000, 50_000, 250_000, 1_000_000])
    const clawback = [feerate(2_000), feerate(1_200_000)]
    assert.deepEqual(planOf({ fee_coins, rungs: { clawback } }).rungs.clawback, clawback)
  })

  it('leaves that clawback out of a vault that cannot afford the rung, and says why', () => {
    const asked = { profile: 'full', fee_coins: { anyone_can_pay: true } } as const
    assert.equal(planOf({ ...asked, ...worth(8_450_000) }).fee_coins.anyone_can_pay, true)
    const { plan, left_out } = createPlan(request({ ...asked, ...worth(8_449_999) }))
    assert.deepEqual(plan.fee_coins, { anyone_can_pay: false, anchored: true })
    assert.deepEqual(
      left_out.map(({ purpose, feerate: rate, fee }) => [purpose, rate, fee]),
      [
        ['clawback', 1_000_000, 169_000n],
        ['anyone-can-pay', 1_000_000, 169_000n],
      ],
    )
    assert.match(left_out[1]?.reason ?? '', /a rung of 1000 sat\/vB \(169000 sat\), which this vault cannot afford/)
  })

  it('caps the dead man as it caps emergency', () => {
    const { plan, left_out } = createPlan(request({ profile: 'full', dead_man, ...worth(1_000_000) }))
    assert.deepEqual(plan.rungs.dead_man, [10_000, 50_000])
    assert.ok(left_out.some(({ purpose, feerate: rate }) => purpose === 'dead-man' && rate === 250_000))
    const dear = { rungs: { dead_man: [feerate(100_000)] } }
    const error = refused('vault-too-small', () => createPlan(request({ dead_man, ...dear, ...worth(100_000) })))
    assert.match(error.message, /the lowest dead-man rung cost up to 15800 sat; 2 % of a vault of 100000 sat is 2000 sat/)
  })

  it('takes 30 days of staging by default, and less on regtest only', () => {
    assert.equal(planOf({ dead_man }).dead_man?.staging_csv, 4_320)
    assert.equal(planOf({ dead_man: { ...dead_man, staging_csv: 1 } }).dead_man?.staging_csv, 1)
    const elsewhere = { network: 'signet', dead_man: { ...dead_man, staging_csv: 4_319 } } as const
    refused('dead-man-invalid', () => createPlan(request(elsewhere)))
  })

  it('refuses a silence that nSequence cannot say: above all one that disables the lock', () => {
    for (const after of [0, 65_536, 0x40_0000, 0x8000_0000, 0xffff_ffff, 1.5]) {
      refused('dead-man-invalid', () => createPlan(request({ dead_man: { ...dead_man, after } })))
    }
  })

  it('refuses an heir that holds another key of the vault, and dead-man rungs without an heir', () => {
    const [cold] = COLD
    for (const heir of [HOT, cold, DEEP_COLD[0]]) {
      assert.ok(heir !== undefined)
      refused('key-repeated', () => createPlan(request({ dead_man: { ...dead_man, heir: heir.pub } })))
    }
    refused('dead-man-invalid', () => createPlan(request({ rungs: { dead_man: [feerate(10_000)] } })))
    refused('feerates-invalid', () => createPlan(request({ dead_man, rungs: { dead_man: [] } })))
  })

  it('refuses as deep cold the staging address', () => {
    const address = scriptsOf(planOf({ dead_man })).staging?.address ?? ''
    refused('address-invalid', () => createPlan(request({ dead_man, deep_cold: { kind: 'address', address } })))
  })
})
