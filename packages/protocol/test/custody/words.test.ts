import assert from 'node:assert/strict'
import { type MemberIndex, REJECT_CODES, type OwnerAnswer, adoption, decodeFrame, encodeFrame, enrolRequest, taggedHash } from '../../src/index.ts'
import { encodeWithdrawal } from '../../src/custody/withdrawal.ts'
import { fromCbor, toCbor } from '../../src/primitives/index.ts'
import { custodyDigest } from '../../src/sync/custody.ts'
import { drill, give, orderAt } from '../core/commands.ts'
import { Seat, durable } from '../core/seat.ts'
import { type TestVault, hasher, hexOf, ownerSign, settingOf, transactionOf, vaultOf } from '../core/setting.ts'
import { Room } from '../sync/room.ts'

const DELAY = 4
const setting = settingOf(5)
const vault = vaultOf(setting)
const delayed = { change: (manifest: TestVault['manifest']) => ({ ...manifest, activation_delay: DELAY }) }
/** With an unvault of its own. */
const next = vaultOf(setting, { generation: 2, previous: vault.hash, variants: 2, ...delayed })
const third = vaultOf(setting, { generation: 3, previous: next.hash, variants: 2, ...delayed })
const cancel = { order: 'cancel-generation', manifest_hash: next.hash } as const
const REJECTED: ReadonlySet<string> = new Set(REJECT_CODES)

const vaultAt = (seat: Seat) => seat.state.durable.vaults.get(vault.vault_id) ?? assert.fail()
const activeAt = (seat: Seat) => vaultAt(seat).active
const heldAt = (seat: Seat, of: TestVault = next) => vaultAt(seat).manifests.find(({ hash }) => hash === of.hash) ?? assert.fail()

function renew(room: Room, of: TestVault, members: readonly number[] = [1, 2, 3, 4, 5]): void {
  for (const member of members) {
    room.at(member).sendManifest(of)
    room.at(member).verified(of)
  }
  room.settle()
  for (const member of members) room.at(member).publish(of)
  room.settle()
}

/** All guard the vault; its next generation waits for one more block. */
function aboutToActivate(): Room {
  const room = new Room(vault, setting)
  for (const seat of room.up) seat.publish(vault)
  room.settle()
  room.connect(20)
  renew(room, next)
  room.connect(DELAY - 1)
  assert.ok(room.up.every((seat) => activeAt(seat) === vault.hash))
  return room
}

/** Nobody hears anybody; these are given the order, and then each has its own blocks. */
function cancelledApart(room: Room, inTime: readonly number[], blocks = 1): void {
  for (const member of room.seats.keys()) room.down.add(member)
  const given = orderAt(room.at(1).tip, vault, cancel)
  for (const member of inTime) assert.equal(give(room.at(member), given), 'accepted')
  for (const seat of room.seats.values()) seat.connectMany(blocks)
}

function together(room: Room, blocks = 1): void {
  room.settle()
  room.down.clear()
  for (let at = 0; at < blocks; at++) {
    room.pass(3)
    room.connect()
  }
  room.pass(3)
  assert.deepEqual(room.verdicts.filter(({ code }) => REJECTED.has(code)), [])
  for (const seat of room.seats.values()) seat.checkDurable()
}

describe('a cancel that reaches members about when they activate the generation', () => {
  it('holds at all, where b+1 had it in time: the others go back to the generation before', () => {
    const room = aboutToActivate()
    cancelledApart(room, [1, 2])
    assert.deepEqual([...room.seats.values()].map(activeAt), [vault.hash, vault.hash, next.hash, next.hash, next.hash])
    together(room)
    for (const seat of room.seats.values()) {
      assert.equal(activeAt(seat), vault.hash)
      assert.equal(heldAt(seat).activated_height, null)
      assert.equal(heldAt(seat).shares.length, next.shares.length, 'it stays armed')
    }
    together(room, 3 * DELAY)
    assert.ok(room.up.every((seat) => activeAt(seat) === vault.hash))
  })

  it('reaches in time also who hears of it from others, and a member that was down through it all', () => {
    const room = aboutToActivate()
    room.down.add(5)
    room.at(5).connect()
    assert.equal(activeAt(room.at(5)), next.hash)
    assert.equal(give(room.at(3), orderAt(room.at(3).tip, vault, cancel)), 'accepted')
    room.settle()
    room.connect(40)
    assert.ok([1, 2, 3, 4].every((member) => activeAt(room.at(member)) === vault.hash))
    room.back(5, 1)
    together(room, 2)
    assert.equal(activeAt(room.at(5)), vault.hash)
  })

  it('comes to nothing where no more had it in time than may lie: they follow the others, once these have had it for long', () => {
    const room = aboutToActivate()
    cancelledApart(room, [1])
    together(room)
    assert.deepEqual([...room.seats.values()].map(activeAt), [vault.hash, next.hash, next.hash, next.hash, next.hash])
    room.at(1).restart()
    room.at(1).meet()
    together(room, DELAY + 2)
    assert.ok(room.up.every((seat) => activeAt(seat) === next.hash))
    assert.equal(give(room.at(1), orderAt(room.at(1).tip, vault, cancel, { nonce: 'again' })), 'not-waiting')
    const since = room.at(2).outputs.length
    room.pass(3)
    assert.deepEqual(room.at(2).sent('command', since), [], 'and nobody hands it on for ever')
  })

  it('is let be by none that hears fewer than most members, for all that it knows the owner took it back in time', () => {
    const room = aboutToActivate()
    cancelledApart(room, [2, 3, 4, 5])
    room.down.delete(1)
    room.down.delete(5)
    room.pass(8)
    room.connect(3 * DELAY)
    room.pass(8)
    assert.equal(activeAt(room.at(1)), next.hash)
    assert.deepEqual([...heldAt(room.at(1)).taken_back.keys()], [5])
    assert.equal(heldAt(room.at(1)).let_be.size, 0)
    for (const member of [2, 3, 4]) room.at(member).connectMany(3 * DELAY)
    together(room, 2)
    assert.ok(room.up.every((seat) => activeAt(seat) === vault.hash))
  })

  it('is not taken where it still waits, once b+1 let it be: it would be undone with the next block', () => {
    const seat = Seat.guarding(vault, setting)
    seat.connectMany(20)
    seat.enrol(next)
    const body = { statement: 'let-be', vault_id: vault.vault_id, generation: 2, manifest_hash: next.hash } as const
    seat.say(2, 'receipt', body)
    seat.say(3, 'receipt', body)
    assert.equal(give(seat, orderAt(seat.tip, vault, cancel)), 'not-waiting')
    withdraw(seat, next)
    assert.deepEqual([heldAt(seat).withdrawn, seat.tells('manifest-withdrawn').length], [false, 0])
    seat.connectMany(DELAY)
    assert.equal(activeAt(seat), next.hash)
  })

  it('takes what was built on it with it', () => {
    const room = aboutToActivate()
    cancelledApart(room, [1, 2])
    for (const member of [1, 2]) room.down.add(member)
    for (const member of [3, 4, 5]) room.down.delete(member)
    for (const member of [3, 4, 5]) {
      room.at(member).sendManifest(third)
      room.at(member).verified(third)
      room.at(member).publish(third)
      room.at(member).connectMany(DELAY)
      assert.equal(activeAt(room.at(member)), third.hash)
    }
    for (const member of [1, 2]) room.at(member).connectMany(DELAY)
    // Before anybody let it be.
    assert.ok([3, 4, 5].every((member) => heldAt(room.at(member)).let_be.size === 0))
    together(room, 3 * DELAY)
    for (const member of [3, 4, 5]) assert.equal(heldAt(room.at(member), third).activated_height, null)
    assert.ok(room.up.every((seat) => activeAt(seat) === vault.hash))
  })

  it('makes an unvault that only the cancelled generation names a cold-theft, where it was none', () => {
    const room = aboutToActivate()
    cancelledApart(room, [1, 2])
    const [, own] = next.manifest.unvaults
    const tx = transactionOf('vault/unvault/1')
    assert.equal(own?.txid, tx.txid)
    for (const seat of room.seats.values()) seat.connect([{ outpoint: vault.deposit, tx }])
    const triggers = (member: number) => [...room.at(member).state.durable.incidents.values()].map(({ trigger }) => trigger).toSorted()
    assert.deepEqual(triggers(3), ['theft'])
    together(room)
    for (const member of [1, 2, 3, 4, 5]) assert.deepEqual([member, ...triggers(member)], [member, 'cold-theft', 'theft'])
  })
})

/** A member is put back to what its disk held before it said this first, and hears of the others again. */
function loses(room: Room, member: number, record: 'let-be-held' | 'taken-back-held'): void {
  const seat = room.at(member)
  room.down.add(member)
  const said = seat.log.map((bytes) => fromCbor(seat.core.record, bytes)).findIndex((one) => one.record === record && one.member === member)
  assert.ok(said > 0, 'it said so')
  seat.restart(said)
  seat.height = (seat.state.durable.position?.height ?? assert.fail()) + 1
  assert.equal(heldAt(seat)[record === 'let-be-held' ? 'let_be' : 'taken_back'].has(member as MemberIndex), false)
  room.back(member, member === 1 ? 2 : 1)
}

/** All hold the same, and nobody asks any more. */
function isAtRest(room: Room): void {
  room.pass(3)
  const since = room.up.map((seat) => seat.outputs.length)
  room.pass(10)
  room.up.forEach((seat, at) => {
    const { custody_digest } = seat.sent('heartbeat', since[at]).at(-1)?.body ?? assert.fail()
    assert.equal(custody_digest, custodyDigest(hasher, room.at(1).state.durable))
    assert.deepEqual(seat.sent('pull', since[at]), [])
    seat.checkDurable()
  })
}

describe('a word of a generation that its member lost with its disk', () => {
  /** Member 1 had the cancel in time, the others not: they let it be, and it follows. */
  function letBe(): Room {
    const room = aboutToActivate()
    cancelledApart(room, [1])
    together(room, DELAY + 2)
    assert.ok(room.up.every((seat) => heldAt(seat).let_be.size === 5))
    isAtRest(room)
    return room
  }

  it('comes back to it from the others, where it let the generation be', () => {
    for (const member of [1, 3]) {
      const room = letBe()
      const frame = heldAt(room.at(2)).let_be.get(member as MemberIndex)
      loses(room, member, 'let-be-held')
      isAtRest(room)
      assert.deepEqual(heldAt(room.at(member)).let_be.get(member as MemberIndex), frame)
      assert.equal(room.at(member).state.durable.quarantine, null, 'it binds to nothing')
      assert.ok(room.up.every((seat) => activeAt(seat) === next.hash))
    }
  })

  it('comes back to it where it took it back, with the height at which it did', () => {
    const room = aboutToActivate()
    cancelledApart(room, [1, 2])
    together(room)
    const held = heldAt(room.at(1)).taken_back.get(2 as MemberIndex)
    loses(room, 2, 'taken-back-held')
    isAtRest(room)
    assert.deepEqual(heldAt(room.at(2)).taken_back.get(2 as MemberIndex), held)
    assert.ok(room.up.every((seat) => activeAt(seat) === vault.hash))
  })

  it('comes back to a member in quarantine, which is at rest once its operator has adopted what it had signed', () => {
    const room = letBe()
    const orders = [orderAt(room.at(3).tip, vault, { order: 'revoke' }), orderAt(room.at(3).tip, vault, drill(1))]
    for (const order of orders) assert.equal(give(room.at(3), order), 'accepted')
    room.pass(2)
    loses(room, 3, 'let-be-held')
    room.pass(3)
    const seat = room.at(3)
    assert.equal(seat.state.durable.quarantine?.reason, 'unknown-statement', 'its word of the order is lost, too')
    assert.equal(heldAt(seat).let_be.size, 5)
    room.down.add(3)
    for (const record of adoption(hasher, seat.restored()) ?? []) seat.log.push(toCbor(seat.core.record, record))
    room.back(3, 1)
    isAtRest(room)
    assert.equal(seat.state.durable.quarantine, null)
    const { commands } = vaultAt(seat)
    assert.deepEqual(orders.map(({ hash }) => commands.get(hash)?.notices.size), [5, 5])
    assert.deepEqual(orders.map(({ hash }) => commands.get(hash)?.reports.size), [0, 5])
  })
})

describe('a generation that was taken back before all members heard that it was published', () => {
  it('is asked about no more: it will not be said again', () => {
    const room = new Room(vault, setting)
    for (const seat of room.up) seat.publish(vault)
    room.settle()
    room.connect(20)
    for (const seat of room.up) {
      seat.sendManifest(next)
      seat.verified(next)
    }
    room.settle()
    room.down.add(5)
    for (const seat of room.up) seat.publish(next)
    room.settle()
    assert.equal(give(room.at(1), orderAt(room.at(1).tip, vault, cancel)), 'accepted')
    room.settle()
    room.back(5, 1)
    room.pass(3)
    assert.deepEqual(room.up.map((seat) => [heldAt(seat).cancelled, heldAt(seat).published.size]), [[true, 4], [true, 4], [true, 4], [true, 4], [true, 0]])
    isAtRest(room)
  })

  it('is asked about no more where it is a first one, of which a liar told one member so', () => {
    const room = new Room(vault, setting)
    assert.equal(room.at(1).receive(room.at(1).publicationOf(5, vault), 5), 'accepted')
    assert.deepEqual(withdraw(room.at(1), vault), { answer: 'state', state: 'withdrawn' })
    room.settle()
    assert.ok(room.up.every((seat) => heldAt(seat, vault).withdrawn))
    isAtRest(room)
  })
})

function withdraw(seat: Seat, of: TestVault, key = setting.owner.root): OwnerAnswer | undefined {
  const request = { request: 'withdraw' as const, manifest_hash: of.hash, signatures: [signatureOf(of, key)] }
  return seat.request(toCbor(enrolRequest, request))[0]
}

function signatureOf(of: TestVault, key = setting.owner.root) {
  return { key, signature: ownerSign(key, taggedHash(hasher, 'withdraw', of.signed.bytes)) }
}

describe('a withdrawal', () => {
  it('given to one member reaches all, each of which looks at its signatures', () => {
    const room = aboutToActivate()
    room.down.add(5)
    assert.deepEqual(withdraw(room.at(2), next), { answer: 'state', state: 'withdrawn' })
    room.settle()
    assert.ok([1, 2, 3, 4].every((member) => heldAt(room.at(member)).withdrawn))
    room.connect(3)
    room.back(5, 1)
    together(room)
    assert.ok(room.up.every((seat) => heldAt(seat).withdrawn && activeAt(seat) === vault.hash))
    assert.deepEqual(room.up.map((seat) => heldAt(seat).taken_back.size), [5, 5, 5, 5, 5])
    const since = room.at(1).outputs.length
    room.pass(3)
    assert.deepEqual(room.at(1).sent('receipt', since), [], 'and is not said again')
  })

  it('makes room for another manifest also where it came after the activation', () => {
    const room = aboutToActivate()
    for (const member of [3, 4, 5]) {
      room.down.add(member)
      room.at(member).connect()
    }
    withdraw(room.at(1), next)
    room.settle()
    for (const member of [1, 2]) room.at(member).connect()
    together(room, 2)
    assert.ok(room.up.every((seat) => heldAt(seat).withdrawn && activeAt(seat) === vault.hash))
    const rival = vaultOf(setting, { generation: 2, previous: vault.hash, rates: [3], ...delayed })
    renew(room, rival)
    room.connect(DELAY)
    assert.ok(room.up.every((seat) => activeAt(seat) === rival.hash))
  })

  it('that a member only speaks of, or shows wrong signatures for, is that member alone', () => {
    const seat = Seat.guarding(vault, setting)
    seat.connectMany(20)
    seat.enrol(next)
    const body = { statement: 'taken-back', vault_id: vault.vault_id, generation: 2, manifest_hash: next.hash, height: seat.tip as never } as const
    const forged = encodeWithdrawal([signatureOf(next, hexOf('stranger'))])
    assert.equal(seat.say(2, 'receipt', body, { attachment: forged }), 'accepted')
    assert.equal(heldAt(seat).withdrawn, false)
    assert.equal(seat.say(2, 'receipt', body, { attachment: new Uint8Array([1]) }), 'known')
    assert.equal(seat.say(2, 'receipt', { ...body, generation: 3 }), 'wrong-generation')
    assert.equal(seat.say(2, 'receipt', body, { attachment: encodeWithdrawal([signatureOf(next)]) }), 'accepted')
    assert.equal(heldAt(seat).withdrawn, true)
  })

  it('is shown beside the only word that there is to whoever lacks it, and said that word itself', () => {
    const seat = Seat.guarding(vault, setting)
    seat.connectMany(20)
    seat.enrol(next)
    seat.connectMany(DELAY)
    const body = { statement: 'taken-back', vault_id: vault.vault_id, generation: 2, manifest_hash: next.hash, height: seat.tip as never } as const
    const shown = encodeWithdrawal([signatureOf(next)])
    assert.equal(seat.say(2, 'receipt', body, { attachment: shown }), 'accepted')
    const all = setting.federation.members.map(({ index }) => index)
    const asked = { manifest_hash: next.hash, receipts: all, published: all, taken_back: [2 as MemberIndex], let_be: [], withdrawal: false }
    const since = seat.outputs.length
    seat.say(2, 'pull', { incidents: [], owner_messages: [], evidence: [], own: false, custody: [asked] }, { channel: 'stream' })
    const sent = durable(seat.outputs.slice(since), 'send').map(({ bytes }) => decodeFrame(bytes))
    assert.deepEqual(sent.flatMap(({ attachment }) => (attachment ? [attachment] : [])), [shown])
  })

  it('comes back to a member beside its own word, of which somebody had shown it the word alone', () => {
    const seat = Seat.guarding(vault, setting, 2)
    seat.connectMany(20)
    seat.enrol(next)
    const body = { statement: 'taken-back', vault_id: vault.vault_id, generation: 2, manifest_hash: next.hash, height: seat.tip as never } as const
    const word = decodeFrame(seat.frame(2, 'receipt', body))
    seat.receive(encodeFrame(word), 1, 'stream')
    assert.equal(heldAt(seat).withdrawn, false)
    seat.receive(encodeFrame({ ...word, attachment: encodeWithdrawal([signatureOf(next)]) }), 1, 'stream')
    assert.equal(heldAt(seat).withdrawn, true)
    assert.deepEqual([...heldAt(seat).taken_back].map(([member, { frame }]) => [member, frame]), [[2, encodeFrame(word)]])
    assert.deepEqual(seat.sent('receipt').filter(({ body: { statement } }) => statement === 'taken-back'), [], 'it is said once')
  })

  it('of a first generation that is active says nothing, however many speak of it', () => {
    const seat = Seat.guarding(vault, setting)
    const body = { statement: 'taken-back', vault_id: vault.vault_id, generation: 1, manifest_hash: vault.hash, height: seat.tip as never } as const
    for (const from of [2, 3, 4, 5]) seat.say(from, 'receipt', body, { attachment: encodeWithdrawal([signatureOf(vault)]) })
    seat.connectMany(30)
    assert.equal(activeAt(seat), vault.hash)
    const letBe = { statement: 'let-be', vault_id: vault.vault_id, generation: 1, manifest_hash: vault.hash } as const
    assert.equal(seat.say(2, 'receipt', letBe), 'wrong-generation', 'nor lets anybody be what follows none')
  })

  it('is all that travels beside a receipt', () => {
    const seat = Seat.guarding(vault, setting)
    const body = { statement: 'published', vault_id: vault.vault_id, generation: 1, manifest_hash: vault.hash } as const
    assert.equal(seat.say(2, 'receipt', body, { attachment: new Uint8Array([1]) }), 'attachment-over-limit')
  })
})
