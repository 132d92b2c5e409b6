import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { parsePlan, planToJson, type VaultErrorCode } from '../../src/index.ts'
import { randomVault } from '../support/arbitraries.ts'
import { testKey } from '../support/keys.ts'
import { planOf } from '../support/plans.ts'
import { onlyVaultErrors, refused } from '../support/refusals.ts'

type Json = { [field: string]: Json } | Json[] | string | number | boolean | null

const GOOD = planToJson(planOf())

/** The plan with the field at this path set, or taken out where the value is undefined. */
function changed(path: string, value: Json | undefined): string {
  const root = JSON.parse(GOOD) as { [field: string]: Json }
  const steps = path.split('.')
  const last = steps.pop() ?? ''
  let at: { [field: string]: Json } = root
  for (const step of steps) at = at[step] as { [field: string]: Json }
  if (value === undefined) delete at[last]
  else at[last] = value
  return JSON.stringify(root)
}

describe('plan.json', () => {
  it('reads back what was written', () => {
    assert.deepEqual(parsePlan(GOOD), planOf())
    fc.assert(
      fc.property(randomVault(), ({ plan }) => {
        assert.deepEqual(parsePlan(planToJson(plan)), plan)
        assert.equal(planToJson(parsePlan(planToJson(plan))), planToJson(plan))
      }),
      { numRuns: 20, endOnFailure: true },
    )
  })

  it('is in snake_case, satoshis and RPC order', () => {
    const file = JSON.parse(GOOD) as { [field: string]: Json }
    assert.deepEqual(file['deposit'], { outpoint: `${'11'.repeat(32)}:0`, value: 50_000_000 })
    assert.equal(file['format'], 'belfry-vault-plan')
    assert.equal(file['version'], 1)
    assert.equal(file['max_clawback_fee_percent'], 2)
  })

  const refusals: [string, Json | undefined, VaultErrorCode][] = [
    ['format', 'belfry-unvault', 'file-format'],
    ['version', 2, 'file-version'],
    ['colour', 'blue', 'file-unknown-field'],
    ['deposit.colour', 'blue', 'file-unknown-field'],
    ['deposit.value', undefined, 'file-missing-field'],
    ['cold', undefined, 'file-missing-field'],
    ['network', 'testnet', 'file-malformed'],
    ['script_type', 'p2tr', 'file-malformed'],
    ['profile', 'largest', 'file-malformed'],
    ['act_at', 'never', 'file-malformed'],
    ['deposit.value', 0.5, 'file-malformed'],
    ['deposit.value', '50000000', 'file-malformed'],
    ['deposit.value', -1, 'file-malformed'],
    ['deposit.value', 2_100_000_000_000_001, 'file-malformed'],
    ['deposit.outpoint', '11'.repeat(32), 'file-malformed'],
    ['deposit.outpoint', `${'1F'.repeat(32)}:0`, 'file-malformed'],
    ['hot', `02${'f'.repeat(64)}`, 'file-malformed'],
    ['hot', 'xprv', 'file-malformed'],
    ['deep_cold.kind', 'descriptor', 'file-malformed'],
    ['csv', 11, 'csv-out-of-range'],
    ['csv', 65_536, 'file-malformed'],
    ['cold.threshold', 4, 'threshold-out-of-range'],
    ['rungs.clawback', [2_000, 2_500], 'feerates-invalid'],
    ['rungs.clawback', [2_000], 'feerates-invalid'],
    ['rungs.clawback', [2_000, 10_000, 9_000_000], 'feerates-invalid'],
    ['rungs.unvault', [], 'file-malformed'],
    ['rungs.unvault', [1_999], 'feerates-invalid'],
    ['max_clawback_fee_percent', 0, 'file-malformed'],
    ['signing', 'deleted', 'file-malformed'],
    ['signing', undefined, 'file-missing-field'],
    ['fee_coins', undefined, 'file-missing-field'],
    ['fee_coins.anchored', 1, 'file-malformed'],
    ['fee_coins.anyone_can_pay', true, 'fee-coins-unsafe'],
    ['fee_coins.colour', true, 'file-unknown-field'],
    ['dead_man', undefined, 'file-missing-field'],
    ['rungs.dead_man', [10_000], 'dead-man-invalid'],
    ['descriptors.staging', 'wsh(multi(1,x))#abcdefgh', 'file-inconsistent'],
    ['csv', 145, 'file-inconsistent'],
    ['hot', testKey('stranger').pub, 'file-inconsistent'],
    ['descriptors.deep_cold', 'wsh(multi(1,x))#abcdefgh', 'file-inconsistent'],
  ]
  for (const [path, value, code] of refusals) {
    it(`refuses ${path} = ${JSON.stringify(value)}: ${code}`, () => {
      const error = refused(code, () => parsePlan(changed(path, value)))
      if (code === 'file-malformed' || code === 'file-missing-field')
        assert.ok(error.message.includes(path.split('.')[0] ?? ''))
    })
  }

  it('refuses an address of another network as destination', () => {
    const plan = planOf({ deep_cold: { kind: 'address', address: 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080' } })
    const other = planToJson(plan).replaceAll(
      'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080',
      'tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx',
    )
    refused('address-invalid', () => parsePlan(other))
  })

  it('refuses as destination what no descriptor could hold either', () => {
    const plan = planOf({ deep_cold: { kind: 'address', address: 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080' } })
    const odd = planToJson(plan).replaceAll('bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080', 'bcrt1é')
    refused('address-invalid', () => parsePlan(odd))
  })

  it('refuses what is no JSON, no object, or endless', () => {
    refused('file-malformed', () => parsePlan(''))
    refused('file-malformed', () => parsePlan('{'))
    refused('file-malformed', () => parsePlan('[]'))
    refused('file-malformed', () => parsePlan('null'))
    refused('file-too-large', () => parsePlan(' '.repeat(4_000_001)))
    refused('file-malformed', () => parsePlan('['.repeat(100_000)))
  })

  it('throws nothing but its own error, whatever the text', () => {
    fc.assert(fc.property(fc.json(), (text) => onlyVaultErrors(() => parsePlan(text))))
    const paths = fc.constantFrom(
      'format',
      'network',
      'deposit',
      'deposit.outpoint',
      'cold.keys',
      'hot',
      'deep_cold',
      'deep_cold.kind',
      'csv',
      'rungs',
      'rungs.clawback',
      'descriptors',
      'descriptors.unvault',
      '__proto__',
      'constructor',
    )
    fc.assert(
      fc.property(paths, fc.jsonValue(), (path, value) =>
        onlyVaultErrors(() => parsePlan(changed(path, value as Json))),
      ),
    )
    fc.assert(
      fc.property(fc.nat(GOOD.length - 1), fc.string({ maxLength: 3 }), (at, text) =>
        onlyVaultErrors(() => parsePlan(GOOD.slice(0, at) + text + GOOD.slice(at + text.length))),
      ),
      { numRuns: 200 },
    )
  })
})
