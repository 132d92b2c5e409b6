import assert from 'node:assert/strict'
import { type SpendTx, finalSpend, incidentStatus, recoveryBy, standingRecovery } from '../../src/index.ts'
import { type Feerate, MAX_FEERATE } from '../../src/primitives/index.ts'
import { Seat } from '../core/seat.ts'
import { anchoredTx, clawbackTx, completedA, settingOf, transactionOf, vaultOf } from '../core/setting.ts'

const setting = settingOf(5)
const vault = vaultOf(setting, { variants: 2, means: ['anyone-can-pay', 'anchored'] })
const a = completedA('coin', 70_800)

function guarding(): Seat {
  const seat = Seat.guarding(vault, setting)
  seat.certified(vault)
  return seat
}

function heldBy(seat: Seat) {
  const held = seat.state.durable.vaults.get(vault.vault_id)
  const incident = seat.state.durable.incidents.get(vault.theft)
  assert.ok(held && incident)
  return { held, incident }
}

describe('a recovery transaction', () => {
  it('is a rung, P by its txid, or A by its outputs on the unvault that it belongs to', () => {
    const { held } = heldBy(guarding())
    const by = (tx: SpendTx, outpoint = vault.unvaulted) => recoveryBy(held, outpoint, tx)?.means
    assert.equal(by(clawbackTx(50)), null)
    assert.equal(by(anchoredTx()), 'anchored')
    assert.equal(by(a), 'anyone-can-pay')
    assert.equal(by(transactionOf('vault/clawback/anyone/2')), 'anyone-can-pay', 'A without a coin')
    assert.equal(by(transactionOf('vault/emergency/250'), vault.deposit), null)
    assert.equal(by(transactionOf('thief')), undefined)
    assert.equal(by(a, vault.deposit), undefined, 'of another coin its outputs say nothing')
    assert.equal(by(completedA('coin', 1, 'vault/clawback1')), undefined, 'the outputs of another variant')
  })

  it('settles the incident as recovered though nobody knew its txid before, and its story names it from sight to reorganisation', () => {
    const seat = guarding()
    seat.chain({ event: 'spend-seen', outpoint: vault.unvaulted, tx: a })
    const { held, incident } = heldBy(seat)
    assert.equal(incidentStatus(held, incident, seat.tip), 'recovering')
    assert.equal(standingRecovery(held, a.txid)?.feerate, 300_000 as Feerate)
    seat.connect([{ outpoint: vault.unvaulted, tx: a }])
    assert.equal(incidentStatus(held, incident, seat.tip), 'recovered')
    assert.deepEqual([finalSpend(held)?.recovered, finalSpend(held)?.txid], [true, a.txid])
    const block = seat.state.durable.position
    assert.ok(block)
    seat.chain({ event: 'spend-unconfirmed', outpoint: vault.unvaulted, txid: a.txid, block })
    const told = incident.story.filter(({ txid }) => txid === a.txid).map(({ event, feerate }) => [event, feerate])
    assert.deepEqual(told, [
      ['recovery-seen', 300_000],
      ['recovery-confirmed', 300_000],
      ['recovery-unconfirmed', 300_000],
    ])
  })

  it('that somebody joins with all the coins there are is told with the highest feerate that can be said', () => {
    const seat = guarding()
    const rich = { ...completedA('riches', 21e14), vsize: 1 }
    seat.connect([{ outpoint: vault.unvaulted, tx: rich }])
    seat.checkDurable()
    const { incident } = heldBy(seat)
    assert.equal(incident.story.find(({ event }) => event === 'recovery-confirmed')?.feerate, MAX_FEERATE)
  })

  it('may be receipted by another member once my own bitcoind has it', () => {
    const seat = guarding()
    const from = seat.others()[0] ?? 2
    const { vault_id, theft: incident_id } = vault
    const receipt = { statement: 'broadcast', vault_id, incident_id, txid: a.txid, height: 100 as never } as const
    assert.equal(seat.say(from, 'receipt', receipt), 'unknown-transaction')
    seat.chain({ event: 'spend-seen', outpoint: vault.unvaulted, tx: a })
    assert.equal(seat.say(from, 'receipt', receipt), 'accepted')
  })
})
