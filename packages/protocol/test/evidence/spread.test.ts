import assert from 'node:assert/strict'
import { type BodyOf, type MemberIndex, decodeFrame } from '../../src/index.ts'
import type { Evidence } from '../../src/messages/evidence.ts'
import type { Hash32, Height } from '../../src/primitives/index.ts'
import { MAX_RECENT_SLOTS_PER_SENDER } from '../../src/state/volatile.ts'
import { Seat, durable } from '../core/seat.ts'
import { hexOf, settingOf, vaultOf } from '../core/setting.ts'
import { quietHeartbeat } from '../messages/heartbeat.ts'
import { emptyPull } from '../messages/pull.ts'

const setting = settingOf(5)
const vault = vaultOf(setting)
const LIAR = 4 as MemberIndex

const destroyed = (height: number, of = 'vault'): BodyOf<'receipt'> => ({
  statement: 'destroyed', vault_id: hexOf(of) as never, command_hash: hexOf('order') as Hash32, height: height as Height,
})

/** Two statements for one slot, of the liar. */
function lie(seat: Seat, of = 'vault', from: number = LIAR): void {
  for (const height of [1, 2]) seat.say(from, 'receipt', destroyed(height, of))
}

const held = (seat: Seat) => [...seat.state.durable.evidence.values()]

/** As the seat that found it tells it. */
function found(of = 'vault', from: number = LIAR): Evidence {
  const finder = Seat.guarding(vault, setting, 2)
  lie(finder, of, from)
  return finder.sent('evidence').at(-1)?.body ?? assert.fail('it is told')
}

describe('two statements for one slot', () => {
  it('are noticed, kept, told to all and to operators, once', () => {
    const seat = Seat.guarding(vault, setting)
    lie(seat)
    lie(seat)
    assert.deepEqual(held(seat).map(({ member, conflict, kind }) => [member, conflict, kind]), [[LIAR, 'slot', 'receipt']])
    assert.equal(seat.sent('evidence').length, 1)
    assert.deepEqual(seat.tells('evidence').map(({ member, level }) => [member, level]), [[LIAR, 'error']])
    seat.checkDurable()
  })

  it('are noticed although I was restarted in between, where the first is held for good', () => {
    const seat = Seat.guarding(vault, setting)
    seat.restart()
    seat.meet()
    const { vault_id, hash: manifest_hash } = vault
    seat.say(LIAR, 'receipt', { statement: 'holds', vault_id, generation: 9, manifest_hash })
    assert.deepEqual(held(seat).map(({ member, conflict }) => [member, conflict]), [[LIAR, 'slot']])
  })

  it('of a share handed to me are noticed, whichever came first', () => {
    const seat = Seat.guarding(vault, setting)
    const body = (sealed_hash: string): BodyOf<'release'> => ({
      incident_id: vault.theft, manifest_hash: vault.hash, envelope_id: vault.ids[0] ?? assert.fail(), to: 1 as MemberIndex, sealed_hash: sealed_hash as Hash32,
    })
    for (const sealed of ['one', 'other']) seat.say(LIAR, 'release', body(hexOf(sealed)), { channel: 'stream', attachment: new Uint8Array(81) })
    assert.deepEqual(held(seat).map(({ kind }) => kind), ['release'])
  })

  it('are compared with a bounded number of earlier ones, each sender having its own room', () => {
    const seat = Seat.guarding(vault, setting)
    for (let at = 0; at < 2 * MAX_RECENT_SLOTS_PER_SENDER; at++) {
      seat.now_ms += 100
      seat.say(LIAR, 'receipt', destroyed(1, `vault ${at}`))
    }
    assert.equal(seat.state.volatile.recent_slots.get(LIAR)?.size, MAX_RECENT_SLOTS_PER_SENDER)
    lie(seat, 'vault', 5)
    assert.deepEqual(held(seat).map(({ member }) => member), [5])
  })

  it('do not keep a member that two hosts run under one key from being known as a liar, too', () => {
    const seat = Seat.guarding(vault, setting)
    for (let seq = 0; seq < 5; seq++) {
      for (const silent of [[], [2]]) seat.say(LIAR, 'heartbeat', quietHeartbeat({ silent: silent as MemberIndex[] }), { head: { boot: 9, seq } })
    }
    for (let at = 0; at < 5; at++) lie(seat, `vault ${at}`)
    assert.deepEqual(held(seat).map(({ conflict }) => conflict).toSorted(), ['number', 'number', 'slot', 'slot'])
  })
})

describe('evidence from another member', () => {
  it('is taken once it is verified, and not told again by me', () => {
    const seat = Seat.guarding(vault, setting)
    assert.equal(seat.say(3, 'evidence', found()), 'accepted')
    assert.deepEqual(held(seat).map(({ member, conflict }) => [member, conflict]), [[LIAR, 'slot']])
    assert.deepEqual(seat.sent('evidence'), [])
    assert.equal(seat.tells('evidence').length, 1)
  })

  it('is nothing new where I hold it, whoever tells it, and where I am convinced', () => {
    const seat = Seat.guarding(vault, setting)
    assert.equal(seat.say(3, 'evidence', found()), 'accepted')
    assert.equal(seat.say(5, 'evidence', found()), 'known')
    assert.equal(seat.say(5, 'evidence', found('second')), 'accepted')
    assert.equal(seat.say(5, 'evidence', found('third')), 'known')
    assert.equal(held(seat).length, 2)
  })

  it('that proves nothing is rejected, and convicts neither', () => {
    const seat = Seat.guarding(vault, setting)
    const { first, second, ...rest } = found()
    const forged = { ...rest, first, second: { ...second, signature: new Uint8Array(64) } }
    assert.equal(seat.say(3, 'evidence', forged), 'bad-evidence')
    assert.equal(seat.say(3, 'evidence', { ...rest, first, second: first }), 'bad-evidence')
    assert.equal(seat.say(3, 'evidence', { ...rest, member: 5 as MemberIndex, first, second }), 'bad-evidence')
    assert.deepEqual(held(seat), [])
  })

  it('of a later version is ignored', () => {
    const seat = Seat.guarding(vault, setting)
    const later = (silent: number[]) => {
      const { signed, signature } = decodeFrame(seat.frame(LIAR, 'heartbeat', quietHeartbeat({ silent: silent as MemberIndex[] }), { head: { version: 2, boot: 5, seq: 5 } }))
      return { signed, signature }
    }
    assert.equal(seat.say(3, 'evidence', { member: LIAR, conflict: 'number', first: later([]), second: later([2]) }), 'unknown-version')
  })

  it('about me is kept like any: somebody has my key, or my disk is old', () => {
    const seat = Seat.guarding(vault, setting)
    assert.equal(seat.say(3, 'evidence', found('vault', 1)), 'accepted')
    assert.deepEqual(seat.tells('evidence').map(({ member }) => member), [1])
  })

  it('about me makes me doubt my disk and my key, and keeps both statements for the operator', () => {
    const seat = Seat.guarding(vault, setting)
    const about = found('vault', 1)
    assert.equal(seat.say(3, 'evidence', { ...about, second: { ...about.second, signature: new Uint8Array(64) } }), 'bad-evidence')
    assert.equal(seat.tells('quarantined').length, 0)
    assert.equal(seat.say(3, 'evidence', about), 'accepted')
    assert.equal(seat.tells('quarantined').length, 1)
    assert.equal(seat.state.durable.quarantine?.statements.length, 2)
    seat.checkDurable()
  })

  it('that this version sees no conflict in is ignored: a later one may bind its members to more', () => {
    const seat = Seat.guarding(vault, setting)
    const part = (bytes: Uint8Array) => {
      const { signed, signature } = decodeFrame(bytes)
      return { signed, signature }
    }
    const vote = (height: number) => part(seat.frame(LIAR, 'vote', { ...seat.voteBody(vault), witness_txid: hexOf(`${height}`) as never }))
    const heartbeat = (silent: number[]) => part(seat.frame(LIAR, 'heartbeat', quietHeartbeat({ silent: silent as MemberIndex[] })))
    for (const [first, second] of [[vote(1), vote(2)], [heartbeat([]), heartbeat([2])]] as const) {
      assert.equal(seat.say(3, 'evidence', { member: LIAR, conflict: 'slot', first, second }), 'unknown-variant')
    }
    assert.deepEqual(held(seat), [])
  })
})

describe('evidence that gossip did not bring', () => {
  it('is pulled by whoever sees another digest, one piece of each sort for each member', () => {
    const [one, two] = [Seat.guarding(vault, setting, 1), Seat.guarding(vault, setting, 2)]
    for (let at = 0; at < 3; at++) lie(one, `vault ${at}`)
    lie(one, 'vault', 5)
    one.pass(10_000)
    two.pass(20_000)
    const beat = durable(one.outputs, 'gossip').at(-1) ?? assert.fail()
    two.receive(beat.bytes, 1)
    const asked = durable(two.outputs, 'send').findLast(({ to }) => to === 1) ?? assert.fail()
    const since = one.outputs.length
    one.receive(asked.bytes, 2, 'stream')
    for (const { bytes } of durable(one.outputs.slice(since), 'send')) two.receive(bytes, 1, 'stream')
    assert.deepEqual(new Set(held(two).map(({ member }) => member)), new Set([LIAR, 5]))
    assert.equal(held(two).length, 2)
    const after = one.outputs.length
    one.pass(10_000)
    two.pass(20_000)
    const [next] = one.sent('heartbeat', after)
    assert.equal(next?.body.evidence_digest, two.sent('heartbeat').at(-1)?.body.evidence_digest, 'though one of them holds more pieces')
  })

  it('is asked for although nothing else is missing, and not told to who has it', () => {
    const seat = Seat.guarding(vault, setting)
    seat.pass(20_000)
    const since = seat.outputs.length
    seat.say(3, 'heartbeat', quietHeartbeat({ custody_digest: seat.sent('heartbeat').at(-1)?.body.custody_digest ?? assert.fail(), evidence_digest: hexOf('other') as Hash32 }))
    assert.equal(seat.sent('pull', since).length, 1)
    lie(seat)
    const before = seat.outputs.length
    seat.say(3, 'pull', emptyPull({ evidence: [{ member: LIAR, conflict: 'slot' }] }), { channel: 'stream' })
    assert.deepEqual(seat.sent('evidence', before), [])
    seat.say(3, 'pull', emptyPull(), { channel: 'stream' })
    assert.equal(seat.sent('evidence', before).length, 1)
  })
})
