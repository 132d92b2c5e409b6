import assert from 'node:assert/strict'
import { type BodyOf, type MemberIndex, broadcasterOrder, decodeBody, decodeFrame, decodeHeader, encodeFrame } from '../../src/index.ts'
import { MAX_PULL_INCIDENTS, MAX_PULL_MANIFESTS } from '../../src/messages/pull.ts'
import { MAX_BODY_BYTES } from '../../src/messages/frame.ts'
import type { Hash32, Height, IncidentId } from '../../src/primitives/index.ts'
import { Seat, durable } from '../core/seat.ts'
import { hasher, hexOf, settingOf, vaultOf } from '../core/setting.ts'
import { quietHeartbeat } from '../messages/heartbeat.ts'

const setting = settingOf(5)
const vault = vaultOf(setting)

const nothingOf = (incident_id: IncidentId): BodyOf<'pull'>['incidents'][number] => ({
  incident_id,
  votes: [],
  releases: [],
  broadcasts: [],
})

function pull(
  seat: Seat,
  from: number,
  body: Partial<BodyOf<'pull'>>,
): { readonly kind: string; readonly from: MemberIndex }[] {
  const since = seat.outputs.length
  assert.equal(seat.say(from, 'pull', { incidents: [], owner_messages: [], evidence: [], own: false, custody: [], ...body }, { channel: 'stream' }), 'accepted')
  return durable(seat.outputs.slice(since), 'send')
    .filter(({ to }) => to === from)
    .map(({ bytes }) => decodeHeader(decodeFrame(bytes).signed))
    .filter(({ kind }) => kind !== 'answered')
}

describe('an answer to a Pull', () => {
  it("is what the asker lacks, in the signers' own bytes, and nothing of its own", () => {
    const seat = Seat.guarding(vault, setting)
    for (const from of [2, 3, 4]) seat.vote(from, vault)
    const all = pull(seat, 2, { incidents: [nothingOf(vault.theft)] })
    assert.deepEqual(
      all.map(({ kind, from }) => [kind, from]),
      [
        ['vote', 3],
        ['vote', 4],
      ],
    )
    const votes = [{ member: 3 as MemberIndex, anchor_height: seat.tip as Height }]
    const rest = pull(seat, 2, { incidents: [{ ...nothingOf(vault.theft), votes }] })
    assert.deepEqual(
      rest.map(({ from }) => from),
      [4],
    )
    assert.deepEqual(pull(seat, 2, { incidents: [nothingOf(vault.cold_theft)] }), [], 'of what I never heard of')
  })

  it('holds the receipts that are missing', () => {
    const seat = Seat.guarding(vault, setting)
    const has = [1, 2] as MemberIndex[]
    const sent = pull(seat, 2, { custody: [{ manifest_hash: vault.hash, receipts: has, published: [1, 2, 3, 4, 5] as MemberIndex[], taken_back: [], let_be: [], withdrawal: false }] })
    assert.deepEqual(
      sent.map(({ kind, from }) => [kind, from]),
      [
        ['receipt', 3],
        ['receipt', 4],
        ['receipt', 5],
      ],
    )
  })

  it('says no more that the owner published what was withdrawn or cancelled since', () => {
    const seat = Seat.guarding(vault, setting)
    const held = seat.state.durable.vaults.get(vault.vault_id)?.manifests[0] ?? assert.fail()
    const custody = [{ manifest_hash: vault.hash, receipts: [], published: [], taken_back: [], let_be: [], withdrawal: false }]
    assert.equal(pull(seat, 2, { custody }).length, 8)
    held.cancelled = true
    assert.equal(pull(seat, 2, { custody }).length, 4)
    held.cancelled = false
    held.withdrawn = true
    assert.equal(pull(seat, 2, { custody }).length, 4)
  })

  it('holds no release that lacks its share, as one does that was adopted from evidence', () => {
    const members = setting.federation.members.map(({ index }) => index)
    // The last broadcaster in the incident's order hands its shares to others.
    const giver = broadcasterOrder(hasher, setting.federation.lock_hash, vault.theft, members).at(-1)
    const seat = Seat.guarding(vault, setting, giver)
    seat.certified(vault)
    seat.work(vault)
    const to = durable(seat.outputs, 'send').find(({ bytes }) => decodeHeader(decodeFrame(bytes).signed).kind === 'release')?.to ?? assert.fail()
    const releases = () => pull(seat, to, { incidents: [nothingOf(vault.theft)] }).filter(({ kind }) => kind === 'release').length
    assert.ok(releases() > 0)
    const { ledger } = seat.state.durable
    for (const [slot, entry] of ledger) ledger.set(slot, { ...entry, frame: encodeFrame({ ...decodeFrame(entry.frame), attachment: null }) })
    assert.equal(releases(), 0)
  })

  it('is given once for an incident, though a liar names it sixteen times', () => {
    const seat = Seat.guarding(vault, setting)
    for (const from of [2, 3, 4]) seat.vote(from, vault)
    assert.equal(pull(seat, 5, { incidents: Array.from({ length: 16 }, () => nothingOf(vault.theft)) }).length, 3)
  })

  it('is bounded over time, whatever one member asks; another is answered all the same', () => {
    const seat = new Seat(setting)
    seat.begin()
    const vaults = Array.from({ length: 30 }, (_, at) => vaultOf(setting, { label: `vault ${at}` }))
    for (const one of vaults) seat.enrol(one)
    const custody = vaults.map(({ hash }) => ({ manifest_hash: hash, receipts: [], published: [], taken_back: [], let_be: [], withdrawal: false }))
    let answered = 0
    for (let asked = 0; asked < 200; asked++) answered += pull(seat, 2, { custody }).length
    assert.ok(answered <= 4_096)
    assert.equal(pull(seat, 3, { custody }).length, 240)
    seat.now_ms += 10_000
    assert.ok(pull(seat, 2, { custody }).length > 0)
  })

  it('holds what the asker said itself only as often as an honest one asks: else it is told to ask again', () => {
    const seat = Seat.guarding(vault, setting)
    const asks = (from: number): { readonly receipts: number; readonly is_complete: boolean | undefined } => {
      const since = seat.outputs.length
      const receipts = pull(seat, from, { own: true }).filter((one) => one.kind === 'receipt').length
      return { receipts, is_complete: seat.sent('answered', since).at(-1)?.body.is_complete }
    }
    const codes = Array.from({ length: 200 }, () => asks(5))
    const answered = codes.filter(({ receipts }) => receipts > 0)
    assert.ok(answered.length > 0 && answered.length <= 16, `${answered.length} times`)
    assert.ok(codes.every(({ receipts, is_complete }) => is_complete === receipts > 0))
    assert.deepEqual(asks(2), { receipts: 1, is_complete: true }, 'another member has a room of its own')
    seat.now_ms += setting.federation.timing.heartbeat_ms
    assert.deepEqual(asks(5), { receipts: 1, is_complete: true })
  })

  it('goes to the asker alone: a Pull that another hands over is none', () => {
    const seat = Seat.guarding(vault, setting)
    seat.vote(3, vault)
    const bytes = seat.frame(2, 'pull', { incidents: [nothingOf(vault.theft)], owner_messages: [], evidence: [], own: false, custody: [] })
    const since = seat.outputs.length
    assert.equal(seat.receive(bytes, 4, 'stream'), 'not-its-own')
    assert.deepEqual(durable(seat.outputs.slice(since), 'send'), [])
  })
})

describe('a Pull of mine', () => {
  it('follows a heartbeat that shows another digest, at most once a period', () => {
    const seat = Seat.guarding(vault, setting)
    const incidents = [{ incident_id: vault.theft, digest: hexOf('other') as Hash32 }]
    const since = seat.outputs.length
    seat.pass(20_000)
    for (let said = 0; said < 5; said++) seat.say(2, 'heartbeat', quietHeartbeat({ incidents }))
    const asked = seat.sent('pull', since)
    assert.deepEqual(
      asked.map(({ to, body }) => [to, body.incidents.map(({ incident_id }) => incident_id)]),
      [[2, [vault.theft]]],
    )
  })

  it('does not follow heartbeats faster than an honest member speaks: to compare them is work', () => {
    const seat = Seat.guarding(vault, setting)
    const incidents = [{ incident_id: vault.theft, digest: hexOf('other') as Hash32 }]
    const since = seat.outputs.length
    seat.pass(20_000)
    seat.say(2, 'heartbeat', quietHeartbeat(seat.sent('heartbeat').at(-1)?.body))
    seat.now_ms += 100
    seat.say(2, 'heartbeat', quietHeartbeat({ incidents }))
    assert.equal(seat.sent('pull', since).length, 0)
    seat.now_ms += 1_000
    seat.say(2, 'heartbeat', quietHeartbeat({ incidents }))
    assert.equal(seat.sent('pull', since).length, 1)
  })

  it('is not sent where nothing is missing that could be asked for', () => {
    const seat = Seat.guarding(vault, setting)
    const since = seat.outputs.length
    seat.pass(20_000)
    seat.say(2, 'heartbeat', quietHeartbeat())
    assert.deepEqual(seat.sent('pull', since), [])
  })

  it('does not grow with a heartbeat that names 64 incidents which I never heard of', () => {
    const seat = Seat.guarding(vault, setting)
    const incidents = Array.from({ length: 64 }, (_, at) => ({
      incident_id: hexOf(`i${at}`) as IncidentId,
      digest: hexOf('d') as Hash32,
    }))
    const asked = new Set<IncidentId>()
    for (let period = 0; period < 4; period++) {
      const since = seat.outputs.length
      seat.pass(20_000)
      seat.say(2, 'heartbeat', quietHeartbeat({ incidents }))
      const [one, ...more] = seat.sent('pull', since)
      assert.deepEqual(more, [])
      assert.equal(one?.body.incidents.length, MAX_PULL_INCIDENTS)
      for (const { incident_id } of one?.body.incidents ?? []) asked.add(incident_id)
    }
    assert.equal(asked.size, 64, 'one after the other, so that none hides another')
    assert.equal(seat.state.durable.incidents.size, 0)
  })

  it('asks no more for an incident of a vault that I do not hold, until I am given one', () => {
    const seat = Seat.guarding(vault, setting)
    const other = vaultOf(setting, { label: 'other' })
    const asked = (): unknown[] => {
      const since = seat.outputs.length
      seat.pass(20_000)
      seat.say(2, 'heartbeat', quietHeartbeat({ incidents: [{ incident_id: other.theft, digest: hexOf('d') as Hash32 }] }))
      return seat.sent('pull', since).flatMap(({ body }) => body.incidents.map(({ incident_id }) => incident_id))
    }
    assert.deepEqual(asked(), [other.theft])
    assert.equal(seat.vote(3, other), 'unknown-vault')
    assert.deepEqual(asked(), [])
    seat.enrol(other)
    assert.deepEqual(asked(), [other.theft])
  })

  it('names receipts that are missing one after the other, where there are more than it holds', () => {
    const seat = new Seat(setting)
    seat.begin()
    for (let at = 0; at < 100; at++) {
      const one = vaultOf(setting, { label: `vault ${at}`, rates: [2], emergency: [10] })
      seat.sendManifest(one)
      seat.verified(one)
    }
    const named = new Set<string>()
    for (let period = 0; period < 2; period++) {
      const since = seat.outputs.length
      seat.pass(20_000)
      seat.say(2, 'heartbeat', quietHeartbeat())
      const custody = seat.sent('pull', since).flatMap(({ body }) => body.custody)
      assert.equal(custody.length, MAX_PULL_MANIFESTS)
      for (const { manifest_hash } of custody) named.add(manifest_hash)
    }
    assert.equal(named.size, 100)
  })

  it('fits into a message though many members voted and released in many incidents, and goes on where it ended', () => {
    const large = settingOf(26)
    const seat = new Seat(large)
    seat.begin()
    const rates = [1, 2, 3, 4, 5, 6, 7, 8]
    // Not activated, so that each theft is a cold-theft too.
    const vaults = Array.from({ length: MAX_PULL_INCIDENTS / 2 }, (_, at) =>
      vaultOf(large, { label: `vault ${at}`, rates, emergency: rates, variants: 8 }),
    )
    for (const one of vaults) {
      seat.sendManifest(one)
      seat.verified(one)
      seat.theftSeen(one)
      const cold = { trigger: 'cold-theft', incident_id: one.cold_theft, action: 'emergency' } as const
      for (const from of seat.others()) for (const claim of [{}, cold]) seat.vote(from, one, claim)
      for (const envelope_id of one.ids) {
        const shares = new Map(seat.others().map((member) => [member as MemberIndex, 'good' as const]))
        seat.state.volatile.gatherings.set(envelope_id, {
          shares,
          rebuild: 'not-yet',
          untold: null,
          tried_with: 0,
          submitting: false,
          answer: null,
          answer_stands: false,
          bid: null,
        })
      }
    }
    const digest = hexOf('other') as Hash32
    const incidents = vaults.flatMap(({ theft, cold_theft }) => [theft, cold_theft]).map((incident_id) => ({ incident_id, digest }))
    const named = new Set<IncidentId>()
    for (let period = 0; period < 2; period++) {
      const since = seat.outputs.length
      seat.pass(10_000)
      seat.say(2, 'heartbeat', quietHeartbeat({ incidents }))
      const sent = durable(seat.outputs.slice(since), 'send').filter(({ to }) => to === 2)
      for (const { bytes } of sent) {
        const { kind, body } = decodeHeader(decodeFrame(bytes).signed)
        assert.equal(kind, 'pull')
        assert.ok(body.length <= MAX_BODY_BYTES)
        const { incidents } = decodeBody('pull', body)
        assert.ok(incidents.length > 0 && incidents.length < MAX_PULL_INCIDENTS)
        for (const { incident_id } of incidents) named.add(incident_id)
        seat.answerTo(bytes, 2, false)
      }
    }
    assert.equal(named.size, MAX_PULL_INCIDENTS)
  }).timeout(20_000)

  it('asks a member that has yet to answer no second time for a while, and at once on a new connection', () => {
    const seat = Seat.guarding(vault, setting)
    seat.certified(vault)
    const pullsTo2 = (act: () => void): Uint8Array[] => {
      const since = seat.outputs.length
      act()
      return durable(seat.outputs.slice(since), 'send').flatMap(({ to, bytes }) =>
        to === 2 && decodeHeader(decodeFrame(bytes).signed).kind === 'pull' ? [bytes] : [],
      )
    }
    const { heartbeat_ms } = setting.federation.timing
    const [first] = pullsTo2(() => seat.pass(heartbeat_ms))
    assert.ok(first)
    assert.deepEqual(pullsTo2(() => seat.pass(heartbeat_ms)), [])
    const [patient] = pullsTo2(() => seat.pass(heartbeat_ms))
    assert.ok(patient)
    seat.answerTo(patient, 2)
    const [next] = pullsTo2(() => seat.pass(heartbeat_ms))
    assert.ok(next)
    assert.equal(pullsTo2(() => seat.step({ kind: 'peer', member: 2 as MemberIndex, connected: true })).length, 1)
  })
})
