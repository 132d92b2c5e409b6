import assert from 'node:assert/strict'
import type { Input, LogRecord, Output, Tell } from '@belfry/protocol'
import type { MemberIndex, Millis, VaultId } from '@belfry/protocol/primitives'
import type { Context } from '../../src/invariants/index.ts'
import { L3 } from '../../src/invariants/l3-alerts.ts'
import type { SimMember } from '../../src/member/index.ts'

const member = { index: 1 as MemberIndex } as unknown as SimMember
const tick: Input = { kind: 'tick', at_ms: 0 as Millis }
const exposed: LogRecord = { record: 'exposed', vault_id: '00'.repeat(32) as VaultId }

/** What L3 says of one step. */
function failuresOf(records: readonly LogRecord[], tells: readonly Tell[], is_calm = false): string[] {
  const failed: string[] = []
  const context = { is_calm, isHonest: () => true, due: () => {}, fail: (detail: string) => failed.push(detail) } as unknown as Context
  const watcher = L3.watch(context)
  const immediate = tells.map((tell) => ({ effect: 'tell' as const, tell }))
  const output: Output = { records, immediate, afterDurable: [], wake_at_ms: 0 as Millis }
  watcher.onStep?.(member, tick, output, 0)
  for (const effect of immediate) watcher.onImmediate?.(member, effect)
  return failed
}

describe('L3 of what is recorded', () => {
  it('fails where a vault is exposed and nobody is told', () => {
    assert.deepEqual(failuresOf([exposed], []), ['exposed was not told'])
  })

  it('holds where it is told in the same step', () => {
    assert.deepEqual(failuresOf([exposed], [{ level: 'error', event: 'exposed' }]), [])
  })

  it('fails at any alert in a calm run, but for a block that was undone', () => {
    assert.deepEqual(failuresOf([], [{ level: 'warn', event: 'peer-suspect' }], true), ['an alert in a calm run: peer-suspect '])
    assert.deepEqual(failuresOf([], [{ level: 'warn', event: 'block-disconnected' }, { level: 'info', event: 'peer-alive' }], true), [])
  })
})
