import assert from 'node:assert/strict'
import { TIP_CLASSES, isUnwell } from '../../src/index.ts'
import type { Feerate } from '../../src/primitives/index.ts'
import { Seat } from '../core/seat.ts'
import { settingOf, vaultOf } from '../core/setting.ts'
import { periods } from '../liveness/periods.ts'

const setting = settingOf(5)

describe('a member whose own chain contains the trigger', () => {
  for (const one of TIP_CLASSES) {
    it(`votes though its tip is ${one} and it hears nobody`, () => {
      const seat = Seat.guarding(vaultOf(setting), setting)
      periods(seat, 2)
      seat.state.volatile.own_tip.class = one
      seat.state.volatile.is_isolated = true
      seat.theftConfirmed(vaultOf(setting))
      // The wait after a start is over by time, if not by answers (guard/waiting.ts).
      periods(seat, 2 * setting.federation.timing.dead_periods + 1)
      assert.ok(seat.sent('vote').length > 0)
    })
  }
})

describe('being unwell', () => {
  it('is to be off the others\' tip, cut off, or without bitcoind', () => {
    const seat = new Seat(setting)
    seat.begin()
    const { volatile } = seat.state
    const found = TIP_CLASSES.map((one) => {
      volatile.own_tip.class = one
      return isUnwell(seat.state)
    })
    assert.deepEqual(found, [false, false, true, true, true, true])
    volatile.own_tip.class = 'in-sync'
    volatile.is_isolated = true
    assert.equal(isUnwell(seat.state), true)
    volatile.is_isolated = false
    seat.chain({ event: 'chain-health', state: 'syncing', estimate: null, mempool_floor: 0 as Feerate, implementation: 'test' })
    assert.equal(isUnwell(seat.state), true)
  })
})
