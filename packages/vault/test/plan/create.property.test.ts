import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { sats } from '@belfry/protocol/primitives'
import {
  buildRecoverySet,
  createPlan,
  dustThreshold,
  type PlanRequest,
  scriptsOf,
  signRecoverySet,
  VaultError,
  variantClawedBack,
  verifyRecoverySet,
} from '../../src/index.ts'
import { signerOf } from '../support/keys.ts'
import { COLD, HEIR, pubs, request } from '../support/plans.ts'

/** Above and below what each profile needs, most often near it. */
const values = fc.oneof(
  fc.integer({ min: 1, max: 200_000 }),
  fc.integer({ min: 200_000, max: 10_000_000 }),
  fc.integer({ min: 10_000_000, max: 1_000_000_000 }),
)

const requests: fc.Arbitrary<PlanRequest> = fc
  .record({
    value: values,
    percent: fc.integer({ min: 1, max: 50 }),
    profile: fc.constantFrom('compact', 'standard', 'full'),
    signing: fc.constantFrom('presigned', 'ephemeral'),
    fee_coins: fc.record({ anyone_can_pay: fc.boolean(), anchored: fc.boolean() }, { requiredKeys: [] }),
    after: fc.option(fc.integer({ min: 1, max: 65_535 })),
    threshold: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ value, percent, profile, signing, fee_coins, after, threshold }) =>
    request({
      deposit: { ...request().deposit, value: sats(value) },
      cold: { threshold, keys: pubs(COLD) },
      max_clawback_fee_percent: percent,
      profile,
      signing,
      fee_coins,
      dead_man: after === null ? null : { heir: HEIR.pub, after },
    }),
  )

/** undefined where the vault is too small, which is the one thing that these requests may be refused for */
function planned(asked: PlanRequest): ReturnType<typeof createPlan> | undefined {
  try {
    return createPlan(asked)
  } catch (error) {
    assert.ok(error instanceof VaultError && error.code === 'vault-too-small', String(error))
    return undefined
  }
}

describe('a plan of any profile, for a vault of any size', () => {
  it('is refused as too small, or builds, signs and verifies', () => {
    let made = 0
    fc.assert(
      fc.property(requests, (asked) => {
        const plan = planned(asked)?.plan
        if (plan === undefined) return
        made++
        const set = signRecoverySet(plan, pubs(COLD), signerOf(COLD))
        const presigned = set.transactions.map(({ id, raw }) => ({ id, raw }))
        const { descriptor } = scriptsOf(plan).deep_cold
        assert.deepEqual(verifyRecoverySet(plan, presigned, { deep_cold_descriptor: descriptor }), [])
      }),
      { numRuns: 40, endOnFailure: true },
    )
    assert.ok(made > 0)
  })

  it('costs no more than its limit, leaves no dust, and lets coins join only where a rung outbids who pads it', () => {
    fc.assert(
      fc.property(requests, (asked) => {
        const plan = planned(asked)?.plan
        if (plan === undefined) return
        const { rungs, fee_coins, deposit, max_clawback_fee_percent } = plan
        for (const { place, fee, pays, anchor } of buildRecoverySet(plan)) {
          assert.ok(pays.value >= dustThreshold(pays.script))
          assert.ok(anchor === null || anchor.value >= dustThreshold(anchor.script))
          const capped = ['clawback', 'emergency', 'dead-man'].includes(place.purpose)
          assert.ok(!capped || fee * 100n <= deposit.value * BigInt(max_clawback_fee_percent), place.purpose)
          assert.ok(variantClawedBack(place) === null || rungs.clawback.length >= 2)
        }
        assert.ok(!fee_coins.anyone_can_pay || rungs.clawback.some((rung) => rung >= 1_000_000))
        assert.equal(rungs.dead_man.length > 0, plan.dead_man !== null)
      }),
      { numRuns: 150 },
    )
  })

  it('leaves nothing out without saying it', () => {
    fc.assert(
      fc.property(requests, (asked) => {
        const made = planned(asked)
        if (made === undefined) return
        const { plan, left_out } = made
        const whole = createPlan({ ...asked, deposit: { ...asked.deposit, value: sats(100_000_000_000) } }).plan
        const count = ({ rungs }: typeof plan): number =>
          rungs.unvault.length + rungs.clawback.length + rungs.emergency.length + rungs.dead_man.length
        const means = Number(whole.fee_coins.anyone_can_pay) - Number(plan.fee_coins.anyone_can_pay)
        assert.equal(left_out.length, count(whole) - count(plan) + means)
      }),
      { numRuns: 150 },
    )
  })
})
