import assert from 'node:assert/strict'
import {
  type BodyOf,
  type BroadcastAnswer,
  type EnvelopeId,
  type MemberIndex,
  broadcasterOrder,
  taggedHash,
} from '../../src/index.ts'
import { type Feerate, type Hash32, toHex } from '../../src/primitives/index.ts'
import { Seat, durable, immediate } from '../core/seat.ts'
import { type TestVault, clawbackTx, hasher, settingOf, transactionOf, vaultOf } from '../core/setting.ts'

const setting = settingOf(5)
const vault = vaultOf(setting)
const members = setting.federation.members.map(({ index }) => index)
const [first] = broadcasterOrder(hasher, setting.federation.lock_hash, vault.theft, members)
const sealed = new Uint8Array(81).fill(3)
const sealed_hash = toHex(taggedHash(hasher, 'sealed', sealed)) as Hash32

const REFUSALS = ['fee-too-low', 'conflict', 'mempool-limits', 'non-standard', 'script-invalid', 'invalid', 'rejected'] as const

/** The first broadcaster of a certified theft, with these rungs rebuilt. */
function rebuilding(count: number, of: TestVault = vault): Seat {
  const seat = Seat.guarding(of, setting, first)
  seat.certified(of)
  seat.work(of)
  const rungs = of.manifest.unvaults[0]?.clawback ?? []
  const needed = seat.others().slice(0, 2)
  for (const { envelope_id } of rungs.slice(0, count)) {
    for (const from of needed) give(seat, of, from, envelope_id)
  }
  return seat
}

function give(seat: Seat, of: TestVault, from: number, envelope_id: EnvelopeId, incident_id = of.theft): void {
  const body: BodyOf<'release'> = {
    incident_id,
    manifest_hash: of.hash,
    envelope_id,
    to: seat.state.config.self,
    sealed_hash,
  }
  const since = seat.outputs.length
  seat.say(from, 'release', body, { attachment: sealed, channel: 'stream' })
  seat.work(of, since)
}

/** Answers each broadcast with what bitcoind says; gives up after many, for that would be a circle. */
function answering(seat: Seat, answer: BroadcastAnswer | ((txid: string) => BroadcastAnswer), since = 0): string[] {
  const sent: string[] = []
  for (let at = since; at < seat.outputs.length && sent.length < 50; at++) {
    for (const { incident_id, envelope_id, txid } of durable(seat.outputs.slice(at, at + 1), 'broadcast')) {
      sent.push(txid)
      const said = typeof answer === 'string' ? answer : answer(txid)
      seat.outcome({ of: 'broadcast', incident_id, envelope_id, txid, answer: said })
    }
  }
  return sent
}

describe('the broadcast of a recovery transaction', () => {
  it('follows its rebuilding, alone once the unvault is confirmed', () => {
    const seat = rebuilding(1)
    const [sent] = seat.broadcasts()
    assert.equal(sent?.txid, clawbackTx(2).txid)
    assert.equal(sent?.parent, null)
  })

  it('waits for no record of its own; the story tells of the rebuilding with bitcoind\'s answer, as of when it was', () => {
    const seat = rebuilding(1)
    const output = seat.outputs.find((one) => durable([one], 'broadcast').length > 0)
    assert.deepEqual(output?.records, [])
    const rebuilt_at = seat.now_ms
    seat.now_ms += 7
    answering(seat, 'accepted')
    const story = seat.state.durable.incidents.get(vault.theft)?.story ?? []
    assert.deepEqual(
      story.slice(-2).map(({ event, at_ms }) => ({ event, at_ms })),
      [{ event: 'rebuilt', at_ms: rebuilt_at }, { event: 'broadcast', at_ms: rebuilt_at + 7 }],
    )
  })

  it('is tried again with the next block where there was no memory to rebuild it, and nobody is accused', () => {
    const seat = Seat.guarding(vault, setting, first)
    seat.certified(vault)
    seat.work(vault)
    const [lowest] = vault.ids
    assert.ok(lowest)
    const rebuilds = (since = 0) => immediate(seat.outputs.slice(since), 'rebuild').length
    for (const from of seat.others().slice(0, 2)) {
      const since = seat.outputs.length
      const body: BodyOf<'release'> = {
        incident_id: vault.theft, manifest_hash: vault.hash, envelope_id: lowest, to: seat.state.config.self, sealed_hash,
      }
      seat.say(from, 'release', body, { attachment: sealed, channel: 'stream' })
      for (const { from: author, incident_id, envelope_id } of immediate(seat.outputs.slice(since), 'open-share')) {
        seat.outcome({ of: 'open-share', incident_id, envelope_id, from: author, result: 'good' })
      }
    }
    assert.equal(rebuilds(), 1)
    seat.outcome({ of: 'rebuild', incident_id: vault.theft, envelope_id: lowest, result: 'no-room' })
    assert.deepEqual([seat.tells('no-room-to-rebuild').length, seat.tells('bad-dealer').length, seat.broadcasts().length], [1, 0, 0])
    const since = seat.outputs.length
    seat.connect()
    assert.equal(rebuilds(since), 1)
  })

  it('does not follow where a higher rung is out; then the story tells of the rebuilding at once', () => {
    const seat = Seat.guarding(vault, setting, first)
    seat.chain({
      event: 'chain-health', state: 'ok', estimate: 200_000 as Feerate, mempool_floor: 0 as Feerate, implementation: 'test',
    })
    seat.certified(vault)
    seat.work(vault)
    const [low, high] = vault.ids
    assert.ok(low && high)
    for (const from of seat.others().slice(0, 2)) give(seat, vault, from, high)
    answering(seat, 'accepted')
    seat.chain({ event: 'spend-seen', outpoint: vault.unvaulted, tx: clawbackTx(10) })
    const since = seat.outputs.length
    for (const from of seat.others().slice(0, 2)) give(seat, vault, from, low)
    assert.deepEqual(seat.broadcasts(since), [])
    const rebuilt = seat.state.durable.incidents.get(vault.theft)?.story.filter(({ event }) => event === 'rebuilt')
    assert.deepEqual(rebuilt?.map(({ txid }) => txid), [clawbackTx(10).txid, clawbackTx(2).txid])
  })

  it('is a package with the unvault while that is unconfirmed', () => {
    const eager = vaultOf(setting, { change: (manifest) => ({ ...manifest, act_at: 'mempool' }) })
    const seat = Seat.guarding(eager, setting, first)
    seat.theftSeen(eager)
    for (const from of seat.others()) seat.vote(from, eager)
    seat.work(eager)
    for (const from of seat.others()) give(seat, eager, from, eager.ids[0] ?? assert.fail())
    assert.deepEqual(seat.broadcasts()[0]?.parent, eager.unvault.raw)
  })

  it('is told and receipted once, and the receipt kept for whoever missed it', () => {
    const seat = rebuilding(1)
    answering(seat, 'accepted')
    const since = seat.outputs.length
    seat.connect()
    assert.equal(seat.broadcasts(since).length, 1, 'sent again with the block')
    answering(seat, 'already-known', since)
    assert.equal(seat.tells('broadcast').length, 1)
    assert.equal(seat.sent('receipt').filter(({ body }) => body.statement === 'broadcast').length, 1)
    const asked = seat.outputs.length
    const incidents = [{ incident_id: vault.theft, votes: [], releases: [], broadcasts: [] }]
    seat.say(seat.others()[0] ?? 2, 'pull', { incidents, owner_messages: [], evidence: [], own: false, custody: [] }, { channel: 'stream' })
    const [again] = seat.sent('receipt', asked)
    assert.equal(again?.body.statement === 'broadcast' && again.body.txid, clawbackTx(2).txid)
  })

  for (const answer of REFUSALS) {
    it(`does not go round in a circle when bitcoind says ${answer} to every rung`, () => {
      const seat = rebuilding(1)
      assert.equal(answering(seat, answer).length, 1)
      for (let block = 0; block < 2; block++) {
        const since = seat.outputs.length
        seat.connect()
        assert.equal(answering(seat, answer, since).length, 1, 'once a block')
      }
      assert.equal(seat.tells('broadcast-refused').length, 1, 'told when it changes')
    })
  }

  it('is of the highest rung that is due and rebuilt', () => {
    const seat = rebuilding(1)
    answering(seat, 'accepted')
    for (let block = 0; block < 24; block++) {
      if (block % 6 === 0) for (const from of seat.others()) seat.vote(from, vault)
      seat.connect()
    }
    const since = seat.outputs.length
    for (const from of seat.others().slice(0, 2)) give(seat, vault, from, vault.ids[1] ?? assert.fail())
    seat.work(vault)
    assert.deepEqual(
      seat.broadcasts(since).map(({ txid }) => txid),
      [clawbackTx(10).txid],
    )
  })

  it('waits for nothing but bitcoind itself where that did not answer', () => {
    const seat = rebuilding(1)
    assert.equal(answering(seat, 'unreachable').length, 1)
    for (let period = 0; period < 3; period++) {
      const since = seat.outputs.length
      seat.pass(10_000)
      assert.equal(answering(seat, 'unreachable', since).length, 1)
    }
    assert.equal(seat.tells('broadcast-refused').length, 1)
    const since = seat.outputs.length
    seat.pass(10_000)
    assert.equal(answering(seat, 'accepted', since).length, 1)
    assert.equal(seat.tells('broadcast').length, 1)
  })

  it('is not repeated for what members say while bitcoind has answered', () => {
    const seat = rebuilding(1)
    answering(seat, 'accepted')
    const since = seat.outputs.length
    for (const from of seat.others())
      seat.vote(from, vault, { trigger: 'cold-theft', incident_id: vault.cold_theft, action: 'emergency' })
    for (let period = 0; period < 3; period++) seat.pass(10_000)
    assert.deepEqual(seat.broadcasts(since), [])
  })

  it('is done again at once when the chain takes it back', () => {
    const seat = rebuilding(1)
    answering(seat, 'accepted')
    const recovery = clawbackTx(2)
    seat.chain({ event: 'spend-seen', outpoint: vault.unvaulted, tx: recovery })
    const since = seat.outputs.length
    seat.chain({ event: 'spend-evicted', outpoint: vault.unvaulted, txid: recovery.txid })
    assert.equal(seat.broadcasts(since).length, 1)
  })

  it('ends when its transaction is confirmed', () => {
    const seat = rebuilding(1)
    answering(seat, 'accepted')
    seat.connect([{ outpoint: vault.unvaulted, tx: clawbackTx(2) }])
    const since = seat.outputs.length
    seat.connectMany(3)
    assert.deepEqual(seat.broadcasts(since), [])
  })

  it('takes no answer that it did not ask for', () => {
    const seat = Seat.guarding(vault, setting, first)
    seat.theftConfirmed(vault)
    const envelope_id = vault.ids[0] ?? assert.fail()
    seat.outcome({
      of: 'broadcast',
      incident_id: vault.theft,
      envelope_id,
      txid: transactionOf('any').txid,
      answer: 'accepted',
    })
    assert.equal(seat.state.durable.incidents.get(vault.theft)?.broadcasts.size, 0)
  })
})

describe('the broadcast receipts of others', () => {
  const receipt = (txid = clawbackTx(2).txid): BodyOf<'receipt'> => ({
    statement: 'broadcast',
    vault_id: vault.vault_id,
    incident_id: vault.theft,
    txid,
    height: 100 as never,
  })

  it('are told once for each member and transaction, and fill neither log nor story', () => {
    const seat = Seat.guarding(vault, setting, first)
    seat.theftConfirmed(vault)
    const from = seat.others()[0] ?? 2
    assert.equal(seat.say(from, 'receipt', receipt()), 'accepted')
    assert.equal(seat.say(from, 'receipt', receipt(clawbackTx(10).txid)), 'accepted')
    const before = seat.log.length
    for (let again = 0; again < 20; again++) {
      assert.equal(seat.say(from, 'receipt', receipt(clawbackTx(again % 2 === 0 ? 2 : 10).txid)), 'known')
    }
    assert.equal(seat.log.length, before)
    const incident = seat.state.durable.incidents.get(vault.theft)
    assert.equal(incident?.story.filter(({ event }) => event === 'broadcast-by-member').length, 2)
    assert.deepEqual([...(incident?.broadcast_receipts.keys() ?? [])], [from as MemberIndex])
  })

  it('are ignored for a transaction that is none of ours, and for an incident that is not open', () => {
    const seat = Seat.guarding(vault, setting, first)
    const from = seat.others()[0] ?? 2
    assert.equal(seat.say(from, 'receipt', receipt()), 'unknown-incident')
    seat.theftConfirmed(vault)
    assert.equal(seat.say(from, 'receipt', receipt(transactionOf('other').txid)), 'unknown-transaction')
  })
})
