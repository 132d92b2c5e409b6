import assert from 'node:assert/strict'
import { broadcasterOrder, decodeFrame, decodeHeader } from '../../src/index.ts'
import { TELL_CERTIFICATE_AFTER_MS } from '../../src/state/volatile.ts'
import { Seat } from '../core/seat.ts'
import { clawbackTx, hasher, settingOf, vaultOf } from '../core/setting.ts'

const setting = settingOf(5)
const { federation } = setting
const vault = vaultOf(setting)
const order = broadcasterOrder(hasher, federation.lock_hash, vault.theft, federation.members.map(({ index }) => index))

/** A member that has seen the theft and holds every other's vote. */
function certifiedSeat(self: number): Seat {
  const seat = Seat.guarding(vault, setting, self)
  seat.theftConfirmed(vault)
  for (const from of seat.others()) seat.vote(from, vault)
  return seat
}

describe('a certificate', () => {
  it('is told by the first b+1 members in the order alone, one after the other, though every member records it', () => {
    const turns = federation.members.flatMap(({ index: self }) => {
      const seat = certifiedSeat(self)
      assert.equal(seat.tells('certified').length, 1)
      for (let turn = 0; turn <= federation.b + 1; turn++) {
        seat.pass(TELL_CERTIFICATE_AFTER_MS)
        if (seat.sent('certificate').length > 0) return [[self, turn]]
      }
      return []
    })
    assert.deepEqual(new Map(turns as [number, number][]), new Map(order.slice(0, federation.b + 1).map((member, at) => [member, at])))
  })

  it('is not told by the second in the order where the first did', () => {
    const seat = certifiedSeat(order[1] ?? 0)
    const first = certifiedSeat(order[0] ?? 0)
    first.pass(TELL_CERTIFICATE_AFTER_MS)
    const [told] = first.sent('certificate')
    assert.ok(told)
    assert.equal(seat.say(order[0] ?? 0, 'certificate', told.body), 'nothing-new')
    for (let turn = 0; turn <= federation.b + 1; turn++) seat.pass(TELL_CERTIFICATE_AFTER_MS)
    assert.equal(seat.sent('certificate').length, 0)
  })

  it('is told once, when votes alone had their time, at which the core asks to be woken', () => {
    const seat = certifiedSeat(order[0] ?? 0)
    const asked = seat.outputs.at(-1)?.wake_at_ms ?? 0
    assert.ok(asked > seat.now_ms && asked <= seat.now_ms + TELL_CERTIFICATE_AFTER_MS)
    seat.pass(TELL_CERTIFICATE_AFTER_MS - 1)
    assert.equal(seat.sent('certificate').length, 0)
    seat.pass(1)
    seat.pass(TELL_CERTIFICATE_AFTER_MS)
    assert.equal(seat.sent('certificate').length, 1)
  })

  it('is not told where a recovery is in my mempool or chain by then', () => {
    const seat = certifiedSeat(order[0] ?? 0)
    seat.chain({ event: 'spend-seen', outpoint: vault.unvaulted, tx: clawbackTx(2) })
    seat.pass(TELL_CERTIFICATE_AFTER_MS)
    assert.equal(seat.sent('certificate').length, 0)
  })

  it('is told though the clock was set back', () => {
    const seat = certifiedSeat(order[0] ?? 0)
    seat.pass(-10 * TELL_CERTIFICATE_AFTER_MS)
    assert.equal(seat.sent('certificate').length, 1)
  })

  it('carries the very votes that are held, none with its attachment', () => {
    const seat = certifiedSeat(order[0] ?? 0)
    seat.pass(TELL_CERTIFICATE_AFTER_MS)
    const [told] = seat.sent('certificate')
    const held = seat.state.durable.incidents.get(vault.theft)?.votes
    assert.ok(told && held)
    const voters = told.body.votes.map((bytes) => decodeHeader(decodeFrame(bytes).signed).from)
    assert.deepEqual(voters, federation.members.map(({ index }) => index))
    for (const bytes of told.body.votes) {
      assert.equal(decodeFrame(bytes).attachment, null)
      assert.ok([...held.values()].some(({ frame }) => Buffer.from(frame).equals(bytes)))
    }
  })
})
