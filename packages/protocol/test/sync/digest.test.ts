import assert from 'node:assert/strict'
import { custodyDigest, myCustodyDigest } from '../../src/sync/custody.ts'
import { incidentDigest } from '../../src/sync/incidents.ts'
import { Turn } from '../../src/state/turn.ts'
import type { Height, Millis } from '../../src/primitives/index.ts'
import { Seat } from '../core/seat.ts'
import { hasher, settingOf, vaultOf } from '../core/setting.ts'

const setting = settingOf(5)
const vault = vaultOf(setting)

function digestOf(seat: Seat): string {
  const incident = seat.state.durable.incidents.get(vault.theft)
  assert.ok(incident)
  return incidentDigest(hasher, incident)
}

describe('the digest of an incident', () => {
  it('is the same for members that hold the same votes, in whatever order they came', () => {
    const [one, other] = [Seat.guarding(vault, setting, 1), Seat.guarding(vault, setting, 5)]
    for (const from of [2, 3, 4]) one.vote(from, vault)
    for (const from of [4, 2, 3]) other.vote(from, vault)
    assert.equal(digestOf(one), digestOf(other))
    one.vote(5, vault)
    assert.notEqual(digestOf(one), digestOf(other))
  })

  it('differs by a renewal', () => {
    const seat = Seat.guarding(vault, setting)
    seat.vote(2, vault)
    const before = digestOf(seat)
    seat.connectMany(6)
    seat.vote(2, vault)
    assert.notEqual(digestOf(seat), before)
  })
})

describe('the digest of custody', () => {
  const mine = (seat: Seat) =>
    myCustodyDigest(new Turn(seat.state, setting.ports[0] ?? assert.fail(), seat.now_ms as Millis))

  it('is remembered, and made again whenever custody has changed', () => {
    const seat = new Seat(setting)
    seat.begin()
    const empty = mine(seat)
    assert.equal(mine(seat), empty)
    seat.sendManifest(vault)
    seat.verified(vault)
    const armed = mine(seat)
    assert.notEqual(armed, empty)
    seat.receive(seat.receiptOf(2, vault), 2)
    const received = mine(seat)
    assert.notEqual(received, armed)
    seat.publish(vault)
    assert.notEqual(mine(seat), received)
    assert.equal(mine(seat), custodyDigest(hasher, seat.state.durable))
  })

  it('is the same for members that hold the receipts of the same members', () => {
    const one = new Seat(setting, 1)
    const other = new Seat(setting, 2)
    for (const seat of [one, other]) {
      seat.begin()
      seat.enrol(vault)
    }
    const receipts = other.state.durable.vaults.get(vault.vault_id)?.manifests[0]?.receipts
    assert.equal(receipts?.size, 5)
    assert.equal(mine(one), mine(other))
  })

  it('is not changed by a liar who says of a first generation that it was taken back', () => {
    const seat = Seat.guarding(vault, setting)
    const before = mine(seat)
    const { vault_id, hash: manifest_hash } = vault
    const word = { statement: 'taken-back', vault_id, generation: 1, manifest_hash, height: seat.tip as Height } as const
    assert.equal(seat.say(2, 'receipt', word), 'accepted')
    assert.equal(mine(seat), before)
  })
})
