import assert from 'node:assert/strict'
import { COMMAND_RECENCY, MAX_COMMANDS_PER_VAULT, MAX_PANICS, enrolRequest, taggedHash } from '../../src/index.ts'
import { type GivenCommand, drill, give, incidentOf, notice, orderAt, voteFor } from '../core/commands.ts'
import { MAX_CANCELS_PER_GENERATION } from '../../src/owner/limits.ts'
import { MAX_ANCHOR_LEAD } from '../../src/owner/recency.ts'
import { toCbor } from '../../src/primitives/index.ts'
import { Seat, durable, immediate } from '../core/seat.ts'
import { blockAt, hasher, ownerSign, settingOf, vaultOf } from '../core/setting.ts'

const setting = settingOf(5)
const vault = vaultOf(setting)
const next = vaultOf(setting, { generation: 2, previous: vault.hash, change: (manifest) => ({ ...manifest, activation_delay: 60 }) })
const ORDERS = {
  panic: { order: 'panic' },
  revoke: { order: 'revoke' },
  drill: drill(4),
  'cancel-generation': { order: 'cancel-generation', manifest_hash: next.hash },
} as const

const commandsOf = (seat: Seat) => seat.state.durable.vaults.get(vault.vault_id)?.commands ?? assert.fail()
const isTaken = (seat: Seat, { hash }: GivenCommand) => typeof commandsOf(seat).get(hash)?.taken_height === 'number'

function ready(): Seat {
  const seat = Seat.guarding(vault, setting)
  seat.connectMany(60)
  seat.enrol(next)
  return seat
}

describe('an order whose time has come finds its place', () => {
  for (const [name, what] of Object.entries(ORDERS)) {
    it(`${name}: whatever else is held for later, anchored at blocks that there will never be`, () => {
      const seat = ready()
      const anchor = blockAt(seat.tip + MAX_ANCHOR_LEAD, 'never')
      for (let at = 0; at < 2 * MAX_COMMANDS_PER_VAULT; at++) give(seat, orderAt(seat.tip, vault, what, { anchor, nonce: `${at}` }))
      const wanted = orderAt(seat.tip, vault, what, { nonce: 'wanted' })
      assert.equal(give(seat, wanted), 'accepted')
      assert.ok(isTaken(seat, wanted))
      seat.checkDurable()
    })
  }

  it('whatever liars say that they took long ago', () => {
    const seat = ready()
    const taken_at = seat.tip
    const old = Array.from({ length: MAX_COMMANDS_PER_VAULT }, (_, at) => orderAt(taken_at, vault, ORDERS.panic, { nonce: `${at}` }))
    seat.connectMany(COMMAND_RECENCY + 1)
    for (const given of old) notice(seat, 2, vault, given, taken_at)
    const wanted = orderAt(seat.tip, vault, ORDERS.panic, { nonce: 'wanted' })
    assert.equal(give(seat, wanted), 'accepted')
    assert.ok(isTaken(seat, wanted))
    seat.checkDurable()
  })
})

describe('cancels of one generation', () => {
  it('leave room for those of the next, however many of them others took', () => {
    const seat = ready()
    const cancel = ORDERS['cancel-generation']
    assert.equal(give(seat, orderAt(seat.tip, vault, cancel)), 'accepted')
    for (let at = 0; at < 2 * MAX_COMMANDS_PER_VAULT; at++) notice(seat, 2, vault, orderAt(seat.tip, vault, cancel, { nonce: `${at}` }))
    assert.equal(commandsOf(seat).size, MAX_CANCELS_PER_GENERATION)
    const signature = ownerSign(setting.owner.root, taggedHash(hasher, 'withdraw', next.signed.bytes))
    seat.request(toCbor(enrolRequest, { request: 'withdraw', manifest_hash: next.hash, signatures: [{ key: setting.owner.root, signature }] }))
    const rival = vaultOf(setting, { generation: 2, previous: vault.hash, rates: [3] })
    seat.sendManifest(rival)
    seat.verified(rival)
    assert.equal(give(seat, orderAt(seat.tip, vault, { ...cancel, manifest_hash: rival.hash }, { nonce: 'wanted' })), 'accepted')
    seat.checkDurable()
  })
})

describe('what was dropped', () => {
  it('may be vouched for later by the very words that came before', () => {
    const seat = ready()
    const taken_at = seat.tip
    const given = orderAt(taken_at, vault, ORDERS.panic)
    const said = (from: number) => seat.frame(from, 'command', { vault_id: vault.vault_id, command_hash: given.hash, height: taken_at as never }, { attachment: given.bytes })
    const words = [said(2), said(3)] as const
    seat.connectMany(COMMAND_RECENCY + 3)
    seat.receive(words[0], 2)
    seat.connectMany(COMMAND_RECENCY + 2)
    assert.equal(commandsOf(seat).size, 0)
    for (const bytes of words) seat.receive(bytes, 3, 'stream')
    assert.ok(isTaken(seat, given))
  })
})

describe('a thief of panic keys who tells every member another panic', () => {
  it('has called a panic all the same', () => {
    const members = setting.federation.members.map(({ index }) => index as number)
    const seats = members.map((self) => {
      const seat = Seat.guarding(vault, setting, self)
      seat.connectMany(20)
      return seat
    })
    for (const [at, seat] of seats.entries()) {
      for (let nonce = 0; nonce < MAX_PANICS; nonce++) give(seat, orderAt(seat.tip, vault, ORDERS.panic, { nonce: `${at}/${nonce}` }))
    }
    converse(seats)
    for (const seat of seats) seat.connectMany(2)
    converse(seats)
    const wanted = seats.map((seat) => new Set(immediate(seat.outputs, 'open-share').map(({ incident_id }) => incident_id)))
    assert.ok(wanted.every((ids) => ids.size > 0), 'every member has seen q votes for a panic')
    for (const seat of seats) seat.checkDurable()
  })

  it('and one whose panic every member knows calls it once', () => {
    const seat = ready()
    const given = orderAt(seat.tip, vault, ORDERS.panic)
    assert.equal(give(seat, given), 'accepted')
    assert.equal(give(seat, given), 'known')
    assert.ok(seat.state.durable.incidents.has(incidentOf(vault, 'panic', given)))
  })
})

describe('a vote for an order', () => {
  it('that shows something else is refused alike by who has the order and who does not', () => {
    for (const isKnown of [true, false]) {
      const seat = ready()
      const given = orderAt(seat.tip, vault, ORDERS.panic)
      const other = orderAt(seat.tip, vault, ORDERS.revoke)
      if (isKnown) assert.equal(give(seat, given), 'accepted')
      assert.equal(voteFor(seat, 2, vault, 'panic', { ...given, bytes: other.bytes }), 'bad-attachment')
      assert.equal(voteFor(seat, 3, vault, 'panic', { ...given, bytes: new Uint8Array([1]) }), 'malformed')
      assert.equal(voteFor(seat, 4, vault, 'panic', given), 'accepted')
    }
  })
})

/** Each hands the others what it gossips, until nobody has anything new to say. */
function converse(seats: readonly Seat[]): void {
  const read = new Map<Seat, number>()
  for (let round = 0; round < 50; round++) {
    const news = seats.flatMap((seat) => {
      const fresh = durable(seat.outputs.slice(read.get(seat) ?? 0), 'gossip')
      read.set(seat, seat.outputs.length)
      return fresh.map(({ bytes }) => ({ from: seat, bytes }))
    })
    if (news.length === 0) return
    for (const { from, bytes } of news) {
      for (const seat of seats) if (seat !== from) seat.receive(bytes, from.state.config.self)
    }
  }
}
