import assert from 'node:assert/strict'
import { decodeBody, decodeFrame, decodeHeader, enrolRequest, taggedHash } from '../../src/index.ts'
import { type VaultId, toCbor } from '../../src/primitives/index.ts'
import { ask, commandRequestOf, drill, give, notice, orderAt } from '../core/commands.ts'
import { Seat, durable, immediate, manifestRequest } from '../core/seat.ts'
import { clawbackTx, hasher, hexOf, ownerSign, settingOf, transactionOf, vaultOf } from '../core/setting.ts'
import { HANDED_ON_BLOCKS } from '../../src/owner/limits.ts'
import { MAX_DESTROYED, MAX_LEDGER } from '../../src/state/durable.ts'
import { Room } from '../sync/room.ts'

const setting = settingOf(5)
const vault = vaultOf(setting)
const other = vaultOf(setting, { label: 'other' })
const destroy = { order: 'destroy' } as const

function emptied(depth: number): Seat {
  const seat = Seat.guarding(vault, setting)
  seat.enrol(other)
  seat.connectMany(20)
  seat.connect([{ outpoint: vault.deposit, tx: transactionOf('thief') }])
  seat.connectMany(depth - 1)
  return seat
}

const isHeld = (seat: Seat) => seat.state.durable.vaults.has(vault.vault_id)

describe('the order to destroy', () => {
  it('is refused while the coin is there, while U alone has taken it, and until that is a hundred deep', () => {
    const seat = Seat.guarding(vault, setting)
    seat.connectMany(20)
    assert.equal(give(seat, orderAt(seat.tip, vault, destroy)), 'coin-not-left')
    seat.theftConfirmed(vault)
    seat.connectMany(150)
    assert.equal(give(seat, orderAt(seat.tip, vault, destroy)), 'coin-not-left')
    seat.connect([{ outpoint: vault.unvaulted, tx: clawbackTx(2) }])
    seat.connectMany(98)
    assert.equal(give(seat, orderAt(seat.tip, vault, destroy)), 'coin-left-not-deep')
    assert.ok(isHeld(seat))
    seat.connect()
    assert.equal(give(seat, orderAt(seat.tip, vault, destroy)), 'receipt')
    assert.ok(!isHeld(seat))
  })

  it('forgets everything of the vault and nothing of others, and says so signed, as often as it is asked', () => {
    const seat = emptied(100)
    give(seat, orderAt(seat.tip, vault, drill(1)))
    const told = ask(seat, 'vaults')
    assert.ok(told.answer === 'vaults' && told.vaults.find(({ vault_id }) => vault_id === vault.vault_id)?.destroyable)
    const given = orderAt(seat.tip, vault, destroy)
    const since = seat.outputs.length
    const [first] = seat.request(commandRequestOf(given), 'command')
    const [again] = seat.request(commandRequestOf(given), 'command')
    assert.ok(first?.answer === 'receipt')
    assert.deepEqual(again, first)
    const body = decodeBody('receipt', decodeHeader(decodeFrame(first.frame).signed).body)
    assert.deepEqual([body.statement, body.vault_id], ['destroyed', vault.vault_id])
    assert.deepEqual([...seat.state.durable.vaults.keys()], [other.vault_id])
    assert.ok([...seat.state.durable.incidents.values()].every(({ vault_id }) => vault_id !== vault.vault_id))
    const wiped = new Set(immediate(seat.outputs.slice(since), 'forget').flatMap(({ envelopes }) => envelopes))
    assert.ok(vault.ids.every((id) => wiped.has(id)))
    assert.deepEqual(durable(seat.outputs.slice(since), 'unwatch').map(({ outpoints }) => outpoints.toSorted()), [[vault.deposit, vault.unvaulted].toSorted()])
    seat.checkDurable()
    seat.restart()
    assert.deepEqual(seat.request(commandRequestOf(given), 'command'), [first])
  })

  it('is refused where the ledger has room for one signature only: two are made', () => {
    const seat = emptied(100)
    const { ledger } = seat.state.durable
    Object.defineProperty(ledger, 'size', { value: MAX_LEDGER - 1, configurable: true })
    assert.equal(give(seat, orderAt(seat.tip, vault, destroy)), 'no-room')
    Object.defineProperty(ledger, 'size', { value: MAX_LEDGER - 2, configurable: true })
    assert.equal(give(seat, orderAt(seat.tip, vault, destroy)), 'receipt')
  })

  it('is told to others, who look for themselves', () => {
    const seat = emptied(100)
    const given = orderAt(seat.tip, vault, destroy)
    give(seat, given)
    assert.deepEqual(seat.sent('command').map(({ body }) => body.command_hash), [given.hash])
  })

  it('is final for an enrolment, too, that is being looked at meanwhile', () => {
    const seat = new Seat(setting)
    seat.begin()
    const waiting = vaultOf(setting)
    seat.sendManifest(waiting)
    seat.verified(waiting)
    const digest = taggedHash(hasher, 'withdraw', waiting.signed.bytes)
    const signature = ownerSign(waiting.manifest.owner.root, digest)
    seat.request(toCbor(enrolRequest, { request: 'withdraw', manifest_hash: waiting.hash, signatures: [{ key: waiting.manifest.owner.root, signature }] }))
    seat.connectMany(20)
    seat.connect([{ outpoint: vault.deposit, tx: transactionOf('thief') }])
    seat.connectMany(99)
    const rival = vaultOf(setting, { rates: [3] })
    assert.deepEqual(seat.sendManifest(rival), [])
    assert.equal(give(seat, orderAt(seat.tip, vault, destroy)), 'receipt')
    const [answer] = seat.verified(rival)
    assert.equal(answer?.answer === 'refused' && answer.code, 'vault-destroyed')
    assert.equal(seat.state.durable.vaults.size, 0)
  })

  it('is final: the vault is not taken into custody again, by the same manifest or another', () => {
    const seat = emptied(100)
    give(seat, orderAt(seat.tip, vault, destroy))
    const again = seat.request(manifestRequest(vault))
    const next = seat.request(manifestRequest(vaultOf(setting, { rates: [3] })))
    for (const [answer] of [again, next]) assert.equal(answer?.answer === 'refused' && answer.code, 'vault-destroyed')
  })
})

describe('the order to destroy, handed on', () => {
  it('is obeyed by whoever hears of it from one member while it is recent, and told to all', () => {
    const seat = emptied(100)
    const given = orderAt(seat.tip, vault, destroy)
    assert.equal(notice(seat, 2, vault, given), 'accepted')
    assert.ok(!isHeld(seat))
    assert.deepEqual(seat.sent('command').map(({ body }) => body.command_hash), [given.hash])
    assert.equal(notice(seat, 3, vault, given), 'accepted', 'of a vault that is gone it is heard who forgot it, too')
    assert.equal(notice(seat, 3, vault, given), 'known')
    assert.equal(notice(seat, 4, vault, orderAt(seat.tip, vault, destroy, { nonce: 'other' })), 'unknown-vault')
    seat.checkDurable()
  })

  it('waits at a member that lags until the coin has left long ago there, too, if b+1 others obeyed it', () => {
    const seat = emptied(60)
    const given = orderAt(seat.tip, vault, destroy)
    for (const from of [2, 3]) assert.equal(notice(seat, from, vault, given), 'accepted')
    assert.equal(give(seat, given), 'coin-left-not-deep', 'its owner is told why')
    seat.connectMany(39)
    assert.ok(isHeld(seat))
    seat.connect()
    assert.ok(!isHeld(seat))
    seat.checkDurable()
    seat.restart()
    assert.ok(!isHeld(seat))
  })

  it('is forgotten there where nobody but a liar says that he obeyed it', () => {
    const seat = emptied(60)
    notice(seat, 2, vault, orderAt(seat.tip, vault, destroy))
    seat.connectMany(100)
    assert.ok(isHeld(seat))
    assert.equal(seat.state.durable.vaults.get(vault.vault_id)?.commands.size, 0)
  })

  it('that was given too early is not obeyed later, whoever shows it again', () => {
    const seat = Seat.guarding(vault, setting)
    seat.connectMany(20)
    const given = orderAt(seat.tip, vault, destroy)
    assert.equal(give(seat, given), 'coin-not-left')
    seat.connect([{ outpoint: vault.deposit, tx: transactionOf('thief') }])
    seat.connectMany(99)
    assert.equal(give(seat, given), 'command-not-recent')
    notice(seat, 2, vault, given, seat.tip - 100)
    notice(seat, 3, vault, given, seat.tip)
    assert.ok(isHeld(seat))
  })

  it('without the keys is not even held', () => {
    const seat = emptied(60)
    assert.equal(notice(seat, 2, vault, orderAt(seat.tip, vault, destroy, { keys: [hexOf('stranger')] })), 'command-refused')
    assert.equal(seat.state.durable.vaults.get(vault.vault_id)?.commands.size, 0)
  })

  it('reaches a member that was down, by Pull, and is spoken of no more once all obeyed it', () => {
    const room = new Room(vault, setting)
    for (const seat of room.up) seat.publish(vault)
    room.settle()
    room.connect(20)
    room.connect(100, [{ outpoint: vault.deposit, tx: transactionOf('thief') }])
    room.down.add(5)
    assert.equal(give(room.at(1), orderAt(room.at(1).tip, vault, destroy)), 'receipt')
    room.settle()
    assert.deepEqual([...room.seats.values()].map(isHeld), [false, false, false, false, true])
    room.connect(40)
    room.back(5, 1)
    room.pass(3)
    assert.ok(!isHeld(room.at(5)))
    room.pass(3)
    const since = room.at(1).outputs.length
    room.pass(2)
    assert.deepEqual([room.at(1).sent('command', since), room.at(1).sent('pull', since)], [[], []])
    assert.ok(room.at(1).sent('heartbeat', since).every(({ body }) => body.owner_messages.length === 0))
    for (const seat of room.seats.values()) seat.checkDurable()
  })

  it('is spoken of for so long only, where some member never says that it obeyed it, and makes room then', () => {
    const seat = emptied(100)
    give(seat, orderAt(seat.tip, vault, destroy))
    const spoken = (): string[] => {
      seat.pass(10_000)
      return seat.sent('heartbeat').at(-1)?.body.owner_messages.map(({ vault_id }) => vault_id) ?? assert.fail()
    }
    const { destroyed } = seat.state.durable
    const one = destroyed.get(vault.vault_id) ?? assert.fail()
    for (let at = 1; at < MAX_DESTROYED; at++) destroyed.set(hexOf(`destroyed ${at}`) as VaultId, one)
    assert.ok(spoken().length > 0)
    seat.connect([{ outpoint: other.deposit, tx: transactionOf('other thief') }])
    seat.connectMany(HANDED_ON_BLOCKS + 1)
    assert.deepEqual(spoken(), [])
    give(seat, orderAt(seat.tip, other, destroy))
    assert.ok(destroyed.has(other.vault_id))
    assert.equal(destroyed.size, MAX_DESTROYED)
    assert.deepEqual(spoken(), [other.vault_id])
  })
})
