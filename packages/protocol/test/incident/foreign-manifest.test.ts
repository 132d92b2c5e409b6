/** A manifest that a thief of enrolment keys had armed, and that no owner let become active, takes nothing from the one in force. */
import assert from 'node:assert/strict'
import { type Manifest, finalSpend, recoveryBy } from '../../src/index.ts'
import { Seat, immediate } from '../core/seat.ts'
import { clawbackTx, settingOf, transactionOf, vaultOf } from '../core/setting.ts'

const setting = settingOf(5)
const vault = vaultOf(setting)
const thief = transactionOf('thief')

/** Guarding the vault, with a second generation armed beside it that waits. */
function beside(change: (manifest: Manifest) => Manifest): Seat {
  const seat = Seat.guarding(vault, setting)
  const next = vaultOf(setting, { generation: 2, previous: vault.hash, change: (one) => ({ ...change(one), activation_delay: 1_000 }) })
  seat.connectMany(20)
  seat.sendManifest(next)
  const [answer] = seat.verified(next)
  assert.equal(answer?.answer, 'receipt')
  return seat
}

const heldBy = (seat: Seat) => seat.state.durable.vaults.get(vault.vault_id) ?? assert.fail()

describe('a manifest that is armed and not active', () => {
  it('makes no emergency of a theft: what it names is cold-theft as anything else', () => {
    const seat = beside((one) => ({ ...one, emergency: one.emergency.map((rung, at) => (at === 0 ? { ...rung, txid: thief.txid } : rung)) }))
    seat.chain({ event: 'spend-seen', outpoint: vault.deposit, tx: thief })
    assert.ok(seat.state.durable.incidents.has(vault.cold_theft))
    seat.connect([{ outpoint: vault.deposit, tx: thief }])
    assert.equal(finalSpend(heldBy(seat))?.recovered, false)
    assert.equal(seat.tells('coin-lost').length, 1)
  })

  it('makes no clawback of a theft from the very U that both name, by txid or by outputs', () => {
    const seat = beside((one) => ({
      ...one,
      unvaults: one.unvaults.map((unvault) => ({
        ...unvault,
        clawback: unvault.clawback.map((rung, at) => (at === 3 ? { ...rung, txid: thief.txid } : rung)),
        anyone_can_pay: null,
      })),
    }))
    seat.certified(vault)
    assert.equal(recoveryBy(heldBy(seat), vault.unvaulted, thief), null)
    assert.notEqual(recoveryBy(heldBy(seat), vault.unvaulted, clawbackTx(250)), null)
    seat.connect([{ outpoint: vault.unvaulted, tx: thief }])
    assert.equal(seat.tells('coin-lost').length, 1)
  })

  it('makes no theft of an emergency transaction of the one in force, which it calls an unvault', () => {
    const rescue = transactionOf('vault/emergency/250')
    const seat = beside((one) => ({
      ...one,
      unvaults: one.unvaults.map((unvault) => ({ ...unvault, txid: rescue.txid })),
      emergency: one.emergency.map((rung, at) => ({ ...rung, txid: transactionOf(`another ${at}`).txid })),
    }))
    seat.connect([{ outpoint: vault.deposit, tx: rescue }])
    assert.equal(seat.state.durable.incidents.size, 0)
    assert.equal(finalSpend(heldBy(seat))?.recovered, true)
  })

  it('does not open the ladder of another to a U in the mempool: the owner of that chose to wait', () => {
    const seat = beside((one) => ({ ...one, act_at: 'mempool' }))
    seat.theftSeen(vault)
    for (const from of seat.others()) seat.vote(from, vault)
    seat.pass(60)
    const moved = immediate(seat.outputs, 'seal-share').map(({ envelope_id }) => envelope_id)
    const own = immediate(seat.outputs, 'open-share').map(({ envelope_id }) => envelope_id)
    assert.ok([...moved, ...own].every((id) => !vault.ids.includes(id)))
    assert.ok(moved.length + own.length > 0, 'its own ladder is open')
  })
})
