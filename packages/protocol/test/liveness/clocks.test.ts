import assert from 'node:assert/strict'
import { clockOffset } from '../../src/index.ts'
import type { Millis } from '../../src/primitives/index.ts'
import { Seat } from '../core/seat.ts'
import { blockAt, settingOf } from '../core/setting.ts'
import { quietHeartbeat } from '../messages/heartbeat.ts'
import { peerOf, periods, reporting, toldOf } from './periods.ts'

const setting = settingOf(5)
const { dead_periods } = setting.federation.timing
const HOUR_MS = 3_600_000

function started(): Seat {
  const seat = new Seat(setting)
  seat.begin()
  return seat
}

/** Members whose clocks are off by so much. */
const off = (seat: Seat, ms: Readonly<Record<number, number>>) => ({
  head: (member: number) => ({ sent_at: (seat.now_ms + (ms[member] ?? 0)) as Millis }),
})

describe('the clock of a peer', () => {
  it('that is an hour off is flagged and told once, and the peer lives on; and once it is right again', () => {
    for (const ms of [HOUR_MS, -HOUR_MS]) {
      const seat = started()
      periods(seat, 12, off(seat, { 4: ms }))
      assert.equal(clockOffset(peerOf(seat, 4)), ms)
      assert.equal(peerOf(seat, 4).life, 'alive')
      assert.deepEqual(toldOf(seat, 'clock-skewed'), [4])
      periods(seat, 12)
      assert.deepEqual(toldOf(seat, 'clock-agrees'), [4])
    }
  })

  it('that most others contradict is mine where they agree', () => {
    const seat = started()
    periods(seat, 5, off(seat, { 2: HOUR_MS, 3: HOUR_MS, 4: HOUR_MS, 5: HOUR_MS }))
    assert.deepEqual(toldOf(seat, 'clock-skewed'), [1])
  })

  it('is as it was told where fewer clocks than most members\' are known', () => {
    const seat = started()
    periods(seat, 12, off(seat, { 2: HOUR_MS, 3: HOUR_MS, 4: HOUR_MS, 5: HOUR_MS }))
    periods(seat, 12, { ...off(seat, { 2: HOUR_MS }), from: [2] })
    assert.deepEqual(toldOf(seat, 'clock-skewed'), [1])
    assert.deepEqual(toldOf(seat, 'clock-agrees'), [])
  })

  it('is as it was told where one half of the clocks contradicts the other', () => {
    const seat = started()
    periods(seat, 12, off(seat, { 2: HOUR_MS, 3: HOUR_MS, 4: HOUR_MS }))
    assert.deepEqual(toldOf(seat, 'clock-skewed'), [5, 1])
    periods(seat, 12, { ...off(seat, { 2: HOUR_MS, 3: HOUR_MS }), from: [2, 3, 5] })
    assert.deepEqual(toldOf(seat, 'clock-agrees'), [])
  })

  it('is not off for a few messages that were long under way', () => {
    const seat = started()
    periods(seat, 6)
    periods(seat, 3, off(seat, { 2: -45_000 }))
    periods(seat, 6)
    assert.deepEqual(seat.tells('clock-skewed'), [])
  })

  it('is not known from one heartbeat', () => {
    const seat = started()
    periods(seat, 1)
    assert.equal(clockOffset(peerOf(seat, 2)), null)
  })
})

describe('a heartbeat that another member hands over', () => {
  const heartbeatOf = (seat: Seat, ms: number, height: number | null) =>
    seat.frame(3, 'heartbeat', quietHeartbeat({ tip: height === null ? null : blockAt(height) }), { head: { sent_at: (seat.now_ms + ms) as Millis } })

  it('is none of now where it was sent long ago, as are those of a dead member that are replayed to one that has just started', () => {
    const seat = started()
    seat.connectMany(6)
    for (let period = 0; period <= dead_periods; period++) {
      assert.equal(seat.receive(heartbeatOf(seat, -HOUR_MS, 101), 4), 'stale')
      periods(seat, 1, { from: [2, 4, 5], says: () => reporting(3) })
    }
    assert.equal(peerOf(seat, 3).life, 'dead')
  })

  it('is of now where its sender names a block that was found just now, or hands it over itself', () => {
    const seat = started()
    seat.connectMany(6)
    assert.equal(seat.receive(heartbeatOf(seat, -HOUR_MS, seat.tip), 4), 'accepted')
    assert.equal(seat.receive(heartbeatOf(seat, -HOUR_MS, 101), 3), 'accepted')
  })

  it('is judged by its sender\'s own clock once that is known', () => {
    const seat = started()
    seat.connectMany(6)
    periods(seat, 3, off(seat, { 3: -HOUR_MS }))
    assert.equal(seat.receive(heartbeatOf(seat, -HOUR_MS, 101), 4), 'accepted')
    assert.equal(seat.receive(heartbeatOf(seat, -HOUR_MS - 120_000, 101), 4), 'stale')
  })
})
