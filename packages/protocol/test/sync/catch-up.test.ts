import assert from 'node:assert/strict'
import { REJECT_CODES, type MemberIndex, decodeBody, decodeFrame, decodeHeader } from '../../src/index.ts'
import type { Hash32, Height } from '../../src/primitives/index.ts'
import { MAX_ANSWER_FRAMES } from '../../src/sync/pull.ts'
import { incidentOf, notice, orderAt, voteFor } from '../core/commands.ts'
import { Seat, durable } from '../core/seat.ts'
import { clawbackTx, settingOf, vaultOf } from '../core/setting.ts'
import { emptyPull } from '../messages/pull.ts'
import { quietHeartbeat } from '../messages/heartbeat.ts'
import { Room } from './room.ts'

const setting = settingOf(5)
const vault = vaultOf(setting)
const REJECTED: ReadonlySet<string> = new Set(REJECT_CODES)

const incidentAt = (seat: Seat) => seat.state.durable.incidents.get(vault.theft)
const activeAt = (seat: Seat) => seat.state.durable.vaults.get(vault.vault_id)?.active ?? null

function published(...members: readonly number[]): Room {
  const room = new Room(vault, setting)
  for (const member of members) room.at(member).publish(vault)
  room.settle()
  return room
}

function assertNobodyRejected(room: Room): void {
  assert.deepEqual(room.verdicts.filter(({ code }) => REJECTED.has(code)), [])
}

describe('a member that was down when the owner published the receipts', () => {
  it('activates by the word of the others, once it hears them', () => {
    const room = new Room(vault, setting)
    room.down.add(5)
    for (const member of [1, 2, 3, 4]) room.at(member).publish(vault)
    room.settle()
    assert.equal(activeAt(room.at(5)), null)
    room.back(5, 1)
    room.pass(2)
    assert.equal(activeAt(room.at(5)), vault.hash)
    assertNobodyRejected(room)
    room.at(5).checkDurable()
  })

  it('does not by the word of as many as may lie, nor without enough receipts', () => {
    const seat = new Seat(setting)
    seat.begin()
    seat.sendManifest(vault)
    seat.verified(vault)
    for (const from of [2, 3, 4, 5]) seat.receive(seat.receiptOf(from, vault), from)
    assert.equal(seat.receive(seat.publicationOf(2, vault), 2), 'accepted')
    assert.equal(activeAt(seat), null)
    assert.equal(seat.receive(seat.publicationOf(2, vault), 2), 'known', 'one member has one word')
    assert.equal(seat.receive(seat.publicationOf(3, vault), 3), 'accepted')
    assert.equal(activeAt(seat), vault.hash)

    const poor = new Seat(setting)
    poor.begin()
    poor.sendManifest(vault)
    poor.verified(vault)
    for (const from of [2, 3, 4, 5]) poor.receive(poor.publicationOf(from, vault), from)
    assert.equal(activeAt(poor), null)
    for (const from of [2, 3]) poor.receive(poor.receiptOf(from, vault), from)
    assert.equal(activeAt(poor), null, 'three receipts, its own included: one fewer than protected')
    poor.receive(poor.receiptOf(4, vault), 4)
    assert.equal(activeAt(poor), vault.hash)
  })

  it('does not activate what was withdrawn or cancelled there', () => {
    const seat = new Seat(setting)
    seat.begin()
    seat.sendManifest(vault)
    seat.verified(vault)
    const held = seat.state.durable.vaults.get(vault.vault_id)?.manifests[0] ?? assert.fail()
    held.withdrawn = true
    for (const from of [2, 3, 4, 5]) {
      seat.receive(seat.receiptOf(from, vault), from)
      seat.receive(seat.publicationOf(from, vault), from)
    }
    assert.equal(activeAt(seat), null)
  })
})

describe('a member that was down through a whole incident', () => {
  const theft = [{ outpoint: vault.deposit, tx: vault.unvault }]
  const recovery = [{ outpoint: vault.unvaulted, tx: clawbackTx(2) }]

  it('has the votes and what was broadcast afterwards, and nobody was rejected', () => {
    const room = published(1, 2, 3, 4, 5)
    room.down.add(5)
    const stolenAt = room.at(1).height
    room.connect(1, theft)
    room.pass(2)
    assert.notEqual(incidentAt(room.at(1))?.certified ?? null, null)
    assert.ok(room.up.some((seat) => seat.broadcasts().length > 0))
    room.connect(1, recovery)
    room.connect(3)
    room.back(5, 1, new Map([[stolenAt, theft], [stolenAt + 1, recovery]]))
    room.pass(3)
    const late = incidentAt(room.at(5))
    assert.ok((late?.votes.size ?? 0) >= setting.federation.thresholds.clawback.q)
    assert.notEqual(late?.certified ?? null, null)
    assertNobodyRejected(room)
  })

  it('has them from members that settled the incident long ago, while its own chain is behind', () => {
    const room = published(1, 2, 3, 4, 5)
    room.down.add(5)
    const stolenAt = room.at(1).height
    room.connect(1, theft)
    room.pass(2)
    room.connect(1, recovery)
    room.connect(110)
    assert.equal(incidentAt(room.at(1))?.settled, 'recovered')
    const seat = room.at(5)
    seat.now_ms = room.at(1).now_ms
    while (seat.height <= stolenAt) seat.connect(seat.height === stolenAt ? theft : [])
    room.down.delete(5)
    room.pass(2)
    assert.ok((incidentAt(seat)?.votes.size ?? 0) >= setting.federation.thresholds.clawback.q)
    assertNobodyRejected(room)
  })
})

describe('a member that was restarted in the middle of an incident', () => {
  it('is handed the same shares again, byte by byte, and goes on', () => {
    const room = published(1, 2, 3, 4, 5)
    room.connect(1, [{ outpoint: vault.deposit, tx: vault.unvault }])
    room.pass(1)
    const receiver = room.up.find((seat) => seat.broadcasts().length > 0) ?? assert.fail('one rebuilt it')
    const self = receiver.state.config.self
    /** By who released which share. */
    const releasesTo = (since: ReadonlyMap<Seat, number>): [string, string][] =>
      room.up.flatMap((seat) => durable(seat.outputs.slice(since.get(seat) ?? 0), 'send')).flatMap(({ to, bytes }) => {
        const { kind, from, body } = decodeHeader(decodeFrame(bytes).signed)
        if (to !== self || kind !== 'release') return []
        return [[`${from}/${decodeBody('release', body).envelope_id}`, Buffer.from(bytes).toString('hex')]]
      })
    const before = new Map(releasesTo(new Map()))
    assert.ok(before.size > 0)
    const since = new Map(room.up.map((seat) => [seat, seat.outputs.length]))
    room.down.add(self)
    const broadcasts = receiver.broadcasts().length
    room.back(self, self === 1 ? 2 : 1)
    room.pass(2)
    const again = releasesTo(since)
    assert.ok(again.some(([share]) => before.has(share)))
    for (const [share, bytes] of again) assert.equal(bytes, before.get(share) ?? bytes, 'nothing is signed anew')
    assert.ok(receiver.broadcasts().length > broadcasts)
    assertNobodyRejected(room)
    assert.ok(room.up.every((seat) => seat.state.durable.evidence.size === 0))
  })
})

describe('a member that answers Pulls with lies', () => {
  it('changes nothing but by what is true, and takes no room of others', () => {
    const seat = Seat.guarding(vault, setting)
    seat.vote(2, vault)
    const before = seat.log.length
    const elsewhere = vaultOf(setting, { label: 'never enrolled' })
    const lies = [
      seat.frame(4, 'vote', { ...seat.voteBody(vault), anchor_height: 5 as Height }, { head: { peer_id: 'another' } }),
      seat.frame(4, 'vote', seat.voteBody(elsewhere)),
      seat.frame(4, 'pull', emptyPull()),
      seat.receiptOf(4, elsewhere),
      seat.frame(2, 'vote', seat.voteBody(vault)),
    ]
    for (let round = 0; round < 200; round++) for (const bytes of lies) seat.receive(bytes, 3, 'stream')
    assert.equal(seat.log.length, before)
    assert.equal(seat.vote(4, vault), 'accepted', 'in whose name it lied')
    assert.equal(seat.say(3, 'heartbeat', quietHeartbeat()), 'accepted')
  })

  it('cannot make me ask again and again for what it never hands over, beyond one Pull a period', () => {
    const seat = Seat.guarding(vault, setting)
    const since = seat.outputs.length
    for (let period = 0; period < 3; period++) {
      seat.pass(20_000)
      for (let said = 0; said < 20; said++) seat.say(3, 'heartbeat', quietHeartbeat({ evidence_digest: `${said}${period}`.padEnd(64, 'a') as Hash32 }))
    }
    assert.ok(seat.sent('pull', since).filter(({ to }) => to === 3).length <= 3)
  })
})

describe('an answer', () => {
  const large = settingOf(26)
  const vaults = [vaultOf(large, { label: 'one' }), vaultOf(large, { label: 'two' })]

  it('is bounded, and no topic hides another: votes come though orders alone would fill it', () => {
    const seat = new Seat(large)
    seat.begin()
    for (const one of vaults) {
      seat.enrol(one)
      seat.publish(one)
    }
    seat.connectMany(20)
    for (const one of vaults) {
      for (let at = 0; at < 16; at++) {
        const given = orderAt(seat.tip, one, { order: 'panic' }, { nonce: `panic ${at}` })
        for (const from of seat.others()) notice(seat, from, one, given)
      }
    }
    const [one = assert.fail()] = vaults
    const given = orderAt(seat.tip, one, { order: 'panic' }, { nonce: 'panic 0' })
    for (const from of seat.others()) voteFor(seat, from, one, 'panic', given)
    const since = seat.outputs.length
    const owner_messages = vaults.map(({ vault_id }) => ({ vault_id, held: [] }))
    const incidents = [{ incident_id: incidentOf(one, 'panic', given), votes: [], releases: [], broadcasts: [] }]
    seat.say(2, 'pull', emptyPull({ owner_messages, incidents }), { channel: 'stream' })
    const kinds = durable(seat.outputs.slice(since), 'send').filter(({ to }) => to === (2 as MemberIndex)).map(({ bytes }) => decodeHeader(decodeFrame(bytes).signed).kind)
    assert.equal(kinds.pop(), 'answered')
    assert.equal(kinds.length, MAX_ANSWER_FRAMES)
    assert.equal(kinds.filter((kind) => kind === 'vote').length, 25, 'of all but the asker')
    const [answered] = seat.sent('answered', since)
    assert.equal(answered?.body.is_complete, false, 'there is more')
  }).timeout(30_000)
})
