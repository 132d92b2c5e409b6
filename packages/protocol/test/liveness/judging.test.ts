import assert from 'node:assert/strict'
import type { MemberIndex } from '../../src/primitives/index.ts'
import { Seat } from '../core/seat.ts'
import { settingOf } from '../core/setting.ts'
import { quietHeartbeat } from '../messages/heartbeat.ts'
import { peerOf, periods, reporting, toldOf } from './periods.ts'

const setting = settingOf(5)
const { suspect_periods, dead_periods } = setting.federation.timing
const heartbeat = quietHeartbeat()

function started(members = 5): Seat {
  const seat = new Seat(settingOf(members))
  seat.begin()
  periods(seat, 2)
  return seat
}

const lifeOf = (seat: Seat, member: number) => peerOf(seat, member).life
const without = (seat: Seat, ...gone: number[]) => seat.others().filter((member) => !gone.includes(member))

describe('a peer', () => {
  it('is suspect, then dead, by its silence, and alive at its first word', () => {
    const seat = started()
    const rest = { from: [3, 4, 5], says: () => reporting(2) }
    periods(seat, suspect_periods - 2, rest)
    assert.equal(lifeOf(seat, 2), 'alive')
    periods(seat, 1, rest)
    assert.equal(lifeOf(seat, 2), 'suspect')
    periods(seat, dead_periods - suspect_periods, rest)
    assert.equal(lifeOf(seat, 2), 'dead')
    seat.say(2, 'heartbeat', heartbeat)
    assert.equal(lifeOf(seat, 2), 'alive')
    const told = ['peer-alive', 'peer-suspect', 'peer-dead'] as const
    assert.deepEqual(told.map((event) => toldOf(seat, event).filter((member) => member === 2).length), [2, 1, 1])
  })

  it('that never spoke is dead as well, from my own start on', () => {
    const seat = new Seat(setting)
    seat.begin()
    periods(seat, dead_periods, { from: [2, 4, 5], says: () => reporting(3) })
    assert.equal(lifeOf(seat, 3), 'dead')
  })

  it('that dies after the clock was set back is noticed all the same', () => {
    const seat = started()
    seat.now_ms -= 3_600_000
    periods(seat, dead_periods + 1, { from: [3, 4, 5], says: () => reporting(2) })
    assert.equal(lifeOf(seat, 2), 'dead')
  })

  it('is not silent for an hour in which my own clock jumped or my process stood still', () => {
    const seat = started()
    seat.pass(3_600_000)
    for (const member of seat.others()) assert.equal(lifeOf(seat, member), 'alive')
    assert.deepEqual(toldOf(seat, 'peer-suspect'), [])
    assert.deepEqual([...toldOf(seat, 'quorum-lost'), ...toldOf(seat, 'self-isolated')], [])
  })

  it('that nobody else misses is suspect to me alone', () => {
    const seat = started()
    periods(seat, 3 * dead_periods, { from: [3, 4, 5] })
    assert.equal(lifeOf(seat, 2), 'suspect')
    assert.deepEqual(toldOf(seat, 'peer-dead'), [])
    assert.equal(peerOf(seat, 2).silence, 'dead', 'it is not waited for all the same')
  })

  it('that a lying member calls silent lives on while I hear it', () => {
    const seat = started()
    periods(seat, 2 * dead_periods, { says: (member) => (member === 5 ? reporting(1, 2, 3, 4) : {}) })
    assert.deepEqual([toldOf(seat, 'peer-suspect'), toldOf(seat, 'peer-dead')], [[], []])
  })

  it('is not kept alive by its own old words, handed over by another', () => {
    const seat = new Seat(setting)
    seat.begin()
    const old = Array.from({ length: 300 }, () => seat.frame(2, 'heartbeat', heartbeat))
    const newest = old.at(-1)
    assert.ok(newest)
    assert.equal(seat.receive(newest, 2), 'accepted')
    for (let period = 0; period <= dead_periods; period++) {
      for (const bytes of old) {
        const code = seat.receive(bytes, 3)
        assert.ok(code === 'stale' || code === 'duplicate' || code === 'forwarder-over-budget', code)
      }
      periods(seat, 1, { from: [4, 5], says: () => reporting(2) })
    }
    assert.equal(lifeOf(seat, 2), 'dead')
    assert.equal(seat.say(2, 'heartbeat', heartbeat), 'accepted', 'its own room is its own')
  })

  for (const [members, down] of [[3, 1], [4, 1], [5, 1], [5, 2], [7, 3]] as const) {
    it(`of ${members} is dead within six periods where ${down} crashed, although b others deny it or call everybody silent`, () => {
      const { b } = settingOf(members).federation
      for (const lie of [reporting(), reporting(...settingOf(members).federation.members.map(({ index }) => index))]) {
        const seat = started(members)
        const gone = seat.others().slice(-down)
        const liars = seat.others().slice(0, b)
        const from = without(seat, ...gone)
        periods(seat, dead_periods, { from, says: (member) => (liars.includes(member) ? lie : reporting(...gone)) })
        assert.deepEqual(toldOf(seat, 'peer-dead'), gone)
        assert.deepEqual(toldOf(seat, 'self-isolated'), [])
      }
    })
  }
})

describe('a member that hears fewer than a majority', () => {
  it('says once that it is cut off and calls nobody dead, and says when it is no more', () => {
    const seat = started()
    periods(seat, 3 * dead_periods, { from: [] })
    assert.equal(seat.tells('self-isolated').length, 1)
    assert.deepEqual(toldOf(seat, 'peer-dead'), [])
    assert.deepEqual(toldOf(seat, 'peer-suspect'), [2, 3, 4, 5])
    periods(seat, 1, { from: [2] })
    assert.deepEqual(toldOf(seat, 'self-reachable'), [])
    periods(seat, 1, { from: [2, 3] })
    assert.equal(seat.tells('self-reachable').length, 1)
  })

  it('gives who lives some periods to be heard again, before it calls those dead that are not', () => {
    const seat = started()
    periods(seat, 2 * dead_periods, { from: [] })
    periods(seat, suspect_periods, { from: [2, 3], says: () => reporting(1, 4, 5) })
    assert.deepEqual(toldOf(seat, 'peer-dead'), [])
    periods(seat, 2, { from: [2, 3, 4], says: () => reporting(5) })
    assert.deepEqual(toldOf(seat, 'peer-dead'), [5])
  })

  for (const [members, down] of [[3, 2], [4, 2], [5, 3]] as const) {
    it(`says that there is no quorum where ${down} of ${members} are down, whatever the others report`, () => {
      for (const lie of [reporting(), reporting(1, 2, 3)]) {
        const seat = started(members)
        periods(seat, dead_periods, { from: seat.others().slice(down), says: () => lie })
        assert.equal(seat.tells('quorum-lost').length, 1)
        assert.equal(seat.tells('self-isolated').length, 1)
      }
    })
  }

  it('lets the turns pass on from whom it does not hear', () => {
    const seat = started()
    periods(seat, dead_periods, { from: [2] })
    assert.deepEqual(seat.others().map((member) => peerOf(seat, member).silence), ['none', 'dead', 'dead', 'dead'])
  })
})

describe('the loss of a quorum', () => {
  it('is told once, and its return', () => {
    const seat = new Seat(setting)
    seat.begin()
    periods(seat, dead_periods + 4, { from: [] })
    assert.equal(seat.tells('quorum-lost').length, 1)
    periods(seat, 1, { from: [2, 3] })
    assert.equal(seat.tells('quorum-back').length, 1)
  })
})

describe('my heartbeat', () => {
  it('names whom I do not hear, in order', () => {
    const seat = started()
    periods(seat, suspect_periods, { from: [2, 4] })
    assert.deepEqual(seat.sent('heartbeat').at(-1)?.body.silent, [3, 5] as MemberIndex[])
    periods(seat, 1)
    assert.deepEqual(seat.sent('heartbeat').at(-1)?.body.silent, [])
  })
})
