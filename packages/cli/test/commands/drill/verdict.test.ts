import assert from 'node:assert/strict'
import type { ToldDrill } from '@belfry/client'
import { requirePassed } from '../../../src/commands/drill/verdict.ts'
import { makeFederation } from '../../../../client/test/support/federation.ts'

type Status = ToldDrill['statuses'][number]['status']

describe('the verdict on a drill', () => {
  /** b = 1 */
  const { federation } = makeFederation(4)
  const verdictOn = (...statuses: readonly Status[]) => {
    const drill = { command_hash: '', vault_id: '', level: 4, commanded_at_ms: 0, commanded_height: 0, held_back: [], trial: null } as never
    const told = { drill, reports: [], statuses: statuses.map((status, at) => ({ member: (at + 1) as never, status })) }
    return () => requirePassed(federation, told, 1)
  }

  it('is that it passed or failed only where more members say so than may lie', () => {
    assert.doesNotThrow(verdictOn('passed', 'passed', 'failed', 'running'))
    assert.throws(verdictOn('passed', 'running', 'running', 'running'), { code: 'drill-not-over' })
    assert.throws(verdictOn('failed', 'running', 'running', 'running'), { code: 'drill-not-over' })
    assert.throws(verdictOn('failed', 'abandoned', 'running', 'passed'), { code: 'drill-failed' })
  })

  it('is none where no member knows of it', () => {
    assert.throws(() => requirePassed(federation, null, 1), { code: 'drill-not-over', message: /no report of tower-1/ })
  })
})
