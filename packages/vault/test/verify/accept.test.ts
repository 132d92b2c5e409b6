import assert from 'node:assert/strict'
import { acceptRecoverySet, RecoverySetRefused } from '../../src/index.ts'
import { FULL, planOf, signedSet } from '../support/plans.ts'
import { CONFIRMED, PLAN, PRESIGNED } from '../support/presigned.ts'

describe('acceptRecoverySet', () => {
  it('gives the set in the order of its plan, with what it found in the bytes', () => {
    const { transactions } = acceptRecoverySet(PLAN, PRESIGNED.toReversed(), CONFIRMED)
    assert.deepEqual(
      transactions.map(({ id }) => id),
      PRESIGNED.map(({ id }) => id),
    )
    assert.deepEqual(
      transactions.map(({ fee }) => fee),
      [316n, 338n, 1_690n, 8_450n, 42_250n, 1_580n, 39_500n],
    )
  })

  it('counts the anchor as paid out, not as fee', () => {
    const { transactions } = signedSet(planOf(FULL))
    const fees = ['clawback-2-0', 'anyone-can-pay-2', 'anchored-2', 'dead-man-2'].map(
      (id) => transactions.find((one) => one.id === id)?.fee,
    )
    assert.deepEqual(fees, [338n, 342n, 364n, 39_500n])
  })

  it('keeps its own copy of the bytes', () => {
    const raws = PRESIGNED.map(({ id, raw }) => ({ id, raw: raw.slice() }))
    const { transactions } = acceptRecoverySet(PLAN, raws, CONFIRMED)
    for (const { raw } of raws) raw.fill(0)
    assert.deepEqual(
      transactions.map(({ raw }) => raw),
      PRESIGNED.map(({ raw }) => raw),
    )
  })

  it('refuses with every finding', () => {
    assert.throws(
      () => acceptRecoverySet(PLAN, PRESIGNED.slice(2), CONFIRMED),
      (error: unknown) =>
        error instanceof RecoverySetRefused && error.code === 'set-refused' && error.findings.length > 2,
    )
  })
})
