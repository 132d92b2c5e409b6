import assert from 'node:assert/strict'
import { type Header, type MemberIndex, decodeBody, decodeFrame, decodeHeader } from '../../src/index.ts'
import type { Hash32 } from '../../src/primitives/index.ts'
import { type Seat, durable, immediate } from '../core/seat.ts'
import { clawbackTx, hexOf, vaultOf } from '../core/setting.ts'
import { quietHeartbeat } from '../messages/heartbeat.ts'
import { guarding, lowest, order, other, releaseTo, setting, vault } from './shares.ts'

describe('the gathering of shares', () => {
  const give = (seat: Seat, from: number, result: 'good' | 'bad' = 'good') => {
    releaseTo(seat, from)
    seat.outcome({ of: 'open-share', incident_id: vault.theft, envelope_id: lowest, from: from as MemberIndex, result })
  }

  it('ends in one attempt to rebuild, with t good shares, mine among them only through the gate', () => {
    const seat = guarding(vault, order[0] ?? 1)
    seat.certified(vault)
    seat.work(vault)
    const [one, two] = seat.others()
    assert.ok(one && two)
    give(seat, one)
    assert.deepEqual(immediate(seat.outputs, 'rebuild'), [])
    give(seat, two)
    assert.equal(immediate(seat.outputs, 'rebuild').length, 1)
    assert.equal(immediate(seat.outputs, 'rebuild')[0]?.threshold, 3)
  })

  it('waits for my own gate although t shares came', () => {
    const seat = guarding(vault, order[0] ?? 1)
    for (const from of seat.others()) give(seat, from)
    assert.deepEqual(immediate(seat.outputs, 'rebuild'), [])
    seat.certified(vault)
    assert.equal(immediate(seat.outputs, 'rebuild').length, 1)
  })

  it("says 'bad dealer' where all commitments held and the key did not, and tries again with one share more", () => {
    const seat = guarding(vault, order[0] ?? 1)
    seat.certified(vault)
    seat.work(vault)
    const [one, two, three] = seat.others()
    assert.ok(one && two && three)
    give(seat, one)
    give(seat, two)
    seat.outcome({ of: 'rebuild', incident_id: vault.theft, envelope_id: lowest, result: 'bad-dealer' })
    assert.equal(seat.tells('bad-dealer').length, 1)
    seat.connect()
    assert.equal(immediate(seat.outputs, 'rebuild').length, 1)
    give(seat, three)
    assert.equal(immediate(seat.outputs, 'rebuild').length, 2)
  })

  it('does not go round in a circle where my own share does not open', () => {
    const seat = guarding(vault, order[0] ?? 1)
    seat.certified(vault)
    const mine = seat.state.config.self
    let asked = 0
    for (let at = 0; at < seat.outputs.length && at < 200; at++) {
      for (const effect of immediate(seat.outputs.slice(at, at + 1), 'open-share')) {
        if (effect.from !== mine) continue
        asked += 1
        seat.outcome({
          of: 'open-share',
          incident_id: vault.theft,
          envelope_id: effect.envelope_id,
          from: mine,
          result: 'bad',
        })
      }
    }
    seat.connect()
    assert.equal(asked, 1)
  })

  it('leaves nothing in memory of what comes after the end', () => {
    const seat = guarding(vault, order[0] ?? 1)
    seat.certified(vault)
    seat.connect([{ outpoint: vault.unvaulted, tx: clawbackTx(2) }])
    seat.connectMany(100)
    assert.equal(seat.state.volatile.gatherings.size, 0)
    const from = other(seat) as MemberIndex
    const late = [
      seat.outcome({ of: 'open-share', incident_id: vault.theft, envelope_id: lowest, from, result: 'good' }),
      seat.outcome({ of: 'rebuild', incident_id: vault.theft, envelope_id: lowest, result: clawbackTx(2).txid }),
    ]
    assert.deepEqual(
      immediate(late, 'forget').map(({ envelopes }) => envelopes),
      [[lowest], [lowest]],
    )
    assert.equal(seat.state.volatile.gatherings.size, 0)
    assert.equal(releaseTo(seat, from), 'incident-settled')
  })
})

describe('shares that I lack', () => {
  /** Whom a period's end makes me ask. A member that has not answered is asked no sooner than after two. */
  function askedNext(seat: Seat): number[] {
    const since = seat.outputs.length
    seat.pass(2 * setting.federation.timing.heartbeat_ms)
    return seat.sent('pull', since).flatMap(({ to }) => to ?? [])
  }

  it('are asked for of whoever may have released one, until the rung is rebuilt', () => {
    const seat = guarding()
    seat.certified(vault)
    seat.work(vault)
    const [first = 0, second = 0, ...rest] = seat.others()
    assert.deepEqual(askedNext(seat), seat.others())
    assert.deepEqual(askedNext(seat), seat.others(), 'for as long as none comes')
    releaseTo(seat, first)
    seat.work(vault)
    assert.deepEqual(askedNext(seat), [second, ...rest])
    releaseTo(seat, second)
    seat.work(vault)
    assert.equal(immediate(seat.outputs, 'rebuild').length, 1)
    assert.deepEqual(askedNext(seat), [])
  })

  it('are not asked for while the rung that is due, or a higher one, stands in my mempool, and are again when it has left', () => {
    const seat = guarding()
    seat.certified(vault)
    seat.work(vault)
    const tx = clawbackTx(10)
    seat.chain({ event: 'spend-seen', outpoint: vault.unvaulted, tx })
    assert.deepEqual(askedNext(seat), [])
    seat.chain({ event: 'spend-evicted', outpoint: vault.unvaulted, txid: tx.txid })
    assert.deepEqual(askedNext(seat), seat.others())
  })

  /** Headers of the Pulls that a member was sent. */
  function pullsTo(seat: Seat, member: number, since = 0): Header[] {
    const heads = durable(seat.outputs.slice(since), 'send').flatMap(({ to, bytes }) => (to === member ? [decodeHeader(decodeFrame(bytes).signed)] : []))
    return heads.filter(({ kind }) => kind === 'pull')
  }

  it('do not keep me from asking a member that withholds one for what its heartbeats show of other incidents and orders', () => {
    const seat = guarding()
    const another = vaultOf(setting, { label: 'another' })
    seat.enrol(another)
    seat.certified(vault)
    seat.work(vault)
    const from = other(seat)
    const digest = hexOf('digest') as Hash32
    const shown = quietHeartbeat({ incidents: [{ incident_id: another.theft, digest }], owner_messages: [{ vault_id: another.vault_id, digest }] })
    assert.ok(askedNext(seat).includes(from))
    let since = seat.outputs.length
    for (let period = 0; period < 3; period++) {
      seat.now_ms += 1_000
      for (const { seq } of pullsTo(seat, from)) seat.say(from, 'answered', { pull_seq: seq, is_complete: true }, { channel: 'stream' })
      if (period === 0) since = seat.outputs.length
      assert.equal(seat.say(from, 'heartbeat', shown), 'accepted')
      seat.pass(setting.federation.timing.heartbeat_ms - 1_000)
    }
    const asked = pullsTo(seat, from, since).map(({ body }) => decodeBody('pull', body))
    assert.ok(asked.some(({ incidents }) => incidents.some(({ incident_id }) => incident_id === vault.theft)))
    assert.ok(asked.some(({ incidents }) => incidents.some(({ incident_id }) => incident_id === another.theft)))
    assert.ok(asked.some(({ owner_messages }) => owner_messages.some(({ vault_id }) => vault_id === another.vault_id)))
  })
})
