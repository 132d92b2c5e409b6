import assert from 'node:assert/strict'
import type { ManifestState, WithdrawResult } from '@belfry/client'
import { requireWithdrawn } from '../../../src/commands/vault/withdraw.ts'
import { makeFederation } from '../../../../client/test/support/federation.ts'

describe('an enrolment that is taken back', () => {
  /** b = 1; 4 of 5 protect. */
  const { federation } = makeFederation(5)
  const judge = (...states: readonly ManifestState[]) => () =>
    requireWithdrawn(federation, states.map((state, at): WithdrawResult => ({ member: (at + 1) as never, result: 'state', state })))

  it('is so although one member says that it is active', () => {
    assert.doesNotThrow(judge('active', 'withdrawn', 'withdrawn', 'withdrawn', 'withdrawn'))
  })

  it('has become active only where more members say so than may lie', () => {
    assert.throws(judge('active', 'active', 'withdrawn', 'withdrawn', 'withdrawn'), { code: 'already-active' })
    assert.throws(judge('active', 'armed', 'withdrawn', 'withdrawn', 'withdrawn'), { code: 'not-withdrawn' })
    assert.throws(judge('armed', 'armed', 'armed', 'armed', 'armed'), { code: 'api-refused' })
  })
})
