import assert from 'node:assert/strict'
import { ECLIPSE_PERIODS, LASTING_PERIODS, type MemberIndex, type Outcome, STUCK_PERIODS } from '../../src/index.ts'
import { fromHex } from '../../src/primitives/index.ts'
import { Seat, durable, immediate } from '../core/seat.ts'
import { blockAt, settingOf } from '../core/setting.ts'
import { peerOf, periods, toldOf } from '../liveness/periods.ts'

const setting = settingOf(5)
const BEFORE = 20
const TIP_EVENTS = ['tip-lagging', 'tip-stuck', 'tip-forked', 'eclipse-suspected', 'tip-in-sync'] as const

function following(): Seat {
  const seat = new Seat(setting)
  seat.begin()
  seat.connectMany(BEFORE)
  periods(seat, 2, at(seat))
  return seat
}

/** All say that they are at my tip, but for those named: so many blocks above it (below: negative), and on which branch. */
function at(seat: Seat, others: Readonly<Record<number, number | readonly [number, string]>> = {}) {
  return {
    says: (member: number) => {
      const [above, branch] = [others[member] ?? 0].flat() as [number, string?]
      return { tip: blockAt(seat.tip + above, branch ?? 'main'), hash_6: blockAt(seat.tip + above - 6).hash }
    },
  }
}

const classOf = (seat: Seat, member: number) => peerOf(seat, member).tip.class
const ownClass = (seat: Seat) => seat.state.volatile.own_tip.class
const told = (seat: Seat) => TIP_EVENTS.flatMap((event) => seat.tells(event).map(({ member }) => `${event} ${member}`))
const asked = (seat: Seat) => seat.sent('headers-wanted').map(({ to }) => to)

/** A header that builds on that block. */
function headerOn(previous: string): Uint8Array {
  const header = new Uint8Array(80)
  header.set(fromHex(previous).toReversed(), 4)
  return header
}

/** Answers each question for headers from now on, in this many periods. */
function answering(seat: Seat, count: number, others: Parameters<typeof at>[1], judged: (member: MemberIndex) => Omit<Extract<Outcome, { of: 'submit-headers' }>, 'of' | 'member'>): void {
  for (let period = 0; period < count; period++) {
    const since = seat.outputs.length
    periods(seat, 1, at(seat, others))
    for (const { to } of seat.sent('headers-wanted', since)) {
      assert.ok(to)
      assert.equal(seat.say(to, 'headers', { headers: [headerOn(seat.state.volatile.peers.get(to)?.tip.reached ?? blockAt(seat.tip).hash)] }, { channel: 'stream' }), 'accepted')
    }
    for (const { member } of immediate(seat.outputs.slice(since), 'submit-headers')) seat.outcome({ of: 'submit-headers', member, ...judged(member) })
  }
}

const moreWork = (seat: Seat, above: number, below = 0) => () => ({
  result: 'more-work' as const, tip: blockAt(seat.tip + above, 'other'), base: blockAt(seat.tip - below),
})

describe('a calm run', () => {
  it('raises nothing, with blocks that come at different times, races and a reorganisation of one block', () => {
    const seat = following()
    for (let round = 0; round < 6; round++) {
      periods(seat, 2, at(seat, { 2: 1, 3: [1, 'other'] }))
      seat.connect()
      periods(seat, 2, at(seat, { 4: -1, 5: [0, 'other'] }))
      seat.connect()
      periods(seat, 30, at(seat, { 4: -1, 5: [0, 'other'] }))
      periods(seat, 1, at(seat))
    }
    seat.chain({ event: 'block-disconnected', block: blockAt(seat.tip), previous: blockAt(seat.tip - 1).hash })
    seat.chain({ event: 'block-connected', block: blockAt(seat.tip, 'b'), previous: blockAt(seat.tip - 1).hash })
    periods(seat, 30, { says: () => ({ tip: blockAt(seat.tip), hash_6: blockAt(seat.tip - 6).hash }) })
    assert.deepEqual(told(seat), [])
    assert.deepEqual([2, 3, 4, 5].map((member) => classOf(seat, member)), ['in-sync', 'in-sync', 'in-sync', 'in-sync'])
    assert.equal(ownClass(seat), 'in-sync')
  })
})

describe('a peer', () => {
  it('that stays behind is lagging, then stuck, and in sync again, each told once', () => {
    const seat = following()
    const behind = { says: (member: number) => ({ tip: blockAt(member === 3 ? BEFORE + 90 : seat.tip) }) }
    periods(seat, LASTING_PERIODS + 2, behind)
    assert.equal(classOf(seat, 3), 'lagging')
    periods(seat, STUCK_PERIODS, behind)
    assert.equal(classOf(seat, 3), 'stuck')
    periods(seat, 2, at(seat))
    assert.deepEqual(told(seat), ['tip-lagging 3', 'tip-stuck 3', 'tip-in-sync 3'])
    assert.equal(ownClass(seat), 'in-sync')
  })

  it('that is behind but moves is lagging and not stuck', () => {
    const seat = following()
    for (let round = 0; round < 2 * STUCK_PERIODS; round++) {
      seat.connect()
      periods(seat, 1, at(seat, { 3: -5 }))
    }
    assert.deepEqual(told(seat), ['tip-lagging 3'])
  })

  it('that stays on a branch of its own below mine is forked', () => {
    const seat = following()
    periods(seat, LASTING_PERIODS + 2, at(seat, { 4: [-2, 'other'] }))
    assert.equal(classOf(seat, 4), 'forked')
    assert.deepEqual(told(seat), ['tip-forked 4'])
  })

  it('that claims a tip above mine and cannot show the way there is forked, and I am not', () => {
    const seat = following()
    periods(seat, 60, at(seat, { 2: [500, 'lie'] }))
    assert.deepEqual([classOf(seat, 2), ownClass(seat)], ['forked', 'in-sync'])
    const all = asked(seat).length
    assert.ok(all >= 3 && all <= 5, `${all} questions`)
    periods(seat, 300, at(seat, { 2: [500, 'lie'] }))
    assert.ok(asked(seat).length <= all + 6, 'seldom once nothing has come of it')
    assert.deepEqual(told(seat), ['tip-forked 2'])
  })

  it('whose headers my bitcoind refuses is forked, and I am not', () => {
    const seat = following()
    answering(seat, 60, { 2: [3, 'other'] }, () => ({ result: 'refused', tip: null, base: null }))
    assert.deepEqual([classOf(seat, 2), ownClass(seat)], ['forked', 'in-sync'])
  })

  it('that is silent is of no class, and nothing of it is told', () => {
    const seat = following()
    periods(seat, LASTING_PERIODS, { ...at(seat, { 2: -9 }), from: [3, 4, 5] })
    assert.deepEqual([classOf(seat, 2), told(seat)], ['unknown', []])
  })
})

describe('my own tip', () => {
  it('is not lagging by what b members claim, and is by what b+1 do', () => {
    const seat = following()
    periods(seat, 3 * LASTING_PERIODS, at(seat, { 2: [4, 'lie'] }))
    assert.equal(ownClass(seat), 'in-sync')
    periods(seat, LASTING_PERIODS + 1, at(seat, { 2: [4, 'other'], 3: [4, 'other'] }))
    assert.equal(ownClass(seat), 'lagging')
    assert.deepEqual(toldOf(seat, 'tip-lagging'), [1])
  })

  it('is stuck where no block comes while others go on', () => {
    const seat = following()
    periods(seat, STUCK_PERIODS + 2, at(seat, { 2: 4, 3: 4, 4: 4, 5: 4 }))
    assert.equal(ownClass(seat), 'stuck')
    for (let block = 0; block < 4; block++) seat.connect()
    periods(seat, 2, at(seat))
    assert.deepEqual(told(seat), ['tip-lagging 1', 'tip-stuck 1', 'tip-in-sync 1'])
  })

  it('is forked where my bitcoind took headers of a chain with more work that leaves mine below my tip', () => {
    const seat = following()
    answering(seat, LASTING_PERIODS + 10, { 2: [3, 'other'] }, moreWork(seat, 3, 2))
    assert.equal(ownClass(seat), 'forked')
    assert.deepEqual(toldOf(seat, 'tip-forked'), [1])
  })

  it('is suspected to be eclipsed when that has lasted half an hour, told once and loudly, and no more when my chain has come there', () => {
    const seat = following()
    answering(seat, ECLIPSE_PERIODS, { 2: [3, 'other'], 3: [3, 'other'] }, moreWork(seat, 3, 2))
    assert.deepEqual(toldOf(seat, 'eclipse-suspected'), [])
    answering(seat, 10, { 2: [3, 'other'], 3: [3, 'other'] }, moreWork(seat, 3, 2))
    assert.deepEqual(seat.tells('eclipse-suspected').map(({ member, level }) => [member, level]), [[1, 'error']])
    const better = seat.state.volatile.own_tip.better?.tip
    assert.ok(better)
    seat.chain({ event: 'block-connected', block: better, previous: blockAt(seat.tip).hash })
    periods(seat, 2, { says: () => ({ tip: better }) })
    assert.equal(ownClass(seat), 'in-sync')
    assert.deepEqual(toldOf(seat, 'tip-in-sync'), [1])
  })

  it('is never that for a chain with no more work, nor for claims however long they last', () => {
    const seat = following()
    const others = { 2: [3, 'other'], 3: [3, 'other'], 4: [3, 'other'], 5: [3, 'other'] } as const
    answering(seat, 2 * ECLIPSE_PERIODS, others, () => ({ result: 'no-more-work', tip: blockAt(seat.tip + 3, 'other'), base: blockAt(seat.tip - 2) }))
    assert.deepEqual([toldOf(seat, 'eclipse-suspected'), toldOf(seat, 'tip-forked')], [[], []])
  })

  it('is not that any more where the chain with more work turns out to have less by now', () => {
    const seat = following()
    answering(seat, 30, { 2: [3, 'other'] }, moreWork(seat, 3, 2))
    assert.ok(seat.state.volatile.own_tip.better)
    answering(seat, 10, { 2: [3, 'other'] }, () => ({ result: 'no-more-work', tip: blockAt(seat.tip + 3, 'other'), base: blockAt(seat.tip - 2) }))
    assert.equal(seat.state.volatile.own_tip.better, null)
    assert.equal(ownClass(seat), 'in-sync')
  })
})

describe('a member that cannot show the way to its tip', () => {
  it('is not called forked where more than b tell of tips above mine: it may be I who is not heard', () => {
    const seat = following()
    periods(seat, 60, at(seat, { 2: [4, 'other'], 3: [4, 'other'] }))
    assert.deepEqual(toldOf(seat, 'tip-forked'), [])
    assert.ok(seat.state.volatile.peers.get(2 as MemberIndex)?.tip.failures)
  })
})

describe('a question for headers', () => {
  it('is not asked for a tip that is ahead for a moment, nor of who is not connected', () => {
    const seat = following()
    periods(seat, 2, at(seat, { 2: 1 }))
    seat.step({ kind: 'peer', member: 3 as MemberIndex, connected: false })
    periods(seat, 20, at(seat, { 3: 4 }))
    assert.deepEqual(asked(seat), [])
  })

  it('names blocks of mine from the newest down, within its limit', () => {
    const seat = following()
    seat.connectMany(400)
    periods(seat, 6, at(seat, { 2: 4 }))
    const [question] = seat.sent('headers-wanted')
    const locator = question?.body.locator ?? []
    assert.deepEqual(locator.slice(0, 5), [0, 1, 2, 3, 6].map((below) => blockAt(seat.tip - below).hash))
    assert.equal(locator.at(-1), blockAt(seat.tip - 287).hash)
    assert.ok(locator.length <= 16)
  })

  it('goes on from where the last answer ended', () => {
    const seat = following()
    answering(seat, 8, { 2: [300, 'other'] }, moreWork(seat, 144))
    const locators = seat.sent('headers-wanted').map(({ body }) => body.locator[0])
    assert.deepEqual(locators.slice(0, 2), [blockAt(seat.tip).hash, blockAt(seat.tip + 144, 'other').hash])
  })

  it('is answered from my bitcoind, one at a time and one a period', () => {
    const seat = following()
    const wanted = { locator: [blockAt(100).hash] }
    const ask = (from: number) => seat.say(from, 'headers-wanted', wanted, { channel: 'stream' })
    assert.deepEqual([ask(2), ask(2), ask(3)], ['accepted', 'asked-too-soon', 'accepted'])
    const [effect] = immediate(seat.outputs, 'read-headers')
    assert.deepEqual([effect?.to, effect?.locator], [2, wanted.locator])
    seat.outcome({ of: 'read-headers', to: 2 as MemberIndex, headers: [new Uint8Array(80)] })
    assert.deepEqual(seat.sent('headers').map(({ to, body }) => [to, body.headers.length]), [[2, 1]])
    assert.equal(ask(2), 'asked-too-soon')
    periods(seat, 1, at(seat))
    assert.equal(ask(2), 'accepted')
  })

  it('is the only thing that headers are an answer to: others cost my bitcoind nothing', () => {
    const seat = following()
    assert.equal(seat.say(2, 'headers', { headers: [new Uint8Array(80)] }, { channel: 'stream' }), 'not-asked-for')
    assert.deepEqual(immediate(seat.outputs, 'submit-headers'), [])
    assert.deepEqual(durable(seat.outputs, 'broadcast'), [])
  })

  it('is not answered by headers that build on none of my newest blocks, as cheap old ones do', () => {
    const seat = following()
    const old = blockAt(seat.tip)
    seat.connectMany(400)
    for (let period = 0; period < 200; period++) {
      const since = seat.outputs.length
      periods(seat, 1, at(seat, { 2: [3, 'other'] }))
      for (const _ of seat.sent('headers-wanted', since)) {
        assert.equal(seat.say(2, 'headers', { headers: [headerOn(old.hash)] }, { channel: 'stream' }), 'accepted')
      }
    }
    assert.deepEqual(immediate(seat.outputs, 'submit-headers'), [])
    assert.equal(classOf(seat, 2), 'forked')
  })
})
