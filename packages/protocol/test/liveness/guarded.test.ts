import assert from 'node:assert/strict'
import { type Durable, guardedRoot } from '../../src/index.ts'
import { Seat } from '../core/seat.ts'
import { hasher, settingOf, vaultOf } from '../core/setting.ts'
import { periods } from './periods.ts'

const setting = settingOf(5)
const vaults = Array.from({ length: 5 }, (_, at) => vaultOf(setting, { label: `vault ${at}`, rates: [2], emergency: [10] }))

/** The vaults of so many, in this order. */
function holding(order: readonly number[]): Pick<Durable, 'vaults'> {
  const seat = new Seat(setting)
  seat.begin()
  for (const at of order) {
    const vault = vaults[at]
    assert.ok(vault)
    seat.enrol(vault)
  }
  return seat.state.durable
}

describe('the root of what a member guards', () => {
  it('is zeros for nothing, and another one with each vault', () => {
    const roots = [[], [0], [0, 1], [0, 1, 2], [0, 1, 2, 3], [0, 1, 2, 3, 4]].map((order) => guardedRoot(hasher, holding(order)))
    assert.equal(roots[0], '00'.repeat(32))
    assert.equal(new Set(roots).size, roots.length)
  })

  it('does not depend on the order in which they came', () => {
    assert.equal(guardedRoot(hasher, holding([3, 0, 4, 1, 2])), guardedRoot(hasher, holding([0, 1, 2, 3, 4])))
  })

  it('is told in heartbeats, anew when a vault has joined', () => {
    const seat = new Seat(setting)
    seat.begin()
    periods(seat, 1)
    const before = seat.sent('heartbeat').at(-1)?.body.guarded_root
    seat.enrol(vaultOf(setting))
    periods(seat, 1)
    const after = seat.sent('heartbeat').at(-1)?.body.guarded_root
    assert.deepEqual([before, after], ['00'.repeat(32), guardedRoot(hasher, seat.state.durable)])
    assert.notEqual(before, after)
  })
})
