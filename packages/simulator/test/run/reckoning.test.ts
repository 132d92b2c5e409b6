import assert from 'node:assert/strict'
import type { MemberIndex } from '@belfry/protocol/primitives'
import type { SimMember } from '../../src/member/index.ts'
import type { Guard } from '../../src/run/liveness.ts'
import { demandOrders } from '../../src/run/reckoning.ts'

const PERIOD_MS = 10_000
const NOW_MS = 5_000_000

interface How {
  readonly has_taken: boolean
  readonly is_starting?: boolean
  /** Periods ago. */
  readonly started?: number
}

/** Each holds one revocation. */
function member(index: number, { has_taken, is_starting = false, started = 100 }: How): SimMember {
  const held = { command: { anchor: { height: 10 }, what: { order: 'revoke' } }, taken_height: has_taken ? 17 : null }
  return {
    index: index as MemberIndex,
    options: { config: { federation: { timing: { heartbeat_ms: PERIOD_MS, suspect_periods: 3, dead_periods: 6 } } } },
    up_since_ms: NOW_MS - started * PERIOD_MS,
    state: {
      durable: { quarantine: null, vaults: new Map([['vault', { commands: new Map([['order', held]]) }]]) },
      volatile: { wait: { cause: 'start', phase: is_starting ? 'asking' : 'over' } },
    },
  } as unknown as SimMember
}

/** What the judge of the epoch that was asked is told, of a third member beside two that took the order in time. */
function toldOf(third: How): string[] {
  const told: string[] = []
  const judge = { fail: ({ name }: { name: string }, _detail: string, of: MemberIndex | null = null): number => told.push(`${name} at member ${of}`) }
  const core = [member(1, { has_taken: true }), member(2, { has_taken: true }), member(3, third)]
  demandOrders({ judge, b: 1 } as unknown as Guard, core, NOW_MS)
  return [...new Set(told)]
}

describe('an order that others took in time', () => {
  it('is demanded of every member of the core, before the judge of its epoch', () => {
    assert.deepEqual(toldOf({ has_taken: true }), [])
    assert.deepEqual(toldOf({ has_taken: false }), ['orders at member 3'])
    assert.deepEqual(toldOf({ has_taken: false, started: 1 }), ['orders at member 3'])
  })

  it('is not demanded of one that says that it starts, for as long as a start may last', () => {
    assert.deepEqual(toldOf({ has_taken: false, is_starting: true, started: 11 }), [])
    assert.deepEqual(toldOf({ has_taken: false, is_starting: true, started: 20 }), ['orders at member 3'])
  })
})
