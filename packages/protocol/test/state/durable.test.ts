import assert from 'node:assert/strict'
import { createCore, emptyDurable } from '../../src/index.ts'
import { durable } from '../../src/state/durable.ts'
import { fromCbor, toCbor } from '../../src/primitives/index.ts'
import * as fc from 'fast-check'
import { Seat } from '../core/seat.ts'
import { settingOf, vaultOf } from '../core/setting.ts'
import { isFuzzed, judgesAsCborg } from '../messages/codec.ts'

describe('a snapshot of the durable state', () => {
  const setting = settingOf(5)
  const vault = vaultOf(setting)
  const seat = Seat.guarding(vault, setting)
  seat.certified(vault)
  seat.work(vault)
  const bytes = toCbor(durable, seat.state.durable)

  it('is read back as it was written', () => {
    assert.deepEqual(toCbor(durable, fromCbor(durable, bytes)), bytes)
    assert.deepEqual(fromCbor(durable, toCbor(durable, emptyDurable())), emptyDurable())
    seat.checkDurable()
  })

  it('answers other bytes with its own error', () => {
    isFuzzed(
      (given) => fromCbor(durable, given),
      (value) => toCbor(durable, value),
      fc.constant(bytes),
      300,
    )
  })

  it('is judged as cborg judges it', () => judgesAsCborg(durable, fc.constant(bytes), 200))

  it('is what a core goes on from', () => {
    const { core } = seat
    const state = core.restore(fromCbor(core.snapshot, bytes))
    assert.deepEqual(toCbor(core.snapshot, core.durableOf(state)), bytes)
    assert.ok(createCore(state.config, setting.ports[0] ?? assert.fail()))
  })
})
