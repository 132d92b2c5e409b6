import assert from 'node:assert/strict'
import { DRILL_DEADLINE, DRILL_MEMORY, MAX_DRILLS_PER_VAULT, envelopesOf, incidentStatus, taggedHash, verdictOf } from '../../src/index.ts'
import { type MemberIndex, toHex } from '../../src/primitives/index.ts'
import { type DrillOrder, type GivenCommand, ask, drill, give, incidentOf, notice, orderAt, voteFor } from '../core/commands.ts'
import { Seat, durable, immediate } from '../core/seat.ts'
import { hasher, settingOf, vaultOf } from '../core/setting.ts'

const setting = settingOf(5)
const vault = vaultOf(setting)
const ENVELOPE = vault.manifest.drill.envelope_id
const SEALED = new Uint8Array(81).fill(7)

function ready(): Seat {
  const seat = Seat.guarding(vault, setting)
  seat.connectMany(20)
  return seat
}

function begun(seat: Seat, order: DrillOrder, nonce = 'nonce'): GivenCommand {
  const given = orderAt(seat.tip, vault, order, { nonce })
  assert.equal(give(seat, given), 'accepted')
  return given
}

const heldOf = (seat: Seat, { hash }: GivenCommand) => seat.state.durable.vaults.get(vault.vault_id)?.commands.get(hash) ?? assert.fail()
const endOf = (seat: Seat, given: GivenCommand) => heldOf(seat, given).ended?.status ?? 'running'
const statusOf = (seat: Seat, given: GivenCommand) => {
  const { vaults, incidents } = seat.state.durable
  return incidentStatus(vaults.get(vault.vault_id) ?? assert.fail(), incidents.get(incidentOf(vault, 'drill', given)) ?? assert.fail(), seat.tip)
}
const reports = (seat: Seat) => seat.sent('receipt').flatMap(({ body }) => (body.statement === 'drill' ? [body] : []))

function reportOf(seat: Seat, from: number, given: GivenCommand, level: number, result: 'no-channel' | 'good' | 'bad' | 'rebuilt', tried = 0, good = 0): string {
  const { vault_id } = vault
  return seat.say(from, 'receipt', { statement: 'drill', vault_id, command_hash: given.hash, level, result, tried, good, height: seat.tip as never })
}

function releaseOf(seat: Seat, from: number, given: GivenCommand, envelope_id = ENVELOPE): string {
  const sealed_hash = toHex(taggedHash(hasher, 'sealed', SEALED)) as never
  const body = { incident_id: incidentOf(vault, 'drill', given), manifest_hash: vault.hash, envelope_id, to: 1 as MemberIndex, sealed_hash }
  return seat.say(from, 'release', body, { attachment: SEALED, channel: 'stream' })
}

/** Every envelope that left me or that I opened, in a test where nothing but drills happened. */
function touched(seat: Seat): Set<string> {
  return new Set([...immediate(seat.outputs, 'seal-share'), ...immediate(seat.outputs, 'open-share'), ...immediate(seat.outputs, 'rebuild')].map(({ envelope_id }) => envelope_id))
}

describe('a drill of the notification path', () => {
  it('says that there is no channel yet', () => {
    const seat = ready()
    const given = begun(seat, drill(1))
    assert.deepEqual(reports(seat).map(({ result }) => result), ['no-channel'])
    for (const from of [2, 3, 4, 5]) reportOf(seat, from, given, 1, 'no-channel')
    assert.equal(endOf(seat, given), 'failed')
  })
})

describe('a drill of the shares', () => {
  it('has every share of every armed manifest looked at, and nothing sealed, kept or sent', () => {
    const seat = ready()
    const given = begun(seat, drill(2))
    const [effect] = immediate(seat.outputs, 'check-shares')
    assert.ok(effect)
    const ids = effect.manifests.flatMap(({ shares }) => shares.map(({ envelope_id }) => envelope_id))
    assert.deepEqual(ids, envelopesOf(vault.manifest).map(({ envelope_id }) => envelope_id))
    assert.equal(touched(seat).size, 0)
    seat.outcome({ of: 'check-shares', vault_id: vault.vault_id, command_hash: given.hash, tried: ids.length, good: ids.length })
    assert.deepEqual(reports(seat).map(({ result, tried, good }) => [result, tried, good]), [['good', ids.length, ids.length]])
    for (const from of [2, 3, 4]) assert.equal(reportOf(seat, from, given, 2, 'good', 5, 5), 'accepted')
    assert.equal(endOf(seat, given), 'running')
    assert.equal(reportOf(seat, 5, given, 2, 'good', 5, 5), 'accepted')
    assert.equal(endOf(seat, given), 'passed')
    seat.checkDurable()
  })

  it('that was cut off by a restart looks again', () => {
    const seat = ready()
    begun(seat, drill(2))
    const before = seat.outputs.length
    seat.restart()
    assert.equal(immediate(seat.outputs.slice(before), 'check-shares').length, 1)
  })

  it('fails loudly where a share does not open, and is abandoned where members stay silent', () => {
    const seat = ready()
    const given = begun(seat, drill(2))
    seat.outcome({ of: 'check-shares', vault_id: vault.vault_id, command_hash: given.hash, tried: 9, good: 8 })
    assert.deepEqual(reports(seat).map(({ result }) => result), ['bad'])
    seat.connectMany(DRILL_DEADLINE)
    assert.equal(endOf(seat, given), 'failed')
    assert.deepEqual(seat.tells('drill-ended').map(({ level }) => level), ['warn'])
    const other = begun(seat, drill(2), 'other')
    seat.connectMany(DRILL_DEADLINE)
    assert.equal(endOf(seat, other), 'abandoned')
  })
})

describe('a drill of the ladder', () => {
  it('records what the owner tried, and passes by what b+1 members recorded', () => {
    const seat = ready()
    const trial = { tried: 24, accepted: 24, mempool_floor: 1_000 as never, estimate: null }
    const given = begun(seat, drill(3, { trial }))
    assert.equal(reportOf(seat, 2, given, 3, 'good', 24, 24), 'accepted')
    assert.equal(endOf(seat, given), 'passed')
    const told = ask(seat, 'drills')
    assert.ok(told.answer === 'drills')
    assert.deepEqual(told.drills[0]?.trial, trial)
    assert.equal(told.drills[0]?.reports.length, 2)
    assert.equal(reportOf(seat, 3, given, 3, 'good', 23, 23), 'not-a-report')
    assert.equal(verdictOf('not-a-report'), 'ignore', 'members of a later version may report more')
  })
})

describe('a rehearsal', () => {
  it('goes through vote, certificate, release and rebuild, with the drill envelope alone', () => {
    const seat = ready()
    const given = begun(seat, drill(4))
    assert.deepEqual(seat.sent('vote').map(({ body }) => [body.trigger, body.action]), [['drill', 'drill']])
    for (const from of [2, 3]) assert.equal(voteFor(seat, from, vault, 'drill', given), 'accepted')
    seat.pass(60)
    for (const from of [2, 3]) assert.equal(releaseOf(seat, from, given), 'accepted')
    seat.connect()
    seat.work(vault)
    assert.deepEqual([...touched(seat)], [ENVELOPE])
    assert.deepEqual(immediate(seat.outputs, 'rebuild').map(({ txid }) => txid), [null])
    assert.deepEqual(reports(seat).map(({ result }) => result), ['rebuilt'])
    assert.equal(endOf(seat, given), 'running')
    assert.equal(statusOf(seat, given), 'certified')
    reportOf(seat, 2, given, 4, 'rebuilt')
    assert.equal(endOf(seat, given), 'passed')
    assert.equal(durable(seat.outputs, 'broadcast').length, 0)
    assert.ok(['incident-opened', 'voted', 'certified'].every((event) => seat.tells(event as never).every(({ level }) => level === 'info')))
    assert.ok(immediate(seat.outputs, 'forget').some(({ envelopes }) => envelopes.includes(ENVELOPE)))
    assert.equal(statusOf(seat, given), 'over')
    seat.checkDurable()
  })

  it('takes no share of any other envelope, though t members hand theirs over', () => {
    const seat = ready()
    const given = begun(seat, drill(4))
    for (const from of [2, 3]) voteFor(seat, from, vault, 'drill', given)
    for (const { envelope_id } of envelopesOf(vault.manifest)) {
      if (envelope_id !== ENVELOPE) assert.equal(releaseOf(seat, 2, given, envelope_id), 'not-a-rung')
    }
    seat.connectMany(3)
    assert.deepEqual([...touched(seat)].filter((one) => one !== ENVELOPE), [])
  })

  it('can be held again with the same envelope', () => {
    const seat = ready()
    for (const nonce of ['first', 'second']) {
      const since = seat.outputs.length
      const given = begun(seat, drill(4), nonce)
      for (const from of [2, 3]) voteFor(seat, from, vault, 'drill', given)
      for (const from of [2, 3]) assert.equal(releaseOf(seat, from, given), 'accepted')
      seat.connect()
      seat.work(vault, since)
      reportOf(seat, 2, given, 4, 'rebuilt')
      assert.equal(endOf(seat, given), 'passed')
    }
  })

  it('with me held back is none of mine: I neither vote nor release nor rebuild', () => {
    const seat = ready()
    const given = begun(seat, drill(5, { held_back: [1 as MemberIndex] }))
    for (const from of [2, 3, 4]) voteFor(seat, from, vault, 'drill', given)
    for (const from of [2, 3, 4]) releaseOf(seat, from, given)
    seat.connectMany(12)
    seat.work(vault)
    assert.equal(seat.sent('vote').length, 0)
    assert.equal(immediate(seat.outputs, 'seal-share').length, 0)
    assert.equal(reports(seat).length, 0)
    for (const from of [2, 3]) reportOf(seat, from, given, 5, 'rebuilt')
    assert.equal(endOf(seat, given), 'passed')
  })

  it('with others held back hands them nothing', () => {
    const seat = ready()
    const given = begun(seat, drill(5, { held_back: [2, 3] as MemberIndex[] }))
    for (const from of [4, 5]) voteFor(seat, from, vault, 'drill', given)
    seat.connectMany(3)
    const to = new Set(immediate(seat.outputs, 'seal-share').map((effect) => effect.to))
    assert.deepEqual(to, new Set([4, 5]))
  })

  it('that does not come to its end fails after a day', () => {
    const seat = ready()
    const given = begun(seat, drill(4))
    seat.connectMany(DRILL_DEADLINE)
    assert.equal(endOf(seat, given), 'failed')
  })
})

describe('a drill and what is real', () => {
  it('gives way to a theft, which it neither delays nor changes', () => {
    const seat = ready()
    const given = begun(seat, drill(4))
    seat.certified(vault)
    const since = seat.outputs.length
    for (const from of [2, 3]) voteFor(seat, from, vault, 'drill', given)
    seat.connectMany(2)
    const sealed = immediate(seat.outputs.slice(since), 'seal-share')
    assert.ok(sealed.every(({ envelope_id }) => envelope_id !== ENVELOPE))
    assert.ok(immediate(seat.outputs, 'seal-share').some(({ incident_id }) => incident_id === vault.theft))
    assert.equal(give(seat, orderAt(seat.tip, vault, drill(2), { nonce: 'later' })), 'incident-open')
  })

  it('never makes a vault exposed and never holds up a renewal', () => {
    const seat = ready()
    const given = begun(seat, drill(4))
    for (const from of [2, 3]) voteFor(seat, from, vault, 'drill', given)
    const next = vaultOf(setting, { generation: 2, previous: vault.hash })
    seat.enrol(next)
    seat.connectMany(3)
    assert.equal(seat.state.durable.vaults.get(vault.vault_id)?.active, next.hash)
    seat.connectMany(DRILL_DEADLINE)
    assert.equal(seat.tells('exposed').length, 0)
    assert.equal(endOf(seat, given), 'failed')
  })
})

describe('drills without end', () => {
  const flood = (seat: Seat, count: number, tag: string) => {
    const codes: string[] = []
    for (let at = 0; at < count; at++) {
      const given = orderAt(seat.tip, vault, drill(1), { nonce: `${tag}${at}` })
      const code = give(seat, given)
      codes.push(code)
      if (code === 'accepted') for (const from of [2, 3, 4, 5]) reportOf(seat, from, given, 1, 'no-channel')
    }
    return codes
  }

  it('run one at a time', () => {
    const seat = ready()
    begun(seat, drill(2))
    assert.equal(give(seat, orderAt(seat.tip, vault, drill(2), { nonce: 'second' })), 'drill-running')
    const theirs = orderAt(seat.tip, vault, drill(2), { nonce: 'theirs' })
    assert.equal(notice(seat, 2, vault, theirs), 'command-refused')
  })

  it('fill no more than their places, and leave no room of panics and thefts taken', () => {
    const seat = ready()
    const codes = flood(seat, MAX_DRILLS_PER_VAULT + 5, 'a')
    assert.equal(codes.filter((code) => code === 'accepted').length, MAX_DRILLS_PER_VAULT)
    assert.deepEqual(codes.slice(MAX_DRILLS_PER_VAULT), Array(5).fill('drill-limit'))
    assert.equal(give(seat, orderAt(seat.tip, vault, { order: 'panic' })), 'accepted')
    seat.checkDurable()
  })

  it('make room when they are old, and take with them all that was signed for them', () => {
    const seat = ready()
    const given = begun(seat, drill(4))
    for (const from of [2, 3]) voteFor(seat, from, vault, 'drill', given)
    seat.connectMany(2)
    seat.work(vault)
    for (const from of [2, 3]) reportOf(seat, from, given, 4, 'rebuilt')
    flood(seat, MAX_DRILLS_PER_VAULT - 1, 'a')
    const ledger = seat.state.durable.ledger.size
    seat.connectMany(DRILL_MEMORY + 1)
    assert.equal(give(seat, orderAt(seat.tip, vault, drill(1), { nonce: 'new' })), 'accepted')
    assert.equal(seat.state.durable.incidents.has(incidentOf(vault, 'drill', given)), false)
    assert.ok(seat.state.durable.ledger.size < ledger)
    assert.ok([...seat.state.durable.ledger.keys()].every((slot) => !slot.includes(incidentOf(vault, 'drill', given))))
    // What was forgotten nobody brings back, whoever vouches for it.
    for (const from of [2, 3, 4, 5]) assert.equal(notice(seat, from, vault, given, 121), 'command-refused')
    seat.checkDurable()
  })
})
