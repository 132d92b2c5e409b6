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
  it('is told by the first b+1 members in the order alone, though every member records it', () => {
    const tellers = federation.members.map(({ index }) => index).filter((self) => {
      const seat = certifiedSeat(self)
      assert.equal(seat.tells('certified').length, 1)
      seat.pass(TELL_CERTIFICATE_AFTER_MS)
      return seat.sent('certificate').length === 1
    })
    assert.deepEqual(new Set(tellers), new Set(order.slice(0, federation.b + 1)))
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
