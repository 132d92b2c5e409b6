import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { equalBytes, outpointOf, sats, splitOutpoint, type Txid } from '@belfry/protocol/primitives'
import { feerate, type PresignedTransaction, scriptsOf, type VaultPlan, verifyRecoverySet } from '../../src/index.ts'
import { randomVault, signAll } from '../support/arbitraries.ts'
import { testKey } from '../support/keys.ts'
import { FULL, planOf, signedSet } from '../support/plans.ts'
import { findingsAlone } from '../support/presigned.ts'

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
        const { id, raw } = set[which] ?? assert.fail('no such transaction')
        const changed = raw.slice()
        changed[at % raw.length] = (changed[at % raw.length] ?? 0) ^ (1 << bit)
        assert.notDeepEqual(findingsAlone(set, { id, raw: changed }, plan), [])
      }),
      { numRuns: 300 },
    )
  })

  it('finds a change of any single byte of each kind of transaction', () => {
    const plan = planOf({ ...FULL, rungs: { unvault: [feerate(2_000)] } })
    const set = presigned(signedSet(plan))
    for (const kind of ['anyone-can-pay-0', 'anchored-0', 'dead-man-0']) {
      const { raw } = set.find(({ id }) => id === kind) ?? assert.fail(`no ${kind}`)
      assert.deepEqual(findingsAlone(set, { id: kind, raw }, plan), [])
      for (let at = 0; at < raw.length; at++) {
        const changed = raw.slice()
        changed[at] = (changed[at] ?? 0) ^ 0x01
        assert.notDeepEqual(findingsAlone(set, { id: kind, raw: changed }, plan), [], `${kind}, byte ${at}`)
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
