import assert from 'node:assert/strict'
import { type ChainState, broadcasterOrder } from '../../src/index.ts'
import type { Feerate } from '../../src/primitives/index.ts'
import { Seat, immediate } from '../core/seat.ts'
import { hasher, settingOf, vaultOf } from '../core/setting.ts'

const setting = settingOf(5)
const vault = vaultOf(setting)
/** The last broadcaster in the incident's order: it hands its shares to others. */
const giver = broadcasterOrder(hasher, setting.federation.lock_hash, vault.theft, setting.federation.members.map(({ index }) => index)).at(-1) ?? assert.fail()
const { heartbeat_ms, dead_periods } = setting.federation.timing

/** After a restart, connected to nobody yet, with a theft in the chain that it has not voted on. */
function restarted(): Seat {
  const seat = Seat.guarding(vault, setting)
  seat.restart()
  seat.theftConfirmed(vault)
  return seat
}

function connect(seat: Seat, member: number): void {
  seat.step({ kind: 'peer', member: member as never, connected: true })
}

function health(seat: Seat, state: ChainState): void {
  seat.chain({ event: 'chain-health', state, estimate: null, mempool_floor: 0 as Feerate, implementation: 'test' })
}

function standing(seat: Seat): string | undefined {
  seat.pass(heartbeat_ms)
  return seat.sent('heartbeat').at(-1)?.body.standing
}

describe('the waiting after a start', () => {
  it('ends once n − d members have told everything, this one included', () => {
    const seat = restarted()
    assert.equal(standing(seat), 'starting')
    for (const member of [2, 3]) connect(seat, member)
    seat.answerPullsTo(2)
    assert.deepEqual(seat.sent('vote'), [])
    seat.answerPullsTo(3)
    assert.equal(seat.sent('vote').length, 1)
    assert.equal(standing(seat), 'serving')
  })

  it('ends for thefts after twice the time that makes a member dead, whoever answers', () => {
    const seat = restarted()
    for (let period = 1; period < 2 * dead_periods; period++) seat.pass(heartbeat_ms)
    seat.pass(heartbeat_ms - 1)
    assert.deepEqual(seat.sent('vote'), [])
    seat.pass(1)
    assert.equal(seat.sent('vote').length, 1)
    assert.equal(standing(seat), 'serving')
    assert.equal(seat.tells('wait-ended').at(-1)?.level, 'warn')
  })

  it('is not begun anew by a clock that is set back', () => {
    const seat = restarted()
    seat.pass(-1_000_000)
    for (let period = 0; period < 2 * dead_periods; period++) seat.pass(heartbeat_ms)
    assert.equal(seat.sent('vote').length, 1)
  })

  it('is not ended by a clock that is set forward, nor while the process stands still: a step counts as one period', () => {
    const seat = restarted()
    seat.pass(3_600_000)
    assert.deepEqual(seat.sent('vote'), [])
    for (let period = 2; period < 2 * dead_periods; period++) seat.pass(heartbeat_ms)
    assert.deepEqual(seat.sent('vote'), [])
    seat.pass(heartbeat_ms)
    assert.equal(seat.sent('vote').length, 1)
  })

  it('ends for a theft half through its window', () => {
    const seat = restarted()
    seat.connectMany(71)
    assert.deepEqual(seat.sent('vote'), [])
    seat.connect()
    assert.equal(seat.sent('vote').length, 1)
  })

  it('is not ended by an answer that is not whole, nor by one to another Pull, nor twice by one member', () => {
    const seat = restarted()
    for (const member of [2, 3]) connect(seat, member)
    const answer = (from: number, pull_seq: number, is_complete: boolean) =>
      seat.say(from, 'answered', { pull_seq, is_complete }, { channel: 'stream' })
    answer(2, seat.lastPullTo(2), true)
    answer(2, seat.lastPullTo(2), true)
    answer(3, seat.lastPullTo(3), false)
    answer(3, seat.lastPullTo(2), true)
    assert.deepEqual(seat.sent('vote'), [])
    // Asked again, and answered.
    seat.pass(heartbeat_ms)
    answer(3, seat.lastPullTo(3), true)
    assert.equal(seat.sent('vote').length, 1)
  })

  it('asks about every vault before it takes a member to have told everything', () => {
    const seat = Seat.guarding(vault, setting)
    for (let at = 0; at < 20; at++) seat.enrol(vaultOf(setting, { label: `vault ${at}`, rates: [2], emergency: [10] }))
    seat.restart()
    const since = seat.outputs.length
    connect(seat, 2)
    seat.answerPullsTo(2)
    const named = seat.sent('pull', since).flatMap(({ body }) => body.owner_messages.map(({ vault_id }) => vault_id))
    assert.equal(new Set(named).size, 21)
    assert.ok(seat.state.volatile.wait.answered.has(2 as never))
  })

  it('keeps shares back too, while the votes of others are held and Pulls are answered', () => {
    const seat = Seat.guarding(vault, setting, giver)
    seat.restart()
    const since = seat.outputs.length
    seat.certified(vault)
    assert.deepEqual(immediate(seat.outputs.slice(since), 'seal-share'), [])
    assert.equal(seat.state.durable.incidents.get(vault.theft)?.votes.size, 3)
    seat.say(seat.others()[3] ?? 1, 'pull', { incidents: [{ incident_id: vault.theft, votes: [], releases: [], broadcasts: [] }], owner_messages: [], custody: [], evidence: [], own: false }, { channel: 'stream' })
    assert.equal(seat.sent('vote', since).length, 3)
    assert.equal(seat.sent('answered', since).at(-1)?.body.is_complete, true)
    seat.meet()
    assert.ok(immediate(seat.outputs.slice(since), 'seal-share').length > 0)
  })
})

describe('the waiting after a lag', () => {
  it('holds back votes for theft until it has asked again, and no other', () => {
    const seat = Seat.guarding(vault, setting)
    health(seat, 'unreachable')
    health(seat, 'ok')
    seat.theftConfirmed(vault)
    assert.deepEqual(seat.sent('vote'), [])
    assert.equal(standing(seat), 'serving')
    for (const other of seat.others()) seat.answerPullsTo(other)
    assert.equal(seat.sent('vote').length, 1)
  })

  it('lets a cold-theft be voted on at once', () => {
    const seat = Seat.guarding(vault, setting)
    health(seat, 'syncing')
    seat.chain({ event: 'spend-seen', outpoint: vault.deposit, tx: { ...vault.unvault, txid: vault.hash as never } })
    assert.deepEqual(seat.sent('vote').map(({ body }) => body.trigger), ['cold-theft'])
  })

  it('asks nobody before the chain is followed again, and ends by the clock all the same', () => {
    const seat = Seat.guarding(vault, setting)
    const since = seat.outputs.length
    health(seat, 'unreachable')
    seat.theftConfirmed(vault)
    assert.deepEqual(seat.sent('vote'), [])
    assert.deepEqual(seat.sent('pull', since).filter(({ body }) => body.own), [])
    for (let period = 0; period < 2 * dead_periods; period++) seat.pass(heartbeat_ms)
    assert.equal(seat.sent('vote').length, 1)
  })
})
