import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { toHex } from '@belfry/protocol/primitives'
import {
  acceptRecoverySet,
  acceptUnvaults,
  parseRecoverySet,
  parseUnvault,
  recoverySetToJson,
  scriptsOf,
  unvaultToJson,
} from '../../src/index.ts'
import { randomVault, signAll } from '../support/arbitraries.ts'
import { FULL, planOf, signedSet } from '../support/plans.ts'
import { onlyVaultErrors, refused } from '../support/refusals.ts'

const SET = signedSet()

describe('recovery-set.json', () => {
  it('alone is enough to have the whole set again', () => {
    fc.assert(
      fc.property(randomVault(5), (vault) => {
        const set = signAll(vault)
        const { plan, transactions } = parseRecoverySet(recoverySetToJson(set))
        const { descriptor } = scriptsOf(plan).deep_cold
        const again = acceptRecoverySet(plan, transactions, { deep_cold_descriptor: descriptor })
        assert.deepEqual(again, set)
        assert.equal(recoverySetToJson(again), recoverySetToJson(set))
      }),
      { numRuns: 8, endOnFailure: true },
    )
  })

  it('refuses another file, unknown fields and upper-case hex', () => {
    const json = recoverySetToJson(SET)
    refused('file-format', () => parseRecoverySet(unvaultToJson(SET)))
    refused('file-version', () => parseRecoverySet(json.replace('"version": 1', '"version": 9')))
    refused('file-unknown-field', () => parseRecoverySet(json.replace('"transactions"', '"colour": 1, "transactions"')))
    refused('file-malformed', () => parseRecoverySet(json.replace('"raw": "03000000', '"raw": "0300000F')))
    refused('file-inconsistent', () => parseRecoverySet(json.replace('"csv": 144', '"csv": 145')))
  })

  it('is refused where the bytes are not the transaction that it names', () => {
    const json = recoverySetToJson(SET)
    refused('file-inconsistent', () => parseRecoverySet(json.replace('"raw": "03000000', '"raw": "02000000')))
    refused('transaction-malformed', () => parseRecoverySet(json.replace('"raw": "03000000', '"raw": "03000000ff')))
  })

  it('is not trusted: a set with two transactions in the place of each other is refused when it is verified', () => {
    const swapped = recoverySetToJson(SET).replace('clawback-0-0', 'x').replace('clawback-0-1', 'clawback-0-0')
    const { plan, transactions } = parseRecoverySet(swapped.replace('"x"', '"clawback-0-1"'))
    const confirmed = { deep_cold_descriptor: scriptsOf(plan).deep_cold.descriptor }
    refused('set-refused', () => acceptRecoverySet(plan, transactions, confirmed))
  })

  it('throws nothing but its own error, whatever the text', () => {
    const json = recoverySetToJson(SET)
    fc.assert(fc.property(fc.json(), (text) => onlyVaultErrors(() => parseRecoverySet(text))))
    fc.assert(
      fc.property(fc.nat(json.length - 1), fc.string({ maxLength: 3 }), (at, text) =>
        onlyVaultErrors(() => parseRecoverySet(json.slice(0, at) + text + json.slice(at + text.length))),
      ),
    )
  })
})

describe('unvault.json', () => {
  const json = unvaultToJson(SET)

  it('holds the unvault, and not one byte of a clawback or emergency transaction', () => {
    const { plan, transactions } = parseUnvault(json)
    assert.deepEqual(acceptUnvaults(plan, transactions), SET.transactions.slice(0, 1))
    for (const { place, raw } of SET.transactions) {
      assert.equal(json.includes(toHex(raw)), place.purpose === 'unvault')
      // The signatures begin after the 94 stripped bytes, marker, flag and the first witness item.
      assert.equal(json.includes(toHex(raw.subarray(100, 160))), place.purpose === 'unvault')
    }
  })

  it('refuses another file', () => {
    refused('file-format', () => parseUnvault(recoverySetToJson(SET)))
    refused('file-malformed', () => parseUnvault('x'))
  })

  it('throws nothing but its own error, whatever the text', () => {
    fc.assert(fc.property(fc.json(), (text) => onlyVaultErrors(() => parseUnvault(text))))
  })
})

describe('the files of a full set', () => {
  const set = signedSet(planOf(FULL))

  it('hold it whole, and the unvaults alone', () => {
    const { plan, transactions } = parseRecoverySet(recoverySetToJson(set))
    const { descriptor } = scriptsOf(plan).deep_cold
    assert.deepEqual(acceptRecoverySet(plan, transactions, { deep_cold_descriptor: descriptor }), set)
    const hot = parseUnvault(unvaultToJson(set))
    assert.deepEqual(acceptUnvaults(hot.plan, hot.transactions), set.transactions.slice(0, 3))
  })

  it('name the heir and his script, which are checked', () => {
    const json = recoverySetToJson(set)
    const { staging } = scriptsOf(set.plan)
    assert.ok(staging !== null && json.includes(staging.descriptor))
    refused('file-inconsistent', () => parseRecoverySet(json.replace('"staging_csv": 4320', '"staging_csv": 4319')))
    refused('file-malformed', () => parseRecoverySet(json.replace('"after": 1000', '"after": 0')))
    refused('file-malformed', () => parseRecoverySet(json.replace('"after": 1000', '"after": 4294967295')))
  })
})
