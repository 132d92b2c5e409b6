import assert from 'node:assert/strict'
import { broadcasterOrder, decodeFrame } from '../../src/index.ts'
import { Seat } from '../core/seat.ts'
import { hasher, settingOf, vaultOf } from '../core/setting.ts'

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
      return seat.sent('certificate').length === 1
    })
    assert.deepEqual(new Set(tellers), new Set(order.slice(0, federation.b + 1)))
  })

  it('carries the very votes that were held, none with its attachment', () => {
    const seat = certifiedSeat(order[0] ?? 0)
    const [told] = seat.sent('certificate')
    const held = seat.state.durable.incidents.get(vault.theft)?.votes
    assert.ok(told && held)
    assert.equal(told.body.votes.length, federation.thresholds.clawback.q)
    for (const bytes of told.body.votes) {
      assert.equal(decodeFrame(bytes).attachment, null)
      assert.ok([...held.values()].some(({ frame }) => Buffer.from(frame).equals(bytes)))
    }
  })
})
