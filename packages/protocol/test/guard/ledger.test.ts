import assert from 'node:assert/strict'
import { InvariantError, receiptSlot, releaseSlot, signOnce, signedFor, voteSlot } from '../../src/index.ts'
import { apply } from '../../src/state/apply.ts'
import { Turn } from '../../src/state/turn.ts'
import { encodeFrame } from '../../src/index.ts'
import type { Height, LockHash, MemberIndex, Millis } from '../../src/primitives/index.ts'
import { Seat } from '../core/seat.ts'
import { hexOf, settingOf, vaultOf } from '../core/setting.ts'

const setting = settingOf(5)
const vault = vaultOf(setting)
const lock = setting.federation.lock_hash
const [ports = assert.fail()] = setting.ports

function turnOf(seat: Seat): Turn {
  return new Turn(seat.state, ports, seat.now_ms as Millis)
}

describe('the sign-once ledger', () => {
  it('gives the same bytes for a slot, whatever it is asked to sign the second time', () => {
    const seat = Seat.guarding(vault, setting)
    const turn = turnOf(seat)
    const slot = voteSlot(lock, vault.theft, 'clawback', 7 as Height)
    const first = signOnce(turn, slot, () => turn.sign('vote', seat.voteBody(vault)))
    const second = signOnce(turn, slot, () => assert.fail('nothing is signed twice'))
    assert.deepEqual(encodeFrame(second), encodeFrame(first))
    assert.deepEqual(
      turn.records.map(({ record }) => record),
      ['signed'],
    )
    const found = signedFor(seat.state.durable, slot)
    assert.ok(found)
    assert.deepEqual(encodeFrame(found), encodeFrame(first))
    assert.equal(signedFor(seat.state.durable, `${slot}0`), null)
  })

  it('refuses a record that would sign a slot again', () => {
    const seat = Seat.guarding(vault, setting)
    const [slot = '', entry] = [...seat.state.durable.ledger][0] ?? []
    assert.ok(entry)
    assert.throws(
      () => apply(seat.state.durable, { record: 'signed', slot, frame: new Uint8Array([1]) }),
      InvariantError,
    )
    assert.deepEqual(seat.state.durable.ledger.get(slot), entry)
  })

  it('has a slot of its own for each thing that may be signed once', () => {
    const other = hexOf('other') as LockHash
    const [one, two] = vault.ids
    assert.ok(one && two)
    const slots = [
      voteSlot(lock, vault.theft, 'clawback', 7 as Height),
      voteSlot(lock, vault.theft, 'clawback', 70 as Height),
      voteSlot(lock, vault.theft, 'emergency', 7 as Height),
      voteSlot(lock, vault.cold_theft, 'clawback', 7 as Height),
      voteSlot(other, vault.theft, 'clawback', 7 as Height),
      releaseSlot(lock, vault.theft, one, 1 as MemberIndex),
      releaseSlot(lock, vault.theft, one, 2 as MemberIndex),
      releaseSlot(lock, vault.theft, two, 1 as MemberIndex),
      releaseSlot(lock, vault.cold_theft, one, 1 as MemberIndex),
      receiptSlot(lock, vault.hash),
      receiptSlot(other, vault.hash),
    ]
    assert.equal(new Set(slots).size, slots.length)
    assert.ok(slots.every((slot) => slot.length <= 256))
  })

  it('holds what was signed before the message leaves, in the same step', () => {
    const seat = new Seat(setting)
    seat.begin()
    seat.sendManifest(vault)
    seat.verified(vault)
    seat.theftConfirmed(vault)
    for (const output of seat.outputs) {
      const signed = output.records.flatMap((one) => (one.record === 'signed' ? [one.slot] : []))
      const slotted = output.afterDurable.filter(({ effect }) => effect === 'gossip').length
      if (signed.length > 0) assert.ok(slotted > 0)
    }
    const slots = [...seat.state.durable.ledger.keys()].map((slot) => slot.split('/')[0])
    assert.deepEqual(slots, ['receipt', 'vote', 'vote'])
  })
})
