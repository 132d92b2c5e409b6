import assert from 'node:assert/strict'
import type { Enrolled, ManifestState } from '@belfry/client'
import { requireHeld } from '../../../src/commands/vault/enrolled.ts'
import { makeFederation } from '../../../../client/test/support/federation.ts'

describe('an enrolment that all members hold', () => {
  /** b = 1 */
  const { federation } = makeFederation(5)
  const judge = (...states: readonly ManifestState[]) => () => {
    const told = states.map((state, at) => ({ member: (at + 1) as never, state }))
    const active = told.flatMap(({ member, state }) => (state === 'active' ? [member] : []))
    const receipts = told.map(({ member }) => ({ member, result: 'receipt' as const, frame: Uint8Array.of() }))
    const enrolled: Enrolled = { manifest_hash: '' as never, results: receipts, receipts, protected: true, states: told, active }
    requireHeld(federation, enrolled, 5, 'unvault.json was not written')
  }

  it('is for the hot device once all say that it is active', () => {
    assert.doesNotThrow(judge('active', 'active', 'active', 'active', 'active'))
    assert.throws(judge('active', 'active', 'active', 'active', 'waiting'), { code: 'not-active' })
  })

  it('is never for it again once another has taken its place, or it was taken back', () => {
    assert.throws(judge('superseded', 'superseded', 'superseded', 'active', 'superseded'), { code: 'enrolment-ended', message: /superseded/ })
    assert.throws(judge('superseded', 'active', 'active', 'active', 'active'), { code: 'not-active' }, 'as one that may lie says')
  })
})
