import assert from 'node:assert/strict'
import type { LockHash } from '../../src/primitives/index.ts'
import { Seat } from '../core/seat.ts'
import { hexOf, settingOf } from '../core/setting.ts'
import { quietHeartbeat } from '../messages/heartbeat.ts'

const setting = settingOf(5)
const [one, other, third] = [hexOf('one lock'), hexOf('another lock'), hexOf('a third lock')] as [LockHash, LockHash, LockHash]

function hears(seat: Seat, from: number, next_lock: LockHash | null): void {
  seat.say(from, 'heartbeat', quietHeartbeat({ next_lock }), { head: { boot: 1 } })
}

function seatWith(next_lock: LockHash | null, refused_locks: readonly LockHash[] = []): Seat {
  const seat = new Seat(setting)
  seat.state = { ...seat.state, config: { ...seat.state.config, next_lock, refused_locks } }
  seat.begin()
  return seat
}

describe('a lock that others serve after this one', () => {
  it('is told of once, where more members name it than may lie', () => {
    const seat = seatWith(null)
    hears(seat, 2, one)
    hears(seat, 2, one)
    assert.deepEqual(seat.tells('successor-unknown'), [])
    hears(seat, 3, one)
    hears(seat, 4, one)
    assert.deepEqual(seat.tells('successor-unknown').map(({ level, detail }) => [level, detail]), [['warn', one]])
    assert.deepEqual(seat.tells('successor-differs'), [])
  })

  it('is not unknown to a member that was given it, and another that follows the same one', () => {
    const seat = seatWith(null, [one, other])
    for (const from of [2, 3]) hears(seat, from, one)
    for (const from of [4, 5]) hears(seat, from, other)
    assert.deepEqual(seat.tells('successor-unknown'), [])
    for (const from of [2, 3]) hears(seat, from, third)
    assert.deepEqual(seat.tells('successor-unknown').map(({ detail }) => detail), [third])
  })

  it('is an alarm where this member serves another, be it that it was given both', () => {
    const seat = seatWith(one, [other])
    for (const from of [4, 5]) hears(seat, from, other)
    assert.deepEqual(seat.tells('successor-differs').map(({ level, detail }) => [level, detail]), [['error', other]])
  })

  it('is an alarm where this member serves another', () => {
    const seat = seatWith(one)
    for (const from of [2, 3]) hears(seat, from, one)
    assert.deepEqual(seat.tells('successor-unknown'), [])
    for (const from of [4, 5]) hears(seat, from, other)
    assert.deepEqual(seat.tells('successor-differs').map(({ level, detail }) => [level, detail]), [['error', other]])
    seat.pass(10_000)
    assert.equal(seat.sent('heartbeat').at(-1)?.body.next_lock, one)
  })
})
