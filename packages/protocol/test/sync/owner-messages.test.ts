import assert from 'node:assert/strict'
import { type MemberIndex, decodeBody, decodeFrame, decodeHeader } from '../../src/index.ts'
import { MAX_HEARTBEAT_VAULTS } from '../../src/messages/heartbeat.ts'
import { MAX_PULL_VAULTS } from '../../src/messages/pull.ts'
import { drill, give, incidentOf, notice, orderAt, voteFor } from '../core/commands.ts'
import { Seat, durable } from '../core/seat.ts'
import { settingOf, vaultOf } from '../core/setting.ts'

const setting = settingOf(5)
const vault = vaultOf(setting)

/** Members that guard the vault and hear nothing of each other but what is handed over. */
function membersAt(...selves: readonly number[]): Seat[] {
  return selves.map((self) => {
    const seat = Seat.guarding(vault, setting, self)
    seat.connectMany(20)
    return seat
  })
}

/** The next heartbeat of one, heard by the other; then what the other pulls, and what it is answered. @returns the kinds answered */
function converse(speaker: Seat, hearer: Seat): string[] {
  const [from, to] = [speaker, hearer].map(({ state }) => state.config.self)
  assert.ok(from && to)
  const since = speaker.outputs.length
  for (const seat of [speaker, hearer]) seat.pass(10_000)
  const beats = durable(speaker.outputs.slice(since), 'gossip').filter(({ bytes }) => kindOf(bytes) === 'heartbeat')
  const heard = hearer.outputs.length
  for (const { bytes } of beats) hearer.receive(bytes, from)
  const answered = speaker.outputs.length
  for (const { bytes, to: asked } of durable(hearer.outputs.slice(heard), 'send')) if (asked === from) speaker.receive(bytes, to, 'stream')
  const answers = durable(speaker.outputs.slice(answered), 'send').filter((one) => one.to === to)
  for (const { bytes } of answers) hearer.receive(bytes, from, 'stream')
  return answers.map(({ bytes }) => kindOf(bytes))
}

const kindOf = (bytes: Uint8Array): string => decodeHeader(decodeFrame(bytes).signed).kind
const heldAt = (seat: Seat) => seat.state.durable.vaults.get(vault.vault_id)?.commands ?? assert.fail()

describe('a command that gossip did not bring', () => {
  it('reaches a member by its peers heartbeats and a Pull, with all that was said of it', () => {
    const [one, two] = membersAt(1, 2)
    assert.ok(one && two)
    const given = orderAt(one.tip, vault, drill(1))
    assert.equal(give(one, given), 'accepted')
    notice(one, 3, vault, given)
    assert.deepEqual(converse(one, two).toSorted(), ['answered', 'command', 'command', 'receipt'])
    assert.equal(heldAt(two).get(given.hash)?.taken_height, two.tip)
    assert.deepEqual(new Set(heldAt(two).get(given.hash)?.notices.keys()), new Set([1, 2, 3]))
    assert.deepEqual(converse(two, one).toSorted(), ['answered', 'command', 'receipt'])
    assert.deepEqual(converse(one, two), [])
    assert.deepEqual(converse(two, one), [])
  })

  it('comes before the votes about it, so that a late member joins a panic at its first Pull', () => {
    const [one, two] = membersAt(1, 2)
    assert.ok(one && two)
    const given = orderAt(one.tip, vault, { order: 'panic' })
    assert.equal(give(one, given), 'accepted')
    voteFor(one, 3, vault, 'panic', given)
    const kinds = converse(one, two)
    assert.ok(kinds.lastIndexOf('command') < kinds.indexOf('vote'))
    const incident = two.state.durable.incidents.get(incidentOf(vault, 'panic', given))
    assert.deepEqual(new Set(incident?.votes.keys()), new Set([1, 2, 3]))
    assert.notEqual(incident?.certified, null)
  })

  it('that came too late counts by the others who took it in time', () => {
    const [one, two] = membersAt(1, 2)
    assert.ok(one && two)
    const given = orderAt(one.tip, vault, { order: 'panic' })
    assert.equal(give(one, given), 'accepted')
    notice(one, 3, vault, given)
    for (const seat of [one, two]) seat.connectMany(40)
    converse(one, two)
    assert.equal(heldAt(two).get(given.hash)?.taken_height, two.tip)
  })
})

describe('a command that is held and not taken', () => {
  it('is not sent again and again by those that took it: a Pull names it with what was said of it', () => {
    const seat = Seat.guarding(vault, setting)
    seat.connectMany(20)
    const given = orderAt(seat.tip, vault, { order: 'panic' })
    seat.connectMany(30)
    // Too late to count by itself, and one member's word is not enough.
    assert.equal(notice(seat, 3, vault, given, seat.tip - 30), 'accepted')
    assert.equal(heldAt(seat).get(given.hash)?.taken_height, null)
    seat.pass(20_000)
    const since = seat.outputs.length
    const { body } = seat.sent('heartbeat').at(-1) ?? assert.fail()
    assert.deepEqual(body.owner_messages, [], 'I do not speak of it')
    seat.say(3, 'heartbeat', { ...body, owner_messages: [{ vault_id: vault.vault_id, digest: 'ab'.repeat(32) as never }] })
    const [asked] = seat.sent('pull', since)
    assert.deepEqual(asked?.body.owner_messages, [{ vault_id: vault.vault_id, held: [{ id: given.hash, notices: [3], reports: [] }] }])
  })
})

describe('what a heartbeat says of owners', () => {
  it('is nothing where nothing was said, and takes turns where there is more than it holds', () => {
    const seat = new Seat(setting)
    seat.begin()
    const vaults = Array.from({ length: MAX_HEARTBEAT_VAULTS + 5 }, (_, at) => vaultOf(setting, { label: `vault ${at}` }))
    for (const one of vaults) seat.enrol(one)
    seat.connectMany(20)
    seat.pass(10_000)
    assert.ok(seat.sent('heartbeat').every(({ body }) => body.owner_messages.length === 0))
    for (const one of vaults) assert.equal(give(seat, orderAt(seat.tip, one, { order: 'revoke' })), 'accepted')
    const since = seat.outputs.length
    for (let at = 0; at < 3; at++) seat.pass(10_000)
    const named = seat.sent('heartbeat', since).map(({ body }) => body.owner_messages.map(({ vault_id }) => vault_id))
    assert.ok(named.every((list) => list.length === MAX_HEARTBEAT_VAULTS))
    assert.equal(new Set(named.flat()).size, vaults.length)
  })

  it('makes a member ask for few vaults at a time, each in its turn', () => {
    const seat = new Seat(setting)
    seat.begin()
    const vaults = Array.from({ length: MAX_PULL_VAULTS + 3 }, (_, at) => vaultOf(setting, { label: `vault ${at}` }))
    for (const one of vaults) seat.enrol(one)
    const asked = new Set<string>()
    for (let round = 0; round < 2; round++) {
      seat.pass(10_000)
      const since = seat.outputs.length
      const owner_messages = vaults.map(({ vault_id }) => ({ vault_id, digest: 'ab'.repeat(32) as never }))
      const { body } = seat.sent('heartbeat').at(-1) ?? assert.fail()
      assert.equal(seat.say(2, 'heartbeat', { ...body, owner_messages }), 'accepted')
      const pull = durable(seat.outputs.slice(since), 'send').find(({ to }) => to === (2 as MemberIndex))
      assert.ok(pull)
      const wanted = decodeBody('pull', decodeHeader(decodeFrame(pull.bytes).signed).body).owner_messages
      assert.ok(wanted.length <= MAX_PULL_VAULTS)
      for (const { vault_id } of wanted) asked.add(vault_id)
      seat.answerTo(pull.bytes, 2)
    }
    assert.equal(asked.size, vaults.length)
  })
})
