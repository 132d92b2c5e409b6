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
  const context = { is_calm, is_lossless: false, isHonest: () => true, due: () => {}, fail: (detail: string) => failed.push(detail) } as unknown as Context
  const watcher = L3.watch(context)
  const immediate = tells.map((tell) => ({ effect: 'tell' as const, tell }))
  const output: Output = { records, immediate, afterDurable: [], wake_at_ms: 0 as Millis }
  watcher.onStep?.(member, tick, output, 0)
  for (const effect of immediate) watcher.onImmediate?.(member, effect)
  return failed
}

/** What L3 says where the one or the other of two members is not well, and the first tells this of the second. */
function failuresInVigil(mine: { is_full: boolean }, other: { is_full: boolean }): string[] {
  const failed: string[] = []
  const [teller, accused] = [mine, other].map((disk, at) => {
    return { index: (at + 1) as MemberIndex, disk, bitcoind: { seclusion: 'none' }, stand_in: null } as unknown as SimMember
  })
  assert.ok(teller && accused)
  const members = new Map([teller, accused].map((one) => [one.index, one]))
  const context = { is_calm: false, is_lossless: true, members, fail: (detail: string) => failed.push(detail) } as unknown as Context
  L3.watch(context).onImmediate?.(teller, { effect: 'tell', tell: { level: 'warn', event: 'peer-dead', member: accused.index } })
  return failed
}

describe('L3 of what is recorded', () => {
  it('fails where a vault is exposed and nobody is told', () => {
    assert.deepEqual(failuresOf([exposed], []), ['exposed was not told'])
  })

  it('holds where it is told in the same step', () => {
    assert.deepEqual(failuresOf([exposed], [{ level: 'error', event: 'exposed' }]), [])
  })

  it('fails, where one member alone is not well, at an alert of another about a third', () => {
    const [well, full] = [{ is_full: false }, { is_full: true }]
    assert.deepEqual(failuresInVigil(well, well), ['an alert about member 2, with whom nothing is wrong: peer-dead '])
    assert.deepEqual([...failuresInVigil(well, full), ...failuresInVigil(full, well)], [])
  })

  it('fails at any alert in a calm run, but for a block that was undone', () => {
    assert.deepEqual(failuresOf([], [{ level: 'warn', event: 'peer-suspect' }], true), ['an alert in a calm run: peer-suspect '])
    assert.deepEqual(failuresOf([], [{ level: 'warn', event: 'block-disconnected' }, { level: 'info', event: 'peer-alive' }], true), [])
  })
})
