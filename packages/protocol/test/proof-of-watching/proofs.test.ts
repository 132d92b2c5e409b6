import assert from 'node:assert/strict'
import { type BlockRef, type MemberIndex, PROOF_EVERY_BLOCKS } from '../../src/index.ts'
import type { Hash32 } from '../../src/primitives/index.ts'
import { Seat, immediate } from '../core/seat.ts'
import { blockAt, hexOf, settingOf } from '../core/setting.ts'
import { peerOf, periods, toldOf } from '../liveness/periods.ts'

const setting = settingOf(5)
const MEMBERS = setting.federation.members.map(({ index }) => index)
const answerOf = (block: BlockRef, member: number): Hash32 => hexOf(`${block.hash} at ${member}`) as Hash32

/** At height 113, so that block 102 is the newest that is six deep and to be proved; its answers are known. */
function proving(): Seat {
  const seat = new Seat(setting)
  seat.begin()
  seat.connectMany(13)
  periods(seat, 1)
  answerAll(seat)
  return seat
}

/** My bitcoind's answer to every question from there on. */
function answerAll(seat: Seat, since = 0): void {
  for (const { block } of immediate(seat.outputs.slice(since), 'prove-block')) {
    seat.outcome({ of: 'prove-block', block, answers: MEMBERS.map((member) => answerOf(block, member)) })
  }
}

const asked = (seat: Seat) => immediate(seat.outputs, 'prove-block').map(({ block }) => block.height)
const prove = (seat: Seat, member: number, height: number, answer = answerOf(blockAt(height), member)) =>
  seat.say(member, 'block-proof', { block: blockAt(height), answer })
const counts = (seat: Seat, member: number) => {
  const { right, wrong, missed } = peerOf(seat, member).proofs
  return [right, wrong, missed]
}

/** The next block to be proved comes, these answer, and some periods pass. */
function round(seat: Seat, from: readonly number[] = seat.others(), wrong: readonly number[] = []): void {
  const since = seat.outputs.length
  seat.connectMany(PROOF_EVERY_BLOCKS)
  periods(seat, 1)
  answerAll(seat, since)
  const height = Math.floor((seat.tip - 6) / 6) * 6
  for (const member of from) prove(seat, member, height, wrong.includes(member) ? (hexOf('wrong') as Hash32) : undefined)
  periods(seat, 8)
}

describe('my proof of watching', () => {
  it('is asked of my bitcoind for each sixth block that is six deep, and told once', () => {
    const seat = proving()
    assert.deepEqual(asked(seat), [102])
    assert.deepEqual(seat.sent('block-proof').map(({ body }) => body), [{ block: blockAt(102), answer: answerOf(blockAt(102), 1) }])
    seat.connectMany(1)
    periods(seat, 3)
    assert.deepEqual(asked(seat), [102, 108])
  })

  it('is asked for once after a catch-up of many blocks', () => {
    const seat = proving()
    seat.connectMany(200)
    periods(seat, 3)
    assert.deepEqual(asked(seat), [102, 306])
  })

  it('is asked for again while bitcoind has no answer, once a period', () => {
    const seat = new Seat(setting)
    seat.begin()
    seat.connectMany(13)
    for (let at = 0; at < 3; at++) {
      periods(seat, 1)
      for (const { block } of immediate(seat.outputs, 'prove-block').slice(at)) seat.outcome({ of: 'prove-block', block, answers: null })
    }
    assert.deepEqual(asked(seat), [102, 102, 102])
    assert.deepEqual(seat.sent('block-proof'), [])
  })
})

describe('the proof of another', () => {
  it('is right or wrong, and counted once, whether it comes before my own bitcoind has answered or after', () => {
    const seat = new Seat(setting)
    seat.begin()
    assert.equal(prove(seat, 2, 102), 'accepted', 'before I have the block')
    seat.connectMany(13)
    periods(seat, 1)
    assert.equal(prove(seat, 3, 102, hexOf('wrong') as Hash32), 'accepted')
    answerAll(seat)
    assert.equal(prove(seat, 4, 102), 'accepted')
    assert.equal(prove(seat, 4, 102), 'known')
    assert.deepEqual([2, 3, 4, 5].map((member) => counts(seat, member)), [[1, 0, 0], [0, 1, 0], [1, 0, 0], [0, 0, 0]])
    assert.deepEqual(toldOf(seat, 'proof-wrong'), [3])
  })

  it('is not another\'s answer', () => {
    const seat = proving()
    prove(seat, 3, 102, answerOf(blockAt(102), 2))
    assert.deepEqual(counts(seat, 3), [0, 1, 0])
  })

  it('is told once when it is wrong, however often, and when it is right again', () => {
    const seat = proving()
    for (let at = 0; at < 4; at++) round(seat, seat.others(), [5])
    assert.deepEqual(toldOf(seat, 'proof-wrong'), [5])
    round(seat)
    assert.deepEqual(toldOf(seat, 'proofs-right'), [5])
  })

  it('is told when it is missed three times in a row, once, and when it is there again', () => {
    const seat = proving()
    for (let at = 0; at < 3; at++) round(seat, [2, 3, 4])
    assert.deepEqual(toldOf(seat, 'proofs-missed'), [])
    for (let at = 0; at < 4; at++) round(seat, [2, 3, 4])
    assert.deepEqual(toldOf(seat, 'proofs-missed'), [5])
    assert.deepEqual(counts(seat, 2), [7, 0, 0])
    assert.equal(counts(seat, 5)[2], 6)
    round(seat)
    assert.deepEqual(toldOf(seat, 'proofs-right'), [5])
  })

  it('is not missed where blocks come faster than answers, nor of who is silent altogether', () => {
    const seat = proving()
    for (let at = 0; at < 10; at++) {
      seat.connectMany(PROOF_EVERY_BLOCKS)
      periods(seat, 1)
      answerAll(seat)
    }
    for (let at = 0; at < 6; at++) {
      const since = seat.outputs.length
      seat.connectMany(PROOF_EVERY_BLOCKS)
      periods(seat, 1, { from: [2, 3, 4] })
      answerAll(seat, since)
      for (const member of [2, 3, 4]) prove(seat, member, Math.floor((seat.tip - 6) / 6) * 6)
      periods(seat, 8, { from: [2, 3, 4] })
    }
    assert.deepEqual(toldOf(seat, 'proofs-missed'), [])
  })

  it('takes no room but one place of its sender\'s, whatever blocks it names', () => {
    const seat = proving()
    for (let height = 1_000; height < 3_000; height += 50) prove(seat, 2, height)
    assert.equal(prove(seat, 2, 96), 'stale')
    assert.deepEqual([...seat.state.volatile.proofs.early.keys()], [2] as MemberIndex[])
    for (let at = 0; at < 10; at++) round(seat)
    assert.ok(seat.state.volatile.proofs.open.length <= 4)
  })
})
