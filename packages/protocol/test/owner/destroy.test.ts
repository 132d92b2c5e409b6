import assert from 'node:assert/strict'
import { decodeBody, decodeFrame, decodeHeader, enrolRequest, taggedHash } from '../../src/index.ts'
import { toCbor } from '../../src/primitives/index.ts'
import { ask, commandRequestOf, drill, give, orderAt } from '../core/commands.ts'
import { Seat, durable, immediate, manifestRequest } from '../core/seat.ts'
import { clawbackTx, hasher, ownerSign, settingOf, transactionOf, vaultOf } from '../core/setting.ts'

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
