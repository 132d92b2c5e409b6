import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import {
  NO_DISCRIMINATOR,
  type BodyOf,
  IGNORE_CODES,
  MAX_FRAME_BYTES,
  REJECT_CODES,
  decodeFrame,
  encodeBody,
  encodeFrame,
} from '../../src/index.ts'
import { GARBAGE_BUDGET, SENDER_BUDGET } from '../../src/messages/budget.ts'
import { type Height, type MemberIndex, toHex } from '../../src/primitives/index.ts'
import { mutated } from '../messages/codec.ts'
import { Seat, immediate, manifestRequest } from './seat.ts'
import { settingOf, vaultOf } from './setting.ts'
import { quietHeartbeat } from '../messages/heartbeat.ts'

const setting = settingOf(5)
const vault = vaultOf(setting)
const CODES = new Set<string>(['accepted', ...REJECT_CODES, ...IGNORE_CODES])

const heartbeat = quietHeartbeat()

describe('a frame that is received', () => {
  it('gets one verdict for each thing that may be wrong, cheapest first', () => {
    const seat = Seat.guarding(vault, setting)
    const valid = seat.frame(2, 'vote', seat.voteBody(vault))
    const frame = decodeFrame(valid)
    const vote = encodeBody('vote', seat.voteBody(vault))
    const of = (head: Parameters<Seat['frameOf']>[1], attachment: Uint8Array | null = null) =>
      seat.frameOf(2, head, attachment)
    const cases: readonly (readonly [string, Uint8Array])[] = [
      ['oversize', new Uint8Array(MAX_FRAME_BYTES + 1)],
      ['malformed', new Uint8Array()],
      ['malformed', valid.subarray(0, -1)],
      ['malformed', new Uint8Array([...valid, 0])],
      ['malformed', encodeFrame({ ...frame, signed: new Uint8Array([0xff]) })],
      ['malformed', of({ kind: 'heartbeat', body: vote.subarray(1) })],
      ['unknown-version', of({ version: 2, body: vote })],
      ['foreign-lock', of({ lock_prefix: 'ff'.repeat(8), body: vote })],
      ['other-epoch', of({ epoch: 1, body: vote })],
      ['unknown-kind', of({ kind: 'panic', body: vote })],
      ['unknown-kind', of({ kind: 'constructor', body: vote })],
      ['wrong-channel', of({ kind: 'pull', body: vote })],
      ['attachment-over-limit', of({ kind: 'heartbeat', body: vote }, new Uint8Array([1]))],
      ['not-a-member', of({ from: 6 as MemberIndex, body: vote })],
      ['wrong-peer-id', of({ from: 3 as MemberIndex, body: vote })],
      ['bad-signature', encodeFrame({ ...frame, signature: frame.signature.toReversed() })],
      ['accepted', valid],
      ['duplicate', valid],
      ['own-message', seat.frame(1, 'vote', seat.voteBody(vault))],
    ]
    for (const [code, bytes] of cases) assert.equal(seat.receive(bytes, 2), code, code)
  })

  it('is not canonical where one value could be written in two ways', () => {
    const seat = Seat.guarding(vault, setting)
    const valid = seat.frame(2, 'vote', seat.voteBody(vault))
    // The three fields, with the last moved to the front: strict CBOR, but in no canonical order.
    const last = Buffer.from('6a6174746163686d656e74f6', 'hex')
    assert.equal(toHex(valid.subarray(-12)), toHex(last))
    const moved = new Uint8Array([valid[0] ?? 0, ...last, ...valid.subarray(1, -12)])
    assert.equal(seat.receive(moved, 2), 'not-canonical')
  })

  it('of another version is ignored, whatever that version made of the header', () => {
    const seat = Seat.guarding(vault, setting)
    // {"version": 2, "colour": "red"}: neither our fields nor their number.
    const signed = new Uint8Array(Buffer.from('a266636f6c6f7572637265646776657273696f6e02', 'hex'))
    const frame = { signed, signature: new Uint8Array(64), attachment: null }
    assert.equal(seat.receive(encodeFrame(frame), 2), 'unknown-version')
  })

  it('that was forged does not shut out the true one, and a true one ignored may come again', () => {
    const seat = Seat.guarding(vault, setting)
    const valid = seat.frame(2, 'vote', { ...seat.voteBody(vault), anchor_height: 500 as Height })
    const forged = encodeFrame({ ...decodeFrame(valid), signature: new Uint8Array(64) })
    assert.deepEqual([seat.receive(forged, 3), seat.receive(forged, 3)], ['bad-signature', 'duplicate'])
    assert.equal(seat.receive(valid, 2), 'anchor-out-of-window')
    seat.connectMany(200)
    assert.equal(seat.receive(valid, 2), 'accepted')
  })

  it('is never more than one of the known verdicts, whatever its bytes, and costs nobody else', () => {
    const seat = Seat.guarding(vault, setting)
    const bytes = [
      seat.frame(2, 'vote', seat.voteBody(vault), { attachment: vault.unvault.raw }),
      seat.frame(3, 'heartbeat', heartbeat),
      seat.frame(4, 'pull', { incidents: [], owner_messages: [], evidence: [], own: false, custody: [{ manifest_hash: vault.hash, receipts: [], published: [], taken_back: [], let_be: [], withdrawal: false }] }),
      seat.receiptOf(4, vault),
    ]
    const hostile = fc.oneof(fc.uint8Array({ maxLength: 300 }), mutated(fc.constantFrom(...bytes)))
    fc.assert(
      fc.property(hostile, fc.constantFrom('gossip' as const, 'stream' as const), (given, channel) => {
        seat.now_ms += 1_000
        const code = seat.receive(given, 5, channel)
        assert.ok(CODES.has(code) && code !== 'forwarder-over-budget', code)
        assert.ok(
          code !== 'accepted' || bytes.some((one) => Buffer.from(one).equals(Buffer.from(given))),
          'only what was signed',
        )
      }),
      { numRuns: 1_500 },
    )
    seat.checkDurable()
    assert.equal(seat.vote(3, vault), 'accepted')
  })
})

describe('a message that has been outlived', () => {
  it('is looked at once more at most, for 64 votes in it cost 64 looks', () => {
    const seat = Seat.guarding(vault, setting)
    const { vault_id, theft: incident_id } = vault
    const votes = [2, 3, 4].map((from) => seat.frame(from, 'vote', seat.voteBody(vault)))
    const body: BodyOf<'certificate'> = { vault_id, trigger: 'theft', discriminator: NO_DISCRIMINATOR, incident_id, action: 'clawback', votes }
    const [one, other] = [seat.frame(5, 'certificate', body), seat.frame(5, 'certificate', body)]
    assert.equal(seat.receive(one, 5), 'accepted')
    assert.deepEqual(
      [1, 2, 3].map(() => seat.receive(other, 4)),
      ['nothing-new', 'duplicate', 'duplicate'],
    )
  })
})

describe('the room of a sender', () => {
  it('is its own, whatever others flood', () => {
    const seat = Seat.guarding(vault, setting)
    for (let sent = 0; sent < SENDER_BUDGET.urgent.messages_burst + 50; sent++) seat.vote(2, vault)
    assert.equal(seat.vote(2, vault), 'sender-over-budget')
    assert.equal(seat.vote(3, vault), 'accepted')
    assert.equal(seat.say(2, 'heartbeat', heartbeat), 'accepted', 'its routine has a room of its own')
  })

  it('is not used up by whoever replays its old messages', () => {
    const seat = Seat.guarding(vault, setting)
    const [old, older] = [vaultOf(setting, { label: 'never enrolled' }), vaultOf(setting, { label: 'neither' })]
    const replays = Array.from({ length: 3_000 }, (_, at) => seat.receiptOf(2, at % 2 === 0 ? old : older))
    const codes = new Set(replays.map((bytes) => seat.receive(bytes, 5)))
    assert.deepEqual(codes, new Set(['unknown-manifest']))
    assert.equal(seat.vote(2, vault), 'accepted')
  }).timeout(20_000)

  it('is not used up by whoever hands on its messages with other attachments', () => {
    const seat = Seat.guarding(vault, setting)
    const forged = decodeFrame(seat.frame(2, 'vote', seat.voteBody(vault)))
    for (let at = 0; at < 16; at++) {
      const attachment = new Uint8Array(390_000).fill(at)
      assert.equal(seat.receive(encodeFrame({ ...forged, attachment }), 5), 'bad-attachment')
    }
    assert.equal(seat.vote(2, vault, { tx: { ...vault.unvault, raw: vault.unvault.raw } }), 'accepted')
  })

  it('is used up by its own news, through whomever they come', () => {
    const seat = Seat.guarding(vault, setting)
    let accepted = 0
    for (let at = 0; at < SENDER_BUDGET.routine.messages_burst + 10; at++) {
      const code = seat.say(2, 'heartbeat', heartbeat, { peer: 5 })
      if (code === 'accepted') accepted += 1
      else assert.equal(code, 'sender-over-budget')
    }
    assert.equal(accepted, SENDER_BUDGET.routine.messages_burst)
  })
})

describe('the room of a forwarder', () => {
  it('for what does not even decode is small, for that costs most to refuse', () => {
    const seat = Seat.guarding(vault, setting)
    const garbage = new Uint8Array(300_000).fill(0x80)
    garbage.set([0x9a, 0, 4, 0, 0])
    const codes = Array.from({ length: 6 }, () => seat.receive(garbage, 5))
    const taken = Math.floor(GARBAGE_BUDGET.bytes_burst / garbage.length)
    assert.deepEqual(
      codes,
      codes.map((_, at) => (at < taken ? 'malformed' : 'garbage-over-budget')),
    )
    assert.equal(seat.vote(2, vault), 'accepted', 'others hand over as before')
    seat.now_ms += 20_000
    assert.equal(seat.receive(garbage, 5), 'malformed')
  })
})

describe('a message of my own', () => {
  it('that I signed is nothing new, and one that I did not is told once: somebody else runs on my key', () => {
    const seat = Seat.guarding(vault, setting)
    const mine = seat.outputs.flatMap(({ afterDurable }) =>
      afterDurable.flatMap((one) => (one.effect === 'gossip' ? [one.bytes] : [])),
    )
    for (const bytes of mine) assert.equal(seat.receive(bytes, 2), 'own-message')
    assert.deepEqual(seat.tells('second-instance'), [])
    for (const boot of [seat.state.durable.boot, 9]) {
      const head = { boot, seq: 1_000_000 }
      assert.equal(seat.say(1, 'heartbeat', heartbeat, { peer: 2, head }), 'own-message')
    }
    assert.equal(seat.tells('second-instance').length, 1)
  })
})

describe("an owner's request", () => {
  it('gets one answer or a place to wait, whatever its bytes', () => {
    const seat = Seat.guarding(vault, setting)
    const bytes = manifestRequest(vaultOf(setting, { label: 'other' }))
    const hostile = fc.oneof(fc.uint8Array({ maxLength: 300 }), mutated(fc.constant(bytes)))
    const before = seat.log.length
    fc.assert(
      fc.property(hostile, fc.constantFrom('enrol' as const, 'info' as const), (given, protocol) => {
        const since = seat.outputs.length
        const answers = seat.request(given, protocol)
        const waits = immediate(seat.outputs.slice(since), 'verify-enrolment').length
        assert.ok(answers.length === 1 || waits === 1 || seat.state.volatile.enrolments.size > 0)
      }),
      { numRuns: 500 },
    )
    assert.equal(seat.log.length, before, 'nothing is remembered of it')
  })
})
