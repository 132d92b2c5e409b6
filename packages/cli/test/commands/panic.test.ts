import assert from 'node:assert/strict'
import type { MemberIndex } from '@belfry/client'
import { outcomeOf } from '../../src/commands/panic/index.ts'
import { makeFederation } from '../../../client/test/support/federation.ts'

describe('what came of a panic', () => {
  /** b = 1 */
  const { federation } = makeFederation(4)
  const outcome = (...statuses: readonly string[]) =>
    outcomeOf(federation, { incident_id: 'ab', statuses: statuses.map((status, at) => ({ member: (at + 1) as MemberIndex, status })) }, [], 1)

  it('is a recovery, or a loss, only where more members say so than may lie', () => {
    assert.equal(outcome('recovered', 'secured', 'open', 'lost').json['recovered'], true)
    assert.equal(outcome('recovered', 'open', 'open', 'lost').json['recovered'], false)
    assert.throws(() => outcome('lost', 'lost', 'open', 'recovered'), { code: 'coin-lost' })
  })
})
