import assert from 'node:assert/strict'
import type { BodyOf, EnvelopeId, MemberIndex } from '../../src/index.ts'
import { MAX_EARLY_PER_SENDER } from '../../src/incident/rebuild.ts'
import type { Feerate, IncidentId, ManifestHash } from '../../src/primitives/index.ts'
import { SECOND_WAVE_AFTER_MS } from '../../src/state/volatile.ts'
import { Seat, durable, immediate } from '../core/seat.ts'
import { clawbackTx, hexOf, transactionOf, vaultOf } from '../core/setting.ts'
import { body, guarding, lowest, order, other, releaseTo, sealed, seals, self, setting, theftIds, vault } from './shares.ts'

describe('the release gate', () => {
  it('opens only with q votes, the trigger confirmed in my own chain, and for the rung that is due', () => {
    const seat = guarding()
    seat.theftSeen(vault)
    for (const from of seat.others()) seat.vote(from, vault)
    assert.deepEqual(seals(seat), [], 'a transaction that may vanish costs no secrecy')
    seat.theftConfirmed(vault)
    assert.deepEqual([...new Set(seals(seat).map(({ envelope_id }) => envelope_id))], [lowest])

    const alone = guarding()
    alone.theftConfirmed(vault)
    alone.vote(other(alone), vault)
    alone.connectMany(3)
    assert.deepEqual(seals(alone), [], 'two votes of three')
  })

  it('opens at sight where the owner chose speed, and for a theft of the deposit itself', () => {
    const eager = vaultOf(setting, { change: (manifest) => ({ ...manifest, act_at: 'mempool' }) })
    const seat = guarding(eager)
    seat.theftSeen(eager)
    for (const from of seat.others()) seat.vote(from, eager)
    assert.ok(seals(seat).length > 0)

    const cold = guarding()
    cold.chain({ event: 'spend-seen', outpoint: vault.deposit, tx: transactionOf('thief') })
    const claim = { trigger: 'cold-theft', incident_id: vault.cold_theft, action: 'emergency' } as const
    for (const from of cold.others()) cold.vote(from, vault, claim)
    assert.equal(new Set(seals(cold).map(({ envelope_id }) => envelope_id)).size, 2, 'every rung at once')
  })

  it('is asked again when the share has been sealed', () => {
    const seat = guarding()
    seat.certified(vault)
    const [wish] = seals(seat)
    assert.ok(wish)
    const block = seat.state.durable.position
    assert.ok(block)
    seat.chain({ event: 'spend-unconfirmed', outpoint: vault.deposit, txid: vault.unvault.txid, block })
    const { incident_id, manifest_hash, envelope_id, to } = wish
    const output = seat.outcome({ of: 'seal-share', incident_id, manifest_hash, envelope_id, to, sealed })
    assert.deepEqual(durable([output], 'send'), [])
  })

  it('shuts when the votes have grown old', () => {
    const seat = guarding()
    seat.certified(vault)
    seat.connectMany(25)
    const before = seat.outputs.length
    seat.connectMany(24)
    assert.deepEqual(seals(seat, before), [])
  })

  it('frees one rung more where my own market asks for it, and no two', () => {
    const seat = guarding()
    seat.chain({
      event: 'chain-health',
      state: 'ok',
      estimate: 200_000 as Feerate,
      mempool_floor: 0 as Feerate,
      implementation: 'test',
    })
    seat.certified(vault)
    assert.deepEqual(new Set(seals(seat).map(({ envelope_id }) => envelope_id)), new Set(theftIds.slice(0, 2)))
  })
})

/** In the order of the incident. */
const recipients = (seat: Seat) => order.filter((member) => seat.sent('release').some(({ to }) => to === member))

describe('a release of mine', () => {
  it('goes to the first living member, a moment later to b+1, then to all when a block passed without an answer', () => {
    const seat = guarding()
    seat.certified(vault)
    seat.work(vault)
    const asked = seat.outputs.at(-1)?.wake_at_ms ?? 0
    assert.ok(asked > seat.now_ms && asked <= seat.now_ms + SECOND_WAVE_AFTER_MS, 'it asks to be woken')
    seat.pass(SECOND_WAVE_AFTER_MS - 1)
    seat.work(vault)
    assert.deepEqual(recipients(seat), order.slice(0, 1))
    seat.pass(1)
    seat.work(vault)
    assert.deepEqual(recipients(seat), order.slice(0, 2))
    seat.connect()
    seat.work(vault)
    assert.deepEqual(recipients(seat), order.slice(0, 4))
  })

  it('goes to the second wave though the clock was set back', () => {
    const seat = guarding()
    seat.certified(vault)
    seat.pass(-10 * SECOND_WAVE_AFTER_MS)
    seat.work(vault)
    assert.deepEqual(recipients(seat), order.slice(0, 2))
  })

  it('goes to the second wave of a later life, too', () => {
    const seat = guarding()
    seat.certified(vault)
    seat.restart()
    seat.meet()
    seat.work(vault)
    assert.deepEqual(recipients(seat), order.slice(0, 1))
    seat.pass(SECOND_WAVE_AFTER_MS)
    seat.work(vault)
    assert.deepEqual(recipients(seat), order.slice(0, 2))
  })

  it('passes over members that I hold for dead', () => {
    const seat = guarding()
    seat.pass(1)
    for (const { index } of setting.federation.members) {
      const peer = seat.state.volatile.peers.get(index)
      if (peer) peer.life = index === order[0] ? 'dead' : 'alive'
    }
    seat.certified(vault)
    seat.pass(SECOND_WAVE_AFTER_MS)
    seat.work(vault)
    assert.deepEqual(recipients(seat), order.slice(1, 3))
  })

  it('passes over members that I do not hear, though nobody else reports them', () => {
    const seat = guarding()
    seat.pass(1)
    const first = seat.state.volatile.peers.get(order[0] as MemberIndex)
    assert.ok(first)
    first.silence = 'dead'
    first.life = 'suspect'
    seat.certified(vault)
    seat.pass(SECOND_WAVE_AFTER_MS)
    seat.work(vault)
    assert.deepEqual(recipients(seat), order.slice(1, 3))
  })

  it('stays with the first members while an answer of this rung or above is in my mempool', () => {
    const seat = guarding()
    seat.certified(vault)
    seat.pass(SECOND_WAVE_AFTER_MS)
    seat.work(vault)
    seat.chain({ event: 'spend-seen', outpoint: vault.unvaulted, tx: clawbackTx(2) })
    seat.connect()
    seat.work(vault)
    assert.deepEqual(recipients(seat), order.slice(0, 2))
  })

  it('is signed once for its slot, and the same bytes are sent to whoever asks again, after a restart too', () => {
    const seat = guarding()
    seat.certified(vault)
    seat.work(vault)
    const [first] = order
    const sent = durable(seat.outputs, 'send').find(({ to, bytes }) => to === first && bytes.length > 500)
    const wish = seals(seat).find(({ to }) => to === first)
    assert.ok(sent && wish && first)
    const { incident_id, manifest_hash, envelope_id, to } = wish
    seat.outcome({ of: 'seal-share', incident_id, manifest_hash, envelope_id, to, sealed: new Uint8Array(81).fill(9) })
    const pull: BodyOf<'pull'> = {
      incidents: [{ incident_id: vault.theft, votes: [], releases: [], broadcasts: [] }],
      owner_messages: [], evidence: [], own: false, custody: [],
    }
    seat.restart()
    const since = seat.outputs.length
    seat.say(first, 'pull', pull, { channel: 'stream' })
    const again = durable(seat.outputs.slice(since), 'send').filter(({ bytes }) => bytes.length > 500)
    assert.deepEqual(
      again.map(({ bytes }) => bytes),
      [sent.bytes],
    )
    assert.equal(seat.sent('release', since).length, 1)
    seat.say(
      first,
      'pull',
      { ...pull, incidents: [{ incident_id: vault.theft, votes: [], releases: [lowest], broadcasts: [] }] },
      { channel: 'stream' },
    )
    assert.equal(seat.sent('release', since).length, 1, 'not what it has')
  })

  it('is not made of an outcome that was not asked for', () => {
    const seat = guarding()
    seat.certified(vault)
    const output = seat.outcome({
      of: 'seal-share',
      incident_id: vault.theft,
      manifest_hash: vault.hash,
      envelope_id: theftIds[3] ?? lowest,
      to: order[3] ?? (1 as MemberIndex),
      sealed,
    })
    assert.deepEqual(durable([output], 'send'), [])
  })

  it('is started again after a restart that lost it while it was being sealed', () => {
    const seat = guarding()
    seat.certified(vault)
    const before = seals(seat).length
    const since = seat.outputs.length
    seat.restart()
    seat.meet()
    assert.equal(immediate(seat.outputs.slice(since), 'seal-share').length, before)
  })
})

describe("another's release", () => {
  it('is taken before I see the trigger, and opened', () => {
    const seat = guarding()
    assert.equal(releaseTo(seat, other(seat)), 'accepted')
    assert.equal(immediate(seat.outputs, 'open-share').length, 1)
    assert.equal(releaseTo(seat, other(seat)), 'known')
  })

  it('is rejected without its share or with another, and ignored where it is none of mine', () => {
    const seat = guarding()
    const from = other(seat)
    const say = (change: Partial<BodyOf<'release'>>, attachment: Uint8Array | null = sealed) =>
      seat.say(from, 'release', body(change, seat.state.config.self), { attachment, channel: 'stream' })
    assert.equal(say({}, null), 'attachment-missing')
    assert.equal(say({}, new Uint8Array(81)), 'bad-attachment')
    assert.equal(say({ to: from as MemberIndex }), 'not-for-me')
    assert.equal(say({ manifest_hash: hexOf('other') as ManifestHash }), 'unknown-manifest')
    assert.equal(say({ incident_id: hexOf('other') as IncidentId }), 'unknown-incident')
    assert.equal(say({ envelope_id: hexOf('other') as EnvelopeId }), 'not-a-rung')
    assert.equal(say({ envelope_id: vault.ids.at(-1) ?? lowest }), 'not-a-rung', "the drill's")
    assert.equal(say({ incident_id: vault.cold_theft }), 'not-a-rung', 'a clawback rung is no emergency')
    assert.deepEqual(immediate(seat.outputs, 'open-share'), [])
  })

  it('is taken from its own author only', () => {
    const seat = guarding()
    const [from, forwarder] = seat.others()
    assert.ok(from && forwarder)
    const bytes = seat.frame(from, 'release', body({}, seat.state.config.self), { attachment: sealed })
    assert.equal(seat.receive(bytes, forwarder, 'stream'), 'not-its-own')
    assert.equal(seat.receive(bytes, from, 'gossip'), 'wrong-channel')
    assert.equal(seat.receive(bytes, from, 'stream'), 'accepted')
  })

  it('is asked for again when there was no room for its share, and its same bytes are then taken', () => {
    const seat = guarding()
    const from = other(seat) as MemberIndex
    const bytes = seat.frame(from, 'release', body({}, seat.state.config.self), { attachment: sealed })
    assert.equal(seat.receive(bytes, from, 'stream'), 'accepted')
    seat.outcome({ of: 'open-share', incident_id: vault.theft, envelope_id: lowest, from, result: 'no-room' })
    assert.equal(seat.receive(bytes, from, 'stream'), 'accepted')
  })

  it('with a bad share is named once, and not opened again', () => {
    const seat = guarding()
    const from = other(seat) as MemberIndex
    releaseTo(seat, from)
    seat.outcome({ of: 'open-share', incident_id: vault.theft, envelope_id: lowest, from, result: 'bad' })
    assert.equal(releaseTo(seat, from), 'known')
    assert.deepEqual(
      seat.tells('bad-share').map(({ member }) => member),
      [from],
    )
    assert.equal(seat.state.volatile.peers.get(from)?.bad_shares, 1)
  })

  it('of incidents that nobody vouches for finds a small room of its own, and does not fill mine', () => {
    const seat = new Seat(setting, self)
    seat.begin()
    const vaults = Array.from({ length: 20 }, (_, at) => vaultOf(setting, { label: `vault ${at}` }))
    for (const one of vaults) seat.enrol(one)
    const [liar, honest] = seat.others()
    assert.ok(liar && honest)
    const flood = vaults.flatMap((one) =>
      one.manifest.unvaults.flatMap(({ clawback }) =>
        clawback.map(({ envelope_id }) =>
          releaseTo(seat, liar, { incident_id: one.theft, manifest_hash: one.hash, envelope_id }),
        ),
      ),
    )
    assert.equal(flood.filter((code) => code === 'accepted').length, MAX_EARLY_PER_SENDER)
    assert.ok(flood.slice(MAX_EARLY_PER_SENDER).every((code) => code === 'early-shares-full'))
    const [last] = vaults.slice(-1)
    assert.ok(last)
    const [rung] = last.manifest.unvaults[0]?.clawback ?? []
    assert.ok(rung)
    const real = { incident_id: last.theft, manifest_hash: last.hash, envelope_id: rung.envelope_id }
    assert.equal(releaseTo(seat, honest, real), 'accepted', 'others have their own room')
    for (const from of [liar, honest]) seat.vote(from, last)
    assert.equal(releaseTo(seat, liar, real), 'accepted', 'one honest member at least vouches for it now')
  })
})
