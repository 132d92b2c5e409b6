import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { IGNORE_CODES, MEMBER_KINDS, type MemberKind, REJECT_CODES, decodeFrame, encodeBody, encodeFrame, verdictOf } from '../../src/index.ts'
import { SENDER_BUDGET, forwarderBudget } from '../../src/messages/budget.ts'
import { BODIES } from '../messages/arbitraries.ts'
import { quietHeartbeat } from '../messages/heartbeat.ts'
import { orderAt, voteFor } from './commands.ts'
import { Seat } from './seat.ts'
import { CASES, KINDS, guarding, setting, vault, withField } from './verdicts.ts'

describe('each rule for what comes from members', () => {
  for (const code of [...REJECT_CODES, ...IGNORE_CODES]) {
    it(`has its own code: ${code}`, () => {
      assert.equal(CASES[code](guarding()), code)
    })
  }

  it('has a case for every code', () => {
    assert.deepEqual(new Set(Object.keys(CASES)), new Set([...REJECT_CODES, ...IGNORE_CODES]))
  })
})

function sample(kind: MemberKind): Uint8Array {
  const [body] = fc.sample<never>(BODIES[kind] as fc.Arbitrary<never>, { numRuns: 1, seed: 7 })
  return encodeBody(kind, body ?? assert.fail())
}

describe('honest members of other versions and locks', () => {
  const channelOf = (kind: MemberKind) => MEMBER_KINDS[kind].channels[0]

  for (const kind of KINDS) {
    const heard = (head: Parameters<Seat['frameOf']>[1]): string => {
      const seat = guarding()
      return seat.receive(seat.frameOf(2, { kind, body: sample(kind), ...head }), 2, channelOf(kind))
    }

    it(`are never rejected for a ${kind} of the version before or after`, () => {
      for (const version of [0, 2]) assert.equal(heard({ version }), 'unknown-version')
    })

    it(`are never rejected for a ${kind} with a field more`, () => {
      assert.equal(heard({ body: withField(kind, sample(kind)) }), 'unknown-field')
    })

    it(`are never rejected for a ${kind} under the lock before or after`, () => {
      assert.equal(verdictOf(heard({ lock_prefix: 'ab'.repeat(8) }) as never), 'ignore')
      assert.equal(verdictOf(heard({ epoch: 1 }) as never), 'ignore')
    })
  }

  it('are never rejected for a kind that this version does not know, nor for a header with a field more', () => {
    const seat = guarding()
    assert.equal(seat.receive(seat.frameOf(2, { kind: 'check-in', body: sample('vote') }), 2), 'unknown-kind')
    const frame = decodeFrame(seat.frameOf(2, { body: sample('vote') }))
    assert.equal(seat.receive(encodeFrame({ ...frame, signed: withField('vote', frame.signed) }), 2), 'unknown-field')
  })
})

/** A seat that counts the signatures it looks at. */
function counting(): { readonly seat: Seat; readonly verified: () => number } {
  let count = 0
  const [mine = assert.fail(), ...others] = setting.ports
  const verifyNode: typeof mine.verifyNode = (...given) => {
    count += 1
    return mine.verifyNode(...given)
  }
  const seat = Seat.guarding(vault, { ...setting, ports: [{ ...mine, verifyNode }, ...others] })
  const since = count
  return { seat, verified: () => count - since }
}

const forgeries = (seat: Seat, count: number): string[] => {
  const forged = { ...decodeFrame(seat.frame(2, 'heartbeat', quietHeartbeat())), signature: new Uint8Array(64) }
  return Array.from({ length: count }, (_, at) => {
    forged.signature.set([at & 0xff, at >> 8])
    return seat.receive(encodeFrame(forged), 5)
  })
}

describe('the order of the checks', () => {
  it('spends what the forwarder has before any signature is looked at, and nothing of the sender whose name is forged', () => {
    const { seat, verified } = counting()
    const { messages_burst } = forwarderBudget('routine', 5)
    const codes = forgeries(seat, messages_burst + 200)
    assert.equal(codes.filter((code) => code === 'bad-signature').length, messages_burst)
    assert.equal(verified(), messages_burst, 'what is over the budget costs no signature')
    assert.equal(seat.say(2, 'heartbeat', quietHeartbeat()), 'accepted', 'the one in whose name it was')
  })

  it('looks at no signature for what is of another version, kind, lock, channel or member, or came before', () => {
    const { seat, verified } = counting()
    for (const code of ['unknown-version', 'unknown-kind', 'foreign-lock', 'other-epoch', 'wrong-channel', 'not-its-own', 'not-a-member', 'wrong-peer-id'] as const) {
      assert.equal(CASES[code](seat), code)
    }
    assert.equal(verified(), 0)
    assert.equal(CASES.duplicate(seat), 'duplicate')
    assert.equal(verified(), 1)
  })
})

describe('the reserved room', () => {
  it('of an honest member for urgent messages is untouched by floods of routine, its own included, and of others', () => {
    const seat = guarding()
    for (const from of [2, 4, 5]) {
      for (let at = 0; at < SENDER_BUDGET.routine.messages_burst + 20; at++) seat.say(from, 'heartbeat', quietHeartbeat())
    }
    for (let at = 0; at < SENDER_BUDGET.urgent.messages_burst + 20; at++) seat.vote(5, vault)
    assert.equal(seat.vote(5, vault), 'sender-over-budget')
    assert.equal(seat.vote(2, vault), 'accepted')
    assert.equal(seat.vote(3, vault), 'accepted')
  })

  it('is open through a forwarder that floods routine messages', () => {
    const seat = guarding()
    forgeries(seat, forwarderBudget('routine', 5).messages_burst + 1)
    assert.equal(seat.receive(seat.frame(3, 'heartbeat', quietHeartbeat()), 5), 'forwarder-over-budget')
    assert.equal(seat.receive(seat.frame(3, 'vote', seat.voteBody(vault)), 5), 'accepted')
  })
})

describe('a certificate that comes before the order behind it', () => {
  it('is taken when it comes again, once the order is known', () => {
    const seat = guarding()
    seat.connectMany(20)
    const given = orderAt(seat.tip, vault, { order: 'panic' })
    const finder = guarding()
    finder.connectMany(20)
    for (const from of [2, 3, 4]) voteFor(finder, from, vault, 'panic', given)
    const [[incident_id, incident] = assert.fail()] = [...finder.state.durable.incidents]
    const votes = [2, 3, 4].map((from) => incident.votes.get(from as never)?.frame ?? assert.fail())
    const { vault_id, trigger, discriminator, action } = incident
    const bytes = seat.frame(5, 'certificate', { vault_id, trigger, discriminator, incident_id, action, votes })
    assert.equal(seat.receive(bytes, 5), 'unknown-command')
    assert.equal(voteFor(seat, 2, vault, 'panic', given), 'accepted', 'it shows the order')
    assert.equal(seat.receive(bytes, 5), 'accepted')
    assert.notEqual(seat.state.durable.incidents.get(incident_id)?.certified, null)
  })
})
