import assert from 'node:assert/strict'
import { NO_DISCRIMINATOR, type BodyOf, type Header, decodeFrame, encodeBody, encodeFrame } from '../../src/index.ts'
import type { Height, MemberIndex, Txid } from '../../src/primitives/index.ts'
import { SECOND_WAVE_AFTER_MS } from '../../src/state/volatile.ts'
import { Seat, immediate } from '../core/seat.ts'
import { hexOf, settingOf, transactionOf, vaultOf } from '../core/setting.ts'

const setting = settingOf(5)
const vault = vaultOf(setting)
const guarding = () => Seat.guarding(vault, setting)

function incidentOf(seat: Seat) {
  return seat.state.durable.incidents.get(vault.theft)
}

function certificateOf(votes: Uint8Array[]): BodyOf<'certificate'> {
  return { vault_id: vault.vault_id, trigger: 'theft', discriminator: NO_DISCRIMINATOR, incident_id: vault.theft, action: 'clawback', votes }
}

function voteFrame(
  seat: Seat,
  from: number,
  change: Partial<BodyOf<'vote'>> = {},
  head: Partial<Header> = {},
): Uint8Array {
  return seat.frame(from, 'vote', { ...seat.voteBody(vault), ...change }, { head })
}

describe('a vote', () => {
  it('is held, opens its incident, and is told once in the story however often it is renewed', () => {
    const seat = guarding()
    assert.equal(seat.vote(2, vault), 'accepted')
    seat.connectMany(6)
    assert.equal(seat.vote(2, vault), 'accepted')
    assert.equal(incidentOf(seat)?.votes.get(2 as MemberIndex)?.anchor_height, seat.tip)
    assert.equal(incidentOf(seat)?.story.filter(({ event }) => event === 'vote-received').length, 1)
  })

  it('is stale where no honest member would have renewed it yet', () => {
    const seat = guarding()
    const anchor = seat.tip
    assert.equal(seat.vote(2, vault, { anchor_height: anchor as Height }), 'accepted')
    for (const later of [0, 1, 5]) {
      assert.equal(seat.vote(2, vault, { anchor_height: (anchor + later) as Height }), 'not-renewing')
    }
    assert.equal(seat.vote(2, vault, { anchor_height: (anchor + 6) as Height }), 'accepted')
  })

  it('is ignored with an absurd anchor, above or below', () => {
    const seat = guarding()
    seat.connectMany(300)
    for (const distance of [-289, 289, 4_000_000_000]) {
      assert.equal(seat.vote(2, vault, { anchor_height: (seat.tip + distance) as Height }), 'anchor-out-of-window')
    }
    assert.equal(seat.vote(2, vault, { anchor_height: (seat.tip - 288) as Height }), 'accepted')
    assert.equal(seat.vote(3, vault, { anchor_height: (seat.tip + 288) as Height }), 'accepted')
  })

  it('is ignored for a vault that I do not hold, and after the end', () => {
    const seat = guarding()
    const other = vaultOf(setting, { label: 'other' })
    assert.equal(seat.vote(2, vault, { vault_id: other.vault_id, incident_id: other.theft }), 'unknown-vault')
    seat.connect([{ outpoint: vault.deposit, tx: transactionOf('vault/emergency/250') }])
    seat.vote(2, vault)
    seat.connectMany(100)
    assert.equal(seat.vote(3, vault), 'incident-settled')
  })

  it('is rejected where it contradicts itself', () => {
    const seat = guarding()
    assert.equal(seat.vote(2, vault, { action: 'emergency' }), 'wrong-incident')
    assert.equal(seat.vote(2, vault, { incident_id: vault.cold_theft }), 'wrong-incident')
    assert.equal(seat.vote(2, vault, { tx: vault.unvault, witness_txid: hexOf('other') as Txid }), 'bad-attachment')
    assert.equal(seat.vote(2, vault, { tx: vault.unvault, witness_txid: null }), 'bad-attachment')
    assert.equal(incidentOf(seat), undefined)
  })
})

describe('a transaction that comes with a vote', () => {
  const asked = (seat: Seat) => immediate(seat.outputs, 'test-sighting')
  const sighted = (seat: Seat, tx = vault.unvault, is = true) =>
    seat.outcome({
      of: 'test-sighting',
      incident_id: vault.theft,
      member: 2 as MemberIndex,
      sighted: is ? { outpoint: vault.deposit, tx } : null,
    })

  it('is shown to my own bitcoind once for each of my tips, and believed only from it', () => {
    const seat = guarding()
    seat.vote(2, vault, { tx: vault.unvault })
    seat.vote(3, vault, { tx: vault.unvault })
    assert.equal(asked(seat).length, 1)
    assert.equal(seat.sent('vote').length, 0)
    sighted(seat, vault.unvault, false)
    assert.equal(seat.tells('unfounded-vote').length, 1)
    seat.connectMany(6)
    seat.vote(2, vault, { tx: vault.unvault })
    assert.equal(asked(seat).length, 2)
    sighted(seat)
    assert.equal(seat.sent('vote').length, 1, 'a valid spend of the deposit is a sighting')
  })

  it('is looked at although the vote came before without it', () => {
    const seat = guarding()
    const bytes = seat.frame(2, 'vote', seat.voteBody(vault), { attachment: vault.unvault.raw })
    const bare = { ...decodeFrame(bytes), attachment: null }
    assert.equal(seat.receive(encodeFrame(bare), 2), 'accepted')
    assert.equal(asked(seat).length, 0)
    assert.equal(seat.receive(bytes, 3), 'not-renewing')
    assert.equal(asked(seat).length, 1)
  })

  it('is not looked at with a stale vote that I do not hold', () => {
    const seat = guarding()
    seat.vote(2, vault)
    assert.equal(seat.vote(2, vault, { tx: transactionOf('other') }), 'not-renewing')
    assert.equal(asked(seat).length, 0)
  })

  it('opens what it is, whatever the vote called it', () => {
    const seat = guarding()
    const cold = { trigger: 'cold-theft', incident_id: vault.cold_theft, action: 'emergency' } as const
    seat.vote(2, vault, { ...cold, tx: vault.unvault })
    seat.outcome({
      of: 'test-sighting',
      incident_id: vault.cold_theft,
      member: 2 as MemberIndex,
      sighted: { outpoint: vault.deposit, tx: vault.unvault },
    })
    assert.deepEqual(
      seat.sent('vote').map(({ body }) => body.trigger),
      ['theft'],
    )
  })

  it('never frees a share of a clawback before my own chain or mempool has it', () => {
    const eager = vaultOf(setting, { change: (manifest) => ({ ...manifest, act_at: 'mempool' }) })
    const seat = Seat.guarding(eager, setting)
    for (const from of [2, 3, 4]) seat.vote(from, eager, { tx: eager.unvault })
    sighted(seat)
    assert.ok(seat.tells('certified').length > 0)
    seat.pass(SECOND_WAVE_AFTER_MS)
    assert.deepEqual(immediate(seat.outputs, 'seal-share'), [])
    seat.theftSeen(eager)
    seat.pass(SECOND_WAVE_AFTER_MS)
    assert.ok(immediate(seat.outputs, 'seal-share').length > 0)
  })
})

describe('a certificate', () => {
  it('is worth its votes, which are held like those that come alone', () => {
    const seat = guarding()
    const votes = [2, 3, 4].map((from) => voteFrame(seat, from))
    assert.equal(seat.say(5, 'certificate', certificateOf(votes)), 'accepted')
    assert.deepEqual([...(incidentOf(seat)?.votes.keys() ?? [])], [2, 3, 4])
    assert.equal(seat.tells('certified').length, 1)
    assert.equal(seat.say(5, 'certificate', certificateOf(votes)), 'nothing-new')
  })

  it('does not release anything where I do not see the trigger', () => {
    const seat = guarding()
    seat.say(5, 'certificate', certificateOf([2, 3, 4].map((from) => voteFrame(seat, from))))
    assert.deepEqual(immediate(seat.outputs, 'seal-share'), [])
  })

  it('is rejected for what every member would reject, and leaves nothing behind', () => {
    const seat = guarding()
    const good = [2, 3].map((from) => voteFrame(seat, from))
    const forged = encodeFrame({ ...decodeFrame(voteFrame(seat, 4)), signature: new Uint8Array(64) })
    const heartbeat = seat.frameOf(4, { kind: 'heartbeat' })
    const withTx = seat.frame(4, 'vote', seat.voteBody(vault), { attachment: vault.unvault.raw })
    const cases: Record<string, [string, Uint8Array[]]> = {
      'too few': ['too-few-votes', good],
      'one member twice': ['unwanted-inner-frame', [...good, voteFrame(seat, 3, { anchor_height: (seat.tip - 1) as Height })]],
      'a forged vote': ['bad-inner-signature', [...good, forged]],
      'not a vote': ['bad-inner-frame', [...good, heartbeat]],
      'a vote with its transaction': ['bad-inner-frame', [...good, withTx]],
      'a vote for another incident': ['unwanted-inner-frame', [...good, voteFrame(seat, 4, { incident_id: vault.cold_theft })]],
      'a vote of another lock': ['bad-inner-frame', [...good, voteFrame(seat, 4, {}, { lock_prefix: '00'.repeat(8) })]],
      'a vote of another epoch': ['bad-inner-frame', [...good, voteFrame(seat, 4, {}, { epoch: 1 })]],
      'a vote of nobody': ['bad-inner-frame', [...good, voteFrame(seat, 4, {}, { from: 60 as MemberIndex })]],
      'anchors too far apart': ['votes-apart', [...good, voteFrame(seat, 4, { anchor_height: (seat.tip - 13) as Height })]],
    }
    for (const [what, [code, votes]] of Object.entries(cases)) {
      if (votes.some((bytes) => bytes.length > 700)) continue
      assert.equal(seat.say(5, 'certificate', certificateOf(votes)), code, what)
    }
    assert.equal(seat.say(5, 'certificate', certificateOf([...good, new Uint8Array([0xff])])), 'malformed')
    assert.equal(incidentOf(seat), undefined)
  })

  it('is ignored where a vote in it is of a later version, for its certifier is honest', () => {
    const seat = guarding()
    const good = [2, 3].map((from) => voteFrame(seat, from))
    const body = encodeBody('vote', seat.voteBody(vault))
    // A map of one more entry, at the end of the canonical order.
    const wider = new Uint8Array([...body, 0x6f, ...Buffer.from('zzzzzzzzzzzzzzz'), 0x00])
    wider[0] = (body[0] ?? 0) + 1
    const later = [
      [voteFrame(seat, 4, {}, { body: wider }), 'unknown-field'],
      [voteFrame(seat, 4, {}, { version: 2 }), 'unknown-version'],
    ] as const
    for (const [vote, code] of later) {
      assert.equal(seat.say(5, 'certificate', certificateOf([...good, vote])), code)
    }
  })

  it('is ignored for a vault that I do not hold, before any signature in it is looked at', () => {
    const seat = guarding()
    const other = vaultOf(setting, { label: 'other' })
    const body: BodyOf<'certificate'> = {
      ...certificateOf(Array.from({ length: 64 }, () => new Uint8Array(700))),
      vault_id: other.vault_id,
      incident_id: other.theft,
    }
    assert.equal(seat.say(5, 'certificate', body), 'unknown-vault')
  })

  it('convicts whoever signed one number twice, though the second comes only in it', () => {
    const seat = guarding()
    seat.vote(2, vault)
    const number = { boot: 1, seq: 9_999 }
    seat.receive(voteFrame(seat, 4, {}, number), 4)
    const again = voteFrame(seat, 4, { anchor_height: (seat.tip - 1) as Height }, number)
    seat.say(5, 'certificate', certificateOf([voteFrame(seat, 2), voteFrame(seat, 3), again]))
    assert.deepEqual(
      seat.tells('evidence').map(({ member }) => member),
      [4],
    )
  })
})
