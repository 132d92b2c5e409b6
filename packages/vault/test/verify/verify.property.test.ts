import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { equalBytes, outpointOf, sats, splitOutpoint, type Txid } from '@belfry/protocol/primitives'
import { feerate, type PresignedTransaction, scriptsOf, type VaultPlan, verifyRecoverySet } from '../../src/index.ts'
import { randomVault, signAll } from '../support/arbitraries.ts'
import { testKey } from '../support/keys.ts'
import { FULL, planOf, signedSet } from '../support/plans.ts'

const presigned = (set: ReturnType<typeof signedSet>): PresignedTransaction[] =>
  set.transactions.map(({ id, raw }) => ({ id, raw }))
const confirmed = (plan: VaultPlan) => ({ deep_cold_descriptor: scriptsOf(plan).deep_cold.descriptor })

describe('the verification of any set', () => {
  it('accepts what was built and signed from its plan', () => {
    fc.assert(
      fc.property(randomVault(), (vault) => {
        assert.deepEqual(verifyRecoverySet(vault.plan, presigned(signAll(vault)), confirmed(vault.plan)), [])
      }),
      { numRuns: 10, endOnFailure: true },
    )
  })

  it('finds every change of a single bit in any transaction', () => {
    const plan = planOf(FULL)
    const set = presigned(signedSet(plan))
    fc.assert(
      fc.property(fc.nat(set.length - 1), fc.nat(), fc.nat(7), (which, at, bit) => {
        const changed = set.map(({ id, raw }, index) => {
          const copy = raw.slice()
          if (index === which) copy[at % raw.length] = (raw[at % raw.length] ?? 0) ^ (1 << bit)
          return { id, raw: copy }
        })
        const findings = verifyRecoverySet(plan, changed, confirmed(plan))
        assert.ok(findings.some(({ id }) => id === set[which]?.id))
      }),
      { numRuns: 300 },
    )
  })

  it('finds a change of any single byte of each kind of transaction', () => {
    const plan = planOf(FULL)
    const set = presigned(signedSet(plan))
    for (const kind of ['anyone-can-pay-0', 'anchored-0', 'dead-man-0']) {
      const which = set.findIndex(({ id }) => id === kind)
      const { raw } = set[which] ?? assert.fail(`no ${kind}`)
      // The unvault is all that a clawback's verification needs besides.
      const unvault = set[0] ?? assert.fail('no unvault')
      for (let at = 0; at < raw.length; at++) {
        const changed = raw.slice()
        changed[at] = (changed[at] ?? 0) ^ 0x01
        const findings = verifyRecoverySet(plan, [unvault, { id: kind, raw: changed }], confirmed(plan))
        assert.ok(
          findings.some(({ id, code }) => id === kind && code !== 'transaction-missing'),
          `${kind}, byte ${at}`,
        )
      }
    }
  })

  it('finds every byte that was taken out, put in or overwritten at random', () => {
    const set = presigned(signedSet())
    const plan = planOf()
    const bytes = fc.uint8Array({ maxLength: 8 })
    fc.assert(
      fc.property(fc.nat(set.length - 1), fc.nat(), fc.nat(8), bytes, (which, at, taken, put) => {
        const { raw } = set[which] ?? assert.fail('no such transaction')
        const from = at % raw.length
        const spliced = Uint8Array.from([...raw.subarray(0, from), ...put, ...raw.subarray(from + taken)])
        fc.pre(!equalBytes(spliced, raw))
        const changed = set.map((one, index) => (index === which ? { id: one.id, raw: spliced } : one))
        assert.notDeepEqual(verifyRecoverySet(plan, changed, confirmed(plan)), [])
      }),
      { numRuns: 120 },
    )
  })

  it('survives any bytes in place of any transaction', () => {
    const set = presigned(signedSet())
    const plan = planOf()
    fc.assert(
      fc.property(fc.string(), fc.uint8Array({ maxLength: 400 }), fc.nat(set.length - 1), (id, raw, which) => {
        const changed = set.map((one, index) => (index === which ? { id: one.id, raw } : one))
        assert.notDeepEqual(verifyRecoverySet(plan, [...changed, { id, raw }], confirmed(plan)), [])
      }),
      { numRuns: 60 },
    )
  })
})

describe('a plan that differs in one field', () => {
  const plan = planOf()
  const set = presigned(signedSet(plan))
  const { txid } = splitOutpoint(plan.deposit.outpoint)
  const stranger = testKey('stranger').pub
  const rungs = plan.rungs

  const changes: { readonly [field: string]: Partial<VaultPlan> } = {
    'deposit txid': { deposit: { ...plan.deposit, outpoint: outpointOf('22'.repeat(32) as Txid, 0) } },
    'deposit vout': { deposit: { ...plan.deposit, outpoint: outpointOf(txid, 1) } },
    'deposit value': { deposit: { ...plan.deposit, value: sats(plan.deposit.value + 1n) } },
    'cold threshold': { cold: { ...plan.cold, threshold: 3 } },
    'cold key': { cold: { ...plan.cold, keys: [stranger, ...plan.cold.keys.slice(1)] } },
    'cold order': { cold: { ...plan.cold, keys: plan.cold.keys.toReversed() } },
    'hot key': { hot: stranger },
    'deep-cold key': { deep_cold: { kind: 'multi', threshold: 1, keys: [stranger] } },
    csv: { csv: 145 },
    'unvault rung': { rungs: { ...rungs, unvault: [feerate(3_000)] } },
    'unvault variants': { rungs: { ...rungs, unvault: [...rungs.unvault, feerate(20_000)] } },
    'clawback rung': { rungs: { ...rungs, clawback: [feerate(3_000), ...rungs.clawback.slice(1)] } },
    'fewer clawback rungs': { rungs: { ...rungs, clawback: rungs.clawback.slice(1) } },
    'emergency rung': { rungs: { ...rungs, emergency: [feerate(11_000), ...rungs.emergency.slice(1)] } },
  }
  for (const [field, change] of Object.entries(changes)) {
    it(`does not accept the set: ${field}`, () => {
      const other = { ...plan, ...change }
      assert.notDeepEqual(verifyRecoverySet(other, set, confirmed(other)), [])
    })
  }
})

describe('a full plan that differs in one field', () => {
  const plan = planOf(FULL)
  const set = presigned(signedSet(plan))
  const { rungs, fee_coins } = plan
  const dead_man = plan.dead_man ?? assert.fail('no heir')

  const changes: { readonly [field: string]: Partial<VaultPlan> } = {
    heir: { dead_man: { ...dead_man, heir: testKey('stranger').pub } },
    'no heir': { dead_man: null, rungs: { ...rungs, dead_man: [] } },
    after: { dead_man: { ...dead_man, after: 1_001 } },
    staging: { dead_man: { ...dead_man, staging_csv: 4_319 } },
    'dead-man rung': { rungs: { ...rungs, dead_man: [feerate(11_000), ...rungs.dead_man.slice(1)] } },
    'fewer dead-man rungs': { rungs: { ...rungs, dead_man: rungs.dead_man.slice(1) } },
    'no coin can join': { fee_coins: { ...fee_coins, anyone_can_pay: false } },
    'no anchor': { fee_coins: { ...fee_coins, anchored: false } },
  }
  it('would have been accepted without the difference', () => {
    assert.deepEqual(verifyRecoverySet(plan, set, confirmed(plan)), [])
  })
  for (const [field, change] of Object.entries(changes)) {
    it(`does not accept the set: ${field}`, () => {
      const other = { ...plan, ...change }
      assert.notDeepEqual(verifyRecoverySet(other, set, confirmed(other)), [])
    })
  }
})
