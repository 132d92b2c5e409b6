import assert from 'node:assert/strict'
import { MESSAGE_VERSION, flagsOf } from '../../src/index.ts'
import { Seat } from '../core/seat.ts'
import { settingOf } from '../core/setting.ts'
import { quietHeartbeat } from '../messages/heartbeat.ts'
import { peerOf, periods, toldOf } from './periods.ts'

const setting = settingOf(5)
const { heartbeat_ms } = setting.federation.timing

function started(): Seat {
  const seat = new Seat(setting)
  seat.begin()
  return seat
}

const flags = (seat: Seat, member: number) => flagsOf(seat.state.durable, member as Parameters<typeof flagsOf>[1], peerOf(seat, member))

describe('a peer that speaks another version', () => {
  it('is flagged at its first word, told once, and no more once it is understood again', () => {
    const seat = started()
    periods(seat, 2)
    for (let at = 0; at < 3; at++) {
      assert.equal(seat.say(4, 'heartbeat', quietHeartbeat(), { head: { version: MESSAGE_VERSION + 1 } }), 'unknown-version')
    }
    assert.deepEqual(flags(seat, 4), ['incompatible'])
    periods(seat, 2)
    assert.deepEqual(flags(seat, 4), ['incompatible'])
    periods(seat, 1)
    assert.deepEqual(flags(seat, 4), [])
    assert.deepEqual([toldOf(seat, 'peer-incompatible'), toldOf(seat, 'peer-compatible')], [[4], [4]])
  })

  it('is known by its frames of another lock, too', () => {
    const seat = started()
    assert.equal(seat.say(2, 'heartbeat', quietHeartbeat(), { head: { lock_prefix: '00'.repeat(8) } }), 'foreign-lock')
    assert.deepEqual(toldOf(seat, 'peer-incompatible'), [2])
  })

  it('is not whoever speaks of a kind that I do not know: a later version may add some', () => {
    const seat = started()
    assert.equal(seat.receive(seat.frameOf(2, { kind: 'gossip-of-tomorrow' }), 2), 'unknown-kind')
    assert.deepEqual(flags(seat, 2), [])
  })
})

describe('two processes on one key', () => {
  /** A period in which both speak. */
  function both(seat: Seat, seq: number): void {
    seat.say(3, 'heartbeat', quietHeartbeat(), { head: { boot: 6, seq } })
    seat.pass(heartbeat_ms / 2)
    seat.say(3, 'heartbeat', quietHeartbeat({ software: 'the other' }), { head: { boot: 5, seq } })
    seat.pass(heartbeat_ms / 2)
  }

  it('are not seen in what others replay of one whose clock was set back', () => {
    const seat = started()
    const hour_ms = 3_600_000
    const early: Uint8Array[] = []
    for (let seq = 1; seq <= 5; seq++) {
      const frame = seat.frame(3, 'heartbeat', quietHeartbeat(), { head: { boot: 6, seq, sent_at: (seat.now_ms + hour_ms) as never } })
      early.push(frame)
      assert.equal(seat.receive(frame, 3), 'accepted')
      seat.pass(heartbeat_ms)
    }
    early.forEach((frame, at) => {
      seat.say(3, 'heartbeat', quietHeartbeat(), { head: { boot: 6, seq: 6 + at } })
      // As after a busy time: among many members, it is not long that each message is remembered.
      seat.state.volatile.seen.clear()
      assert.equal(seat.receive(frame, 4), 'stale')
      seat.pass(heartbeat_ms)
    })
    assert.deepEqual(flags(seat, 3), [])
  })

  it('are noticed after some periods, told once, and forgotten when only one is heard for long', () => {
    const seat = started()
    for (let at = 1; at <= 6; at++) both(seat, at)
    assert.deepEqual(flags(seat, 3), ['duplicate'])
    assert.deepEqual(toldOf(seat, 'duplicate-instance'), [3])
    for (let at = 7; at < 70; at++) {
      seat.say(3, 'heartbeat', quietHeartbeat(), { head: { boot: 6, seq: at } })
      seat.pass(heartbeat_ms)
    }
    assert.deepEqual(flags(seat, 3), [])
    assert.deepEqual(toldOf(seat, 'duplicate-gone'), [3])
  })

  it('are not what a member looks like whose old messages others replay after its restart', () => {
    const seat = started()
    const old = Array.from({ length: 40 }, (_, at) => {
      seat.now_ms += 10
      return seat.frame(3, 'heartbeat', quietHeartbeat(), { head: { boot: 5, seq: at + 1 } })
    })
    for (const [at, bytes] of old.entries()) {
      seat.say(3, 'heartbeat', quietHeartbeat(), { head: { boot: 6, seq: at + 1 } })
      assert.equal(seat.receive(bytes, at % 2 === 0 ? 3 : 4), 'stale')
      seat.pass(heartbeat_ms)
    }
    assert.deepEqual(flags(seat, 3), [])
  })
})

describe('a monoculture', () => {
  it('is told once when more than n − t members run one bitcoind, and its end', () => {
    const seat = started()
    // Mine is `test`; the spare members of five are two.
    const runs = (...implementations: string[]) => (member: number) => ({ implementation: implementations[member - 2] ?? '' })
    periods(seat, 2, { says: runs('test', 'knots', 'btcd', 'floresta') })
    assert.deepEqual(seat.tells('monoculture'), [])
    periods(seat, 2, { says: runs('test', 'test', 'btcd', 'floresta') })
    assert.deepEqual(seat.tells('monoculture').map(({ detail, level }) => [level, detail]), [['info', '3 of 5 members run test']])
    periods(seat, 1, { says: runs('knots', 'test', 'btcd', 'floresta') })
    assert.equal(seat.tells('monoculture-ended').length, 1)
  })
})
