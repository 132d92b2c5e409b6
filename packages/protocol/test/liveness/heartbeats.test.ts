import assert from 'node:assert/strict'
import type { MemberIndex } from '../../src/primitives/index.ts'
import { Seat } from '../core/seat.ts'
import { settingOf, vaultOf } from '../core/setting.ts'
import { quietHeartbeat } from '../messages/heartbeat.ts'

const setting = settingOf(5)
const { heartbeat_ms, suspect_periods, dead_periods } = setting.federation.timing

const heartbeat = quietHeartbeat()

function started(): Seat {
  const seat = new Seat(setting)
  seat.begin()
  return seat
}

const lifeOf = (seat: Seat, member: number) => seat.state.volatile.peers.get(member as MemberIndex)?.life
const sentSince = (seat: Seat, since: number) => seat.sent('heartbeat', since).length

describe('my heartbeats', () => {
  it('come each period and a moment after each new tip', () => {
    const seat = started()
    seat.pass(heartbeat_ms)
    let since = seat.outputs.length
    seat.pass(heartbeat_ms - 1)
    assert.equal(sentSince(seat, since), 0)
    seat.pass(1)
    assert.equal(sentSince(seat, since), 1)
    seat.pass(heartbeat_ms / 2)
    since = seat.outputs.length
    const output = seat.connect()
    assert.equal(sentSince(seat, since), 0, 'what a block calls for comes first')
    seat.pass(output.wake_at_ms - seat.now_ms)
    assert.equal(sentSince(seat, since), 1)
  })

  it('tell many tips at once by one, so that a catch-up does not use up what peers take from me', () => {
    const seat = started()
    seat.pass(heartbeat_ms)
    seat.pass(heartbeat_ms / 2)
    const since = seat.outputs.length
    seat.connectMany(500)
    assert.equal(sentSince(seat, since), 0)
    seat.pass(heartbeat_ms / 10)
    const [last, ...more] = seat.sent('heartbeat', since)
    assert.equal(last?.body.tip?.height, seat.tip)
    assert.deepEqual(more, [])
  })

  it('come under a number that rises, and under a boot that rises at each start', () => {
    const seat = started()
    const boot = seat.state.durable.boot
    seat.restart()
    assert.equal(seat.state.durable.boot, boot + 1)
  })

  it('do not stop for an hour where the clock is set back by an hour', () => {
    const seat = started()
    seat.pass(heartbeat_ms)
    seat.now_ms -= 3_600_000
    const since = seat.outputs.length
    for (let period = 0; period < 3; period++) seat.pass(heartbeat_ms)
    assert.ok(sentSince(seat, since) >= 3)
  })

  it('are not doubled by an input that waited a little', () => {
    const seat = started()
    seat.pass(heartbeat_ms)
    const since = seat.outputs.length
    seat.pass(-200)
    seat.pass(200)
    assert.equal(sentSince(seat, since), 0)
  })

  it('name the incidents that are open, all of them in turn', () => {
    const seat = started()
    const vaults = Array.from({ length: 70 }, (_, at) =>
      vaultOf(setting, { label: `vault ${at}`, rates: [2], emergency: [10] }),
    )
    for (const one of vaults) {
      seat.sendManifest(one)
      seat.verified(one)
      seat.vote(2, one)
    }
    const since = seat.outputs.length
    seat.pass(heartbeat_ms)
    seat.pass(heartbeat_ms)
    const bodies = seat.sent('heartbeat', since).map(({ body }) => body.incidents.map(({ incident_id }) => incident_id))
    assert.deepEqual(
      bodies.map(({ length }) => length),
      [64, 64],
    )
    assert.equal(new Set(bodies.flat()).size, 70)
  })
})

describe('a peer', () => {
  it('is suspect, then dead, by its silence, and alive at its first word', () => {
    const seat = started()
    seat.say(2, 'heartbeat', heartbeat)
    assert.equal(lifeOf(seat, 2), 'alive')
    for (let period = 1; period < suspect_periods; period++) seat.pass(heartbeat_ms)
    assert.equal(lifeOf(seat, 2), 'alive')
    seat.pass(heartbeat_ms)
    assert.equal(lifeOf(seat, 2), 'suspect')
    for (let period = suspect_periods; period < dead_periods; period++) seat.pass(heartbeat_ms)
    assert.equal(lifeOf(seat, 2), 'dead')
    seat.say(2, 'heartbeat', heartbeat)
    assert.equal(lifeOf(seat, 2), 'alive')
    const told = ['peer-alive', 'peer-suspect', 'peer-dead'] as const
    assert.deepEqual(
      told.map((event) => seat.tells(event).filter(({ member }) => member === 2).length),
      [2, 1, 1],
    )
  })

  it('that never spoke is dead as well, from my own start on', () => {
    const seat = started()
    for (let period = 0; period < dead_periods; period++) seat.pass(heartbeat_ms)
    assert.equal(lifeOf(seat, 3), 'dead')
  })

  it('that dies after the clock was set back is noticed all the same', () => {
    const seat = started()
    seat.say(2, 'heartbeat', heartbeat)
    seat.now_ms -= 3_600_000
    for (let period = 0; period <= dead_periods; period++) seat.pass(heartbeat_ms)
    assert.equal(lifeOf(seat, 2), 'dead')
  })

  it('is not kept alive by its own old words, handed over by another', () => {
    const seat = started()
    const old = Array.from({ length: 300 }, () => seat.frame(2, 'heartbeat', heartbeat))
    const newest = old.at(-1)
    assert.ok(newest)
    assert.equal(seat.receive(newest, 2), 'accepted')
    for (let period = 0; period <= dead_periods; period++) {
      for (const bytes of old) {
        const code = seat.receive(bytes, 3)
        assert.ok(code === 'stale' || code === 'duplicate' || code === 'forwarder-over-budget', code)
      }
      seat.pass(heartbeat_ms)
    }
    assert.equal(lifeOf(seat, 2), 'dead')
    assert.equal(seat.say(2, 'heartbeat', heartbeat), 'accepted', 'its own room is its own')
  })
})

describe('the loss of a quorum', () => {
  it('is told once, and its return', () => {
    const seat = started()
    for (let period = 0; period <= dead_periods + 3; period++) seat.pass(heartbeat_ms)
    assert.equal(seat.tells('quorum-lost').length, 1)
    for (const from of [2, 3]) seat.say(from, 'heartbeat', heartbeat)
    seat.pass(heartbeat_ms)
    assert.equal(seat.tells('quorum-back').length, 1)
  })
})
