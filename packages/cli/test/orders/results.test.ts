import assert from 'node:assert/strict'
import type { CommandResult } from '@belfry/client'
import { outcomeOf } from '../../src/commands/vault/destroy.ts'
import { isInForce } from '../../src/orders/results.ts'
import { makeFederation } from '../../../client/test/support/federation.ts'

describe('an order that members took', () => {
  /** b = 1 */
  const { federation } = makeFederation(4)
  const taken = (...states: readonly ('accepted' | 'known' | 'held')[]): CommandResult[] =>
    states.map((state, at) => ({ member: at + 1, result: 'taken', state, height: 100 }) as never)

  it('is in force once more have taken it than may lie, and not while they hold it', () => {
    assert.equal(isInForce(federation, taken('accepted', 'known', 'held', 'held')), true)
    assert.equal(isInForce(federation, taken('accepted', 'held', 'held', 'held')), false)
  })

  it('is no destruction before a member has signed that it was', () => {
    assert.throws(() => outcomeOf({ federation, results: taken('held', 'held', 'held', 'held') }), { code: 'not-destroyed' })
  })
})
