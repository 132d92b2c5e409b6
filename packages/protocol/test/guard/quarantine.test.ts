import assert from 'node:assert/strict'
import { adoption, type BodyOf, type Durable, type Header, type MemberKind, broadcasterOrder, decodeFrame, decodeHeader, encodeFrame, restoration, taggedHash } from '../../src/index.ts'
import { apply } from '../../src/state/apply.ts'
import { MAX_FOREIGN } from '../../src/state/durable.ts'
import { type Hash32, type Height, type IncidentId, type MemberIndex, type Millis, toHex } from '../../src/primitives/index.ts'
import { Seat, durable, immediate } from '../core/seat.ts'
import { hasher, hexOf, settingOf, vaultOf } from '../core/setting.ts'
import { quietHeartbeat } from '../messages/heartbeat.ts'

const setting = settingOf(5)
const vault = vaultOf(setting)
const lock = setting.federation.lock_hash
/** The last broadcaster in the incident's order: it hands its shares to others. */
const self: number = broadcasterOrder(hasher, lock, vault.theft, setting.federation.members.map(({ index }) => index)).at(-1) ?? assert.fail()
const [asker = 0, other = 0] = setting.federation.members.map(({ index }) => index as number).filter((one) => one !== self)

function guarding(): Seat {
  return Seat.guarding(vault, setting, self)
}

/** A message under the member's own key that this life did not sign, handed over by another. */
function shown<K extends MemberKind>(seat: Seat, kind: K, body: BodyOf<K>, head: Partial<Header>): Seat {
  const bytes = seat.frame(self, kind, body, { head })
  assert.equal(seat.receive(bytes, asker, kind === 'heartbeat' ? 'gossip' : 'stream'), 'own-message')
  return seat
}

function voteAt(seat: Seat, above: number): BodyOf<'vote'> {
  return { ...seat.voteBody(vault), anchor_height: (seat.tip + above) as Height }
}

function reason(seat: Seat): string | null {
  return seat.state.durable.quarantine?.reason ?? null
}

describe('a member whose disk or key is in doubt', () => {
  it('is one that is shown a vote, receipt or release of its own which its ledger does not know, of whatever boot', () => {
    const release: BodyOf<'release'> = { incident_id: vault.theft, manifest_hash: vault.hash, envelope_id: vault.ids[0] ?? assert.fail(), to: 2 as MemberIndex, sealed_hash: hexOf('s') as Hash32 }
    for (const boot of [0, 1, 9]) {
      const head = { boot, seq: 1 }
      assert.equal(reason(shown(guarding(), 'vote', voteAt(guarding(), 3), head)), 'unknown-statement')
      assert.equal(reason(shown(guarding(), 'receipt', { statement: 'holds', vault_id: vault.vault_id, generation: 1, manifest_hash: hexOf('m') as never }, head)), 'unknown-statement')
      assert.equal(reason(shown(guarding(), 'release', release, head)), 'unknown-statement')
    }
  })

  it('is one that hears somebody else speak with its key now', () => {
    const seat = guarding()
    const { boot } = seat.state.durable
    shown(seat, 'heartbeat', quietHeartbeat(), { boot: boot + 1, seq: 1 })
    assert.equal(reason(seat), 'second-instance')
    assert.equal(seat.tells('second-instance').length, 1)
    assert.equal(seat.tells('quarantined').length, 1)
  })

  it('is one that goes on hearing somebody with its key whose clock is behind, and none that hears it for a moment', () => {
    const seat = guarding()
    const { boot } = seat.state.durable
    const { heartbeat_ms, dead_periods } = setting.federation.timing
    const early = (seq: number) => shown(seat, 'heartbeat', quietHeartbeat(), { boot: boot + 1, seq, sent_at: 1_000 as never })
    for (let period = 0; period < Math.max(30_000 / heartbeat_ms, dead_periods); period++) {
      early(period + 1)
      assert.equal(reason(seat), null)
      seat.pass(heartbeat_ms)
    }
    early(1_000)
    assert.equal(reason(seat), 'second-instance')
    assert.equal(seat.tells('second-instance').length, 1)
  })

  it('is none that hears its own vote under another number: it says no more than the one in the ledger', () => {
    const seat = guarding()
    seat.theftSeen(vault)
    const { body } = seat.sent('vote').at(-1) ?? assert.fail()
    shown(seat, 'vote', body, { boot: 0, seq: 7 })
    assert.equal(reason(seat), null)
  })

  it('is none that hears a heartbeat of an earlier life, or of a lower number, or what binds to nothing', () => {
    const seat = guarding()
    const { boot } = seat.state.durable
    shown(seat, 'heartbeat', quietHeartbeat(), { boot: boot + 1, seq: 1, sent_at: (seat.now_ms - 1) as never })
    shown(seat, 'heartbeat', quietHeartbeat(), { boot, seq: 1 })
    shown(seat, 'heartbeat', quietHeartbeat(), { boot: boot - 1, seq: 1_000_000 })
    shown(seat, 'receipt', { statement: 'broadcast', vault_id: vault.vault_id, incident_id: vault.theft, txid: vault.unvault.txid, height: seat.tip as Height }, { boot, seq: 1 })
    assert.equal(reason(seat), null)
  })

  it('is none that is shown all that it ever signed, by any member and in later lives too', () => {
    const seat = guarding()
    seat.certified(vault)
    seat.work(vault)
    const sent = [...durable(seat.outputs, 'gossip'), ...durable(seat.outputs, 'send')].map(({ bytes }) => bytes)
    for (let life = 0; life < 3; life++) {
      for (const bytes of sent) {
        const { kind, from } = decodeHeader(decodeFrame(bytes).signed)
        if (from === self) seat.receive(bytes, other, kind === 'heartbeat' ? 'gossip' : 'stream')
      }
      assert.equal(reason(seat), null)
      seat.restart()
    }
  })

  it('is none for a signature that is not its own', () => {
    const seat = guarding()
    const bytes = seat.frameOf(asker, { kind: 'vote', body: new Uint8Array(), from: self as MemberIndex, peer_id: setting.federation.memberOf(self as MemberIndex).peer_id, boot: 9 })
    assert.equal(seat.receive(bytes, asker, 'stream'), 'bad-signature')
    assert.equal(reason(seat), null)
  })

  it('is none for what it signed and forgot', () => {
    const seat = guarding()
    const command_hash = hexOf('drill') as Hash32
    const incident_id = hexOf('drill incident') as IncidentId
    seat.state.durable.vaults.get(vault.vault_id)?.commands.set(command_hash, {} as never)
    apply(seat.state.durable, { record: 'command-forgotten', vault_id: vault.vault_id, command_hash, incident_id, slots: ['drill/x/y'] })
    shown(seat, 'command', { vault_id: vault.vault_id, command_hash, height: 1 as Height }, { boot: 0, seq: 5 })
    shown(seat, 'vote', { ...seat.voteBody(vault), incident_id }, { boot: 0, seq: 6 })
    assert.equal(reason(seat), null)
  })
})

describe('a member in quarantine', () => {
  function quarantined(): Seat {
    return shown(guarding(), 'vote', voteAt(guarding(), 3), { boot: 0, seq: 1 })
  }

  it('votes on nothing, releases nothing, receipts nothing, and says so', () => {
    const seat = quarantined()
    const since = seat.outputs.length
    seat.certified(vault)
    seat.connectMany(10)
    const [answer] = seat.sendManifest(vaultOf(setting, { label: 'other' }))
    assert.ok(answer?.answer === 'refused')
    assert.equal(answer.code, 'quarantined')
    assert.deepEqual(seat.sent('vote', since), [])
    assert.deepEqual(seat.sent('receipt', since), [])
    assert.deepEqual(immediate(seat.outputs.slice(since), 'seal-share'), [])
    seat.pass(setting.federation.timing.heartbeat_ms)
    assert.equal(seat.sent('heartbeat').at(-1)?.body.standing, 'quarantined')
  })

  it('watches, holds the votes of others and answers Pulls', () => {
    const seat = quarantined()
    seat.certified(vault)
    assert.equal(seat.state.durable.incidents.get(vault.theft)?.votes.size, 3)
    const since = seat.outputs.length
    const nothing = { votes: [], releases: [], broadcasts: [] }
    seat.say(asker, 'pull', { incidents: [{ incident_id: vault.theft, ...nothing }], owner_messages: [], custody: [], evidence: [], own: false }, { channel: 'stream' })
    assert.equal(seat.sent('vote', since).length, 2)
  })

  it('stays so through a restart', () => {
    const seat = quarantined()
    seat.restart()
    seat.meet()
    seat.certified(vault)
    assert.deepEqual(seat.sent('vote'), [])
    assert.equal(seat.tells('quarantined').length, 2)
    seat.checkDurable()
  })

  it('keeps each message that it does not know once, and no more than there is room for', () => {
    const seat = quarantined()
    for (let at = 0; at < MAX_FOREIGN + 10; at++) shown(seat, 'vote', voteAt(seat, 10 + at), { boot: 7, seq: at })
    const { statements, boot } = seat.state.durable.quarantine ?? assert.fail()
    assert.equal(statements.length, MAX_FOREIGN)
    assert.equal(boot, 7)
    const before = seat.log.length
    const bytes = statements[5]?.frame ?? assert.fail()
    seat.receive(bytes, other, 'stream')
    assert.equal(seat.log.length, before)
    seat.checkDurable()
  })

  it('keeps what it signed and not what a peer puts beside it: else one message, shown in many ways, would leave no room for the others', () => {
    const seat = quarantined()
    const held = () => seat.state.durable.quarantine?.statements.map(({ frame }) => decodeFrame(frame)) ?? []
    const show = (bytes: Uint8Array, attachment: Uint8Array) =>
      assert.equal(seat.receive(encodeFrame({ ...decodeFrame(bytes), attachment }), asker, 'stream'), 'own-message')
    const share = new Uint8Array(80).fill(3)
    const sealed_hash = toHex(taggedHash(hasher, 'sealed', share)) as Hash32
    const vote = seat.frame(self, 'vote', voteAt(seat, 4), { head: { boot: 0, seq: 2 } })
    const release = seat.frame(self, 'release', { incident_id: vault.theft, manifest_hash: vault.hash, envelope_id: vault.ids[0] ?? assert.fail(), to: asker as MemberIndex, sealed_hash }, { head: { boot: 0, seq: 3 } })
    for (let at = 0; at < 20; at++) for (const bytes of [vote, release]) show(bytes, new Uint8Array(80).fill(100 + at))
    assert.deepEqual(held().map(({ attachment }) => attachment), [null, null, null])
    show(release, share)
    assert.deepEqual(held().map(({ attachment }) => attachment), [null, null, null, share])
    seat.checkDurable()
  })

  it('keeps some of what binds to nothing, and has room for votes, however long somebody else speaks with its key', () => {
    const seat = guarding()
    const { boot } = seat.state.durable
    for (let seq = 1; seq <= MAX_FOREIGN; seq++) shown(seat, 'heartbeat', quietHeartbeat(), { boot: boot + 1, seq })
    const since = seat.log.length
    shown(seat, 'heartbeat', quietHeartbeat(), { boot: boot + 1, seq: MAX_FOREIGN + 1 })
    assert.equal(seat.log.length, since, 'nor does the log grow by them')
    shown(seat, 'vote', voteAt(seat, 3), { boot: boot + 1, seq: MAX_FOREIGN + 2 })
    const { statements } = seat.state.durable.quarantine ?? assert.fail()
    assert.equal(statements.filter(({ slot }) => slot !== null).length, 1)
    assert.ok(statements.some(({ slot }) => slot === null))
    seat.checkDurable()
  })

  it('serves again once that was adopted, with the same bytes for the same slots', () => {
    const seat = quarantined()
    const [{ frame } = assert.fail()] = seat.state.durable.quarantine?.statements ?? []
    const restored = seat.restored()
    for (const record of adoption(hasher, restored) ?? []) apply(restored, record)
    assert.equal(restored.quarantine, null)
    seat.state = seat.core.restore(restored)
    seat.step({ kind: 'start' })
    seat.meet()
    seat.connectMany(2)
    const since = seat.outputs.length
    seat.theftConfirmed(vault)
    const gossiped = durable(seat.outputs.slice(since), 'gossip').map(({ bytes }) => decodeFrame(bytes))
    assert.deepEqual(gossiped.find(({ signed }) => decodeHeader(signed).kind === 'vote')?.signed, decodeFrame(frame).signed)
  })
})

describe('what an operator adopts', () => {
  const attachment = new Uint8Array(80).fill(3)

  function adoptedOf<K extends MemberKind>(kind: K, body: BodyOf<K>): (Uint8Array | null)[] {
    const seat = guarding()
    seat.vote(other, vault)
    const bytes = seat.frame(self, kind, body, { head: { boot: 7, seq: 1 }, attachment })
    assert.equal(seat.receive(bytes, asker, 'stream'), 'own-message')
    const records = adoption(hasher, seat.restored()) ?? []
    const frames = records.flatMap((record) => {
      if (record.record === 'adopted') return record.signed.map(({ frame }) => frame)
      return record.record === 'vote-held' ? [record.frame] : []
    })
    return frames.map((frame) => decodeFrame(frame).attachment)
  }

  it('of a vote is what a certificate holds, without what it showed', () => {
    assert.deepEqual(adoptedOf('vote', voteAt(guarding(), 0)), [null, null])
  })

  it('of what a later version signed is its slot', () => {
    for (const kind of ['vote', 'command', 'receipt'] as const) {
      const restored = shown(guarding(), 'vote', voteAt(guarding(), 3), { boot: 0, seq: 1 }).restored()
      const frame = guarding().frameOf(self, { kind, body: new Uint8Array([0xa1]) })
      restored.quarantine?.statements.push({ slot: `${kind}/of a later version`, frame })
      const records = adoption(hasher, restored) ?? []
      const [adopted] = records
      assert.ok(adopted?.record === 'adopted')
      assert.deepEqual(adopted.signed.at(-1), { slot: `${kind}/of a later version`, frame })
      assert.deepEqual(records.map(({ record }) => record).slice(1), [])
    }
  })

  it('of a release is the share, too', () => {
    const sealed_hash = toHex(taggedHash(hasher, 'sealed', attachment)) as Hash32
    const body: BodyOf<'release'> = { incident_id: vault.theft, manifest_hash: vault.hash, envelope_id: vault.ids[0] ?? assert.fail(), to: asker as MemberIndex, sealed_hash }
    assert.deepEqual(adoptedOf('release', body), [attachment])
  })
})

describe('a member that adopted two statements for one slot', () => {
  it('keeps to the first, and doubts its disk for neither any more', () => {
    const release = (label: string): BodyOf<'release'> => ({
      incident_id: vault.theft, manifest_hash: vault.hash, envelope_id: vault.ids[0] ?? assert.fail(), to: asker as MemberIndex, sealed_hash: hexOf(label) as Hash32,
    })
    const seat = guarding()
    shown(seat, 'release', release('one'), { boot: 0, seq: 1 })
    shown(seat, 'release', release('two'), { boot: 0, seq: 2 })
    const restored = seat.restored()
    const [adopted] = adoption(hasher, restored) ?? []
    assert.ok(adopted?.record === 'adopted' && adopted.signed.length === 1)
    apply(restored, adopted)
    seat.state = seat.core.restore(restored)
    seat.step({ kind: 'start' })
    shown(seat, 'release', release('one'), { boot: 0, seq: 1 })
    shown(seat, 'release', release('two'), { boot: 0, seq: 2 })
    assert.equal(reason(seat), null)
    shown(seat, 'release', release('three'), { boot: 0, seq: 3 })
    assert.equal(reason(seat), 'unknown-statement')
  })
})

describe('the number of a life', () => {
  /** Starts on this disk at this time. */
  function bootOn(disk: Durable | null, at_ms: number): number {
    const seat = new Seat(setting, self)
    seat.state = seat.core.restore(disk)
    seat.now_ms = at_ms
    seat.step({ kind: 'start' })
    return seat.state.durable.boot
  }

  it('is none that was used before, on an empty disk or the same old copy as often as it is put back', () => {
    const seat = guarding()
    const { boot } = seat.state.durable
    const later = seat.now_ms + 60_000
    assert.ok(bootOn(null, later) > boot)
    const copy = guarding().restored()
    for (const record of restoration(copy, later as Millis)) apply(copy, record)
    const first = bootOn({ ...copy }, later)
    assert.ok(first > boot + 100)
    assert.ok(bootOn({ ...copy }, first * 1_000 + 1_000) > first)
  })

  it('is another one each time that the same copy is put back, also shortly after', () => {
    const copy = guarding().restored()
    const { boot } = copy
    const again = guarding().restored()
    const [one, other] = [boot * 1_000 + 5_000, boot * 1_000 + 25_000]
    for (const record of restoration(copy, one as Millis)) apply(copy, record)
    for (const record of restoration(again, other as Millis)) apply(again, record)
    assert.notEqual(bootOn(copy, one + 1_000), bootOn(again, other + 1_000))
  })

  it('rises whatever the clock says, and is never beyond all numbers', () => {
    const seat = guarding()
    const { boot } = seat.state.durable
    assert.equal(bootOn(seat.restored(), 0), boot + 1)
    const far = bootOn(null, 8e15)
    assert.ok(far < 0xffff_ffff - 1_000_000)
  })
})

describe('a member that is asked by another for what that said itself', () => {
  it('hands it over, the releases to itself among it, the newest first', () => {
    const seat = guarding()
    seat.theftConfirmed(vault)
    seat.vote(asker, vault)
    const sealed = new Uint8Array(80).fill(3)
    const release: BodyOf<'release'> = {
      incident_id: vault.theft,
      manifest_hash: vault.hash,
      envelope_id: vault.ids[0] ?? assert.fail(),
      to: self as MemberIndex,
      sealed_hash: toHex(taggedHash(hasher, 'sealed', sealed)) as Hash32,
    }
    assert.equal(seat.say(asker, 'release', release, { attachment: sealed, channel: 'stream' }), 'accepted')
    const since = seat.outputs.length
    seat.say(asker, 'pull', { incidents: [], owner_messages: [], custody: [], evidence: [], own: true }, { channel: 'stream' })
    const frames = durable(seat.outputs.slice(since), 'send').map(({ bytes }) => decodeHeader(decodeFrame(bytes).signed))
    assert.deepEqual(
      frames.map(({ kind, from }) => [kind, from]),
      [['vote', asker], ['release', asker], ['receipt', asker], ['answered', self]],
    )
  })
  it('shows the newest at each connection, and one after the other to one that is in quarantine', () => {
    const seat = guarding()
    seat.theftSeen(vault)
    const sealed = new Uint8Array(80).fill(3)
    const sealed_hash = toHex(taggedHash(hasher, 'sealed', sealed)) as Hash32
    const ids = Array.from({ length: 100 }, (_, at) => hexOf(`envelope ${at}`) as BodyOf<'release'>['envelope_id'])
    ids.forEach((envelope_id, at) => {
      const body: BodyOf<'release'> = { incident_id: vault.theft, manifest_hash: vault.hash, envelope_id, to: self as MemberIndex, sealed_hash }
      const frame = seat.frame(asker, 'release', body, { attachment: sealed })
      seat.state.volatile.shown_releases.set(`${at}`, { from: asker as MemberIndex, height: (1_000 - at) as Height, frame })
    })
    const shownNow = (): number => {
      seat.pass(60_000)
      const since = seat.outputs.length
      seat.say(asker, 'pull', { incidents: [], owner_messages: [], custody: [], evidence: [], own: true }, { channel: 'stream' })
      return durable(seat.outputs.slice(since), 'send').filter(({ bytes }) => decodeHeader(decodeFrame(bytes).signed).kind === 'release' && decodeHeader(decodeFrame(bytes).signed).from === asker).length
    }
    assert.equal(shownNow(), 64)
    assert.equal(shownNow(), 36)
    assert.equal(shownNow(), 64)
    seat.step({ kind: 'peer', member: asker as MemberIndex, connected: true })
    assert.equal(shownNow(), 64)
  })

  it('is asked again each period by one that is in quarantine', () => {
    const seat = shown(guarding(), 'vote', voteAt(guarding(), 3), { boot: 0, seq: 1 })
    seat.restart()
    seat.meet()
    for (let period = 0; period < 6; period++) {
      seat.pass(60_000)
      const since = seat.outputs.length
      seat.say(asker, 'heartbeat', quietHeartbeat())
      assert.deepEqual(seat.sent('pull', since).map(({ to, body }) => [to, body.own]), [[asker, true]])
      seat.answerPullsTo(asker)
    }
  })
})
