import assert from 'node:assert/strict'
import { Seat } from '../core/seat.ts'
import { settingOf, vaultOf } from '../core/setting.ts'

const setting = settingOf(5)
const { heartbeat_ms } = setting.federation.timing

function started(): Seat {
  const seat = new Seat(setting)
  seat.begin()
  return seat
}

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
