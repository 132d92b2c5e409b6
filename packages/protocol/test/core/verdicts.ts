/** For each code of a verdict a frame that earns exactly it. A code without one is a type error. */
import assert from 'node:assert/strict'
import {
  type BodyOf, type IncidentId, type MemberIndex, type MemberKind, MAX_FRAME_BYTES, MEMBER_KINDS, NO_DISCRIMINATOR,
  decodeFrame, encodeFrame, taggedHash,
} from '../../src/index.ts'
import { GARBAGE_BUDGET, SENDER_BUDGET, forwarderBudget } from '../../src/messages/budget.ts'
import { type Hash32, type Height, type Txid, s, toCbor, toHex } from '../../src/primitives/index.ts'
import type { IgnoreCode, RejectCode } from '../../src/messages/verdict.ts'
import { MAX_INCIDENTS } from '../../src/state/durable.ts'
import { MAX_EARLY_PER_SENDER } from '../../src/incident/rebuild.ts'
import { quietHeartbeat } from '../messages/heartbeat.ts'
import { emptyPull } from '../messages/pull.ts'
import { drill, notice, orderAt, voteFor } from './commands.ts'
import { Seat } from './seat.ts'
import { blockAt, hasher, hexOf, settingOf, transactionOf, vaultOf } from './setting.ts'

export const setting = settingOf(5)
export const vault = vaultOf(setting)
const elsewhere = vaultOf(setting, { label: 'never enrolled' })

export const guarding = (): Seat => Seat.guarding(vault, setting)
type Coded = RejectCode | IgnoreCode
type Case = (seat: Seat) => string

const STREAM = { channel: 'stream' } as const

/** Frames by a schema that allows more. */
const loose = s.struct({ signed: s.blob(MAX_FRAME_BYTES), signature: s.blob(256), attachment: s.nullable(s.blob(MAX_FRAME_BYTES)) })
const lacking = s.struct({ signed: s.blob(MAX_FRAME_BYTES), signature: s.blob(256) })
const extended = s.struct({ signed: s.blob(MAX_FRAME_BYTES), signature: s.blob(256), attachment: s.nullable(s.blob(MAX_FRAME_BYTES)), colour: s.text(16) })
const laterReceipt = s.variant('statement', { intends: s.struct({ height: s.height }) })

const vote = (seat: Seat, from = 2): Uint8Array => seat.frame(from, 'vote', seat.voteBody(vault))
const votes = (seat: Seat, members: readonly number[], change: Partial<BodyOf<'vote'>> = {}): Uint8Array[] =>
  members.map((from) => seat.frame(from, 'vote', { ...seat.voteBody(vault), ...change }))

function certify(seat: Seat, frames: Uint8Array[]): string {
  const { vault_id, theft: incident_id } = vault
  return seat.say(5, 'certificate', { vault_id, trigger: 'theft', discriminator: NO_DISCRIMINATOR, incident_id, action: 'clawback', votes: frames })
}

const SEALED = new Uint8Array(81).fill(9)
const SEALED_HASH = toHex(taggedHash(hasher, 'sealed', SEALED)) as Hash32

function release(seat: Seat, change: Partial<BodyOf<'release'>> = {}, attachment: Uint8Array | null = SEALED, from = 2): string {
  const body = { incident_id: vault.theft, manifest_hash: vault.hash, envelope_id: vault.ids[0] ?? assert.fail(), to: 1 as MemberIndex, sealed_hash: SEALED_HASH, ...change }
  return seat.say(from, 'release', body, { ...STREAM, attachment })
}

function receipt(seat: Seat, body: BodyOf<'receipt'>, from = 2): string {
  return seat.say(from, 'receipt', body)
}

const broadcast = (txid: Txid, incident_id: IncidentId = vault.theft): BodyOf<'receipt'> => ({
  statement: 'broadcast', vault_id: vault.vault_id, incident_id, txid, height: 100 as Height,
})

/** Until the code comes; the last one where it does not. */
function until(code: Coded, most: number, send: (at: number) => string): string {
  let last = ''
  for (let at = 0; at <= most && last !== code; at++) last = send(at)
  return last
}

export const CASES: Readonly<Record<Coded, Case>> = {
  oversize: (seat) => seat.receive(new Uint8Array(MAX_FRAME_BYTES + 1), 2),
  malformed: (seat) => seat.receive(vote(seat).subarray(0, -1), 2),
  'over-limit': (seat) => seat.receive(toCbor(loose, { ...decodeFrame(vote(seat)), signature: new Uint8Array(65) }), 2),
  'missing-field': (seat) => {
    const { signed, signature } = decodeFrame(vote(seat))
    return seat.receive(toCbor(lacking, { signed, signature }), 2)
  },
  'not-canonical': (seat) => {
    const valid = vote(seat)
    const last = Buffer.from('6a6174746163686d656e74f6', 'hex')
    assert.equal(toHex(valid.subarray(-12)), toHex(last))
    return seat.receive(new Uint8Array([valid[0] ?? 0, ...last, ...valid.subarray(1, -12)]), 2)
  },
  'attachment-over-limit': (seat) => seat.say(2, 'heartbeat', quietHeartbeat(), { attachment: new Uint8Array() }),
  'not-a-member': (seat) => seat.say(2, 'vote', seat.voteBody(vault), { head: { from: 6 as MemberIndex } }),
  'wrong-peer-id': (seat) => seat.say(2, 'vote', seat.voteBody(vault), { head: { from: 3 as MemberIndex } }),
  'bad-signature': (seat) => seat.receive(encodeFrame({ ...decodeFrame(vote(seat)), signature: new Uint8Array(64) }), 2),
  'attachment-missing': (seat) => release(seat, {}, null),
  'bad-attachment': (seat) => release(seat, {}, new Uint8Array(80)),
  'wrong-incident': (seat) => seat.vote(2, vault, { action: 'emergency' }),
  'too-few-votes': (seat) => certify(seat, votes(seat, [2, 3])),
  'votes-apart': (seat) => certify(seat, [...votes(seat, [2, 3]), ...votes(seat, [4], { anchor_height: (seat.tip - 13) as Height })]),
  'bad-inner-frame': (seat) => certify(seat, [...votes(seat, [2, 3]), seat.frameOf(4, { kind: 'heartbeat' })]),
  'unwanted-inner-frame': (seat) => certify(seat, votes(seat, [2, 3, 3])),
  'bad-inner-signature': (seat) => certify(seat, [...votes(seat, [2, 3]), encodeFrame({ ...decodeFrame(vote(seat, 4)), signature: new Uint8Array(64) })]),
  'not-a-rung': (seat) => release(seat, { envelope_id: hexOf('other') as never }),
  'wrong-generation': (seat) => receipt(seat, { statement: 'holds', vault_id: vault.vault_id, generation: 2, manifest_hash: vault.hash }),
  'not-a-report': (seat) => {
    seat.connectMany(20)
    const given = orderAt(seat.tip, vault, drill(1))
    notice(seat, 3, vault, given)
    const { vault_id } = vault
    return receipt(seat, { statement: 'drill', vault_id, command_hash: given.hash, level: 2, result: 'good', tried: 1, good: 1, height: 100 as Height })
  },
  'wrong-vault': (seat) => {
    seat.connectMany(20)
    const given = orderAt(seat.tip, vault, drill(1))
    const body = { vault_id: elsewhere.vault_id, command_hash: given.hash, height: seat.tip as Height }
    return seat.say(2, 'command', body, { attachment: given.bytes })
  },
  'bad-evidence': (seat) => {
    const { signed, signature } = decodeFrame(vote(seat, 4))
    return seat.say(2, 'evidence', { member: 4 as MemberIndex, conflict: 'number', first: { signed, signature }, second: { signed, signature } })
  },

  'unknown-version': (seat) => seat.say(2, 'vote', seat.voteBody(vault), { head: { version: 2 } }),
  'unknown-kind': (seat) => seat.say(2, 'vote', seat.voteBody(vault), { head: { kind: 'intent' } }),
  'unknown-field': (seat) => seat.receive(toCbor(extended, { ...decodeFrame(vote(seat)), colour: 'red' }), 2),
  'unknown-variant': (seat) => seat.receive(seat.frameOf(2, { kind: 'receipt', body: toCbor(laterReceipt, { statement: 'intends' as const, height: 1 as Height }) }), 2),
  'foreign-lock': (seat) => seat.say(2, 'vote', seat.voteBody(vault), { head: { lock_prefix: 'ff'.repeat(8) } }),
  'other-epoch': (seat) => seat.say(2, 'vote', seat.voteBody(vault), { head: { epoch: 1 } }),
  'wrong-channel': (seat) => seat.say(2, 'pull', emptyPull()),
  'not-its-own': (seat) => seat.say(2, 'pull', emptyPull(), { ...STREAM, peer: 3 }),
  duplicate: (seat) => {
    const bytes = vote(seat)
    assert.equal(seat.receive(bytes, 2), 'accepted')
    return seat.receive(bytes, 3)
  },
  'garbage-over-budget': (seat) => until('garbage-over-budget', GARBAGE_BUDGET.messages_burst, () => seat.receive(new Uint8Array([0xff]), 5)),
  'forwarder-over-budget': (seat) => {
    const { messages_burst } = forwarderBudget('routine', 5)
    const forged = { ...decodeFrame(seat.frame(2, 'heartbeat', quietHeartbeat())), signature: new Uint8Array(64) }
    return until('forwarder-over-budget', messages_burst, (at) => {
      forged.signature.set([at & 0xff, at >> 8])
      return seat.receive(encodeFrame(forged), 5)
    })
  },
  'sender-over-budget': (seat) =>
    until('sender-over-budget', SENDER_BUDGET.routine.messages_burst, () => seat.say(2, 'heartbeat', quietHeartbeat())),
  'own-message': (seat) => seat.receive(seat.frame(1, 'heartbeat', quietHeartbeat()), 2),
  'not-for-me': (seat) => release(seat, { to: 3 as MemberIndex }),
  'for-owners': (seat) => receipt(seat, { statement: 'destroyed', vault_id: vault.vault_id, command_hash: hexOf('order') as Hash32, height: 100 as Height }),
  stale: (seat) => {
    assert.equal(seat.say(2, 'heartbeat', quietHeartbeat(), { head: { boot: 5, seq: 9 } }), 'accepted')
    return seat.say(2, 'heartbeat', quietHeartbeat(), { head: { boot: 5, seq: 8 } })
  },
  'not-renewing': (seat) => {
    assert.equal(seat.vote(2, vault), 'accepted')
    seat.connect()
    return seat.vote(2, vault)
  },
  'nothing-new': (seat) => {
    const frames = votes(seat, [2, 3, 4])
    for (const [at, bytes] of frames.entries()) assert.equal(seat.receive(bytes, at + 2), 'accepted')
    return certify(seat, frames)
  },
  known: (seat) => seat.receive(seat.receiptOf(2, vault), 2),
  'unknown-vault': (seat) => seat.vote(2, elsewhere),
  'unknown-manifest': (seat) => seat.receive(seat.receiptOf(2, elsewhere), 2),
  'unknown-transaction': (seat) => {
    seat.theftConfirmed(vault)
    return receipt(seat, broadcast(transactionOf('other').txid))
  },
  'unknown-incident': (seat) => receipt(seat, broadcast(transactionOf('other').txid)),
  'unknown-command': (seat) => {
    seat.connectMany(20)
    return voteFor(seat, 2, vault, 'panic', orderAt(seat.tip, vault, { order: 'panic' }), false)
  },
  'command-refused': (seat) => {
    seat.connectMany(20)
    return notice(seat, 2, vault, orderAt(seat.tip, vault, { order: 'panic' }, { keys: [hexOf('thief')] }))
  },
  'anchor-out-of-window': (seat) => seat.vote(2, vault, { anchor_height: 5_000 as Height }),
  'incidents-full': (seat) => {
    seat.vote(3, vault)
    const { incidents } = seat.state.durable
    const [[id, one] = assert.fail()] = [...incidents]
    incidents.delete(id)
    for (let at = 0; at < MAX_INCIDENTS; at++) incidents.set(at.toString(16).padStart(64, '0') as IncidentId, { ...one, settled: 'over' })
    return seat.vote(2, vault)
  },
  'asked-too-soon': (seat) => {
    const body = { locator: [blockAt(50).hash] }
    return until('asked-too-soon', 1, () => seat.say(2, 'headers-wanted', body, STREAM))
  },
  'not-asked-for': (seat) => seat.say(2, 'headers', { headers: [new Uint8Array(80)] }, STREAM),
  'early-shares-full': (seat) => {
    const vaults = Array.from({ length: MAX_EARLY_PER_SENDER }, (_, at) => vaultOf(setting, { label: `vault ${at}`, rates: [2], emergency: [10] }))
    for (const one of vaults) seat.enrol(one)
    return until('early-shares-full', MAX_EARLY_PER_SENDER, (at) => {
      const one = vaults[at] ?? vault
      return release(seat, { incident_id: one.theft, manifest_hash: one.hash, envelope_id: one.ids[0] ?? assert.fail() })
    })
  },
  'incident-settled': (seat) => {
    seat.vote(3, vault)
    const incident = seat.state.durable.incidents.get(vault.theft) ?? assert.fail()
    incident.settled = 'recovered'
    return seat.vote(2, vault)
  },
}

/** A body with a field more, last in canonical order: what a later version may send. */
export function withField(kind: MemberKind, bytes: Uint8Array): Uint8Array {
  const fields = (bytes[0] ?? 0) - 0xa0
  assert.ok(fields >= 0 && fields < 23, `${kind} is a small map`)
  const name = new TextEncoder().encode('z'.repeat(30))
  return new Uint8Array([0xa0 + fields + 1, ...bytes.subarray(1), 0x78, name.length, ...name, 0xf6])
}

export const KINDS = Object.keys(MEMBER_KINDS) as MemberKind[]
