import assert from 'node:assert/strict'
import { finalSpend, recoveryRung, rungOfEnvelope, standingTrigger, unvaultsNamed } from '../../src/index.ts'
import { isTriggeredBy } from '../../src/incident/trigger.ts'
import { Seat } from '../core/seat.ts'
import { blockAt, clawbackTx, settingOf, transactionOf, vaultOf } from '../core/setting.ts'

const setting = settingOf(5)

function guarding(choices: Parameters<typeof vaultOf>[1] = {}) {
  const vault = vaultOf(setting, choices)
  const seat = Seat.guarding(vault, setting)
  const held = seat.state.durable.vaults.get(vault.vault_id)
  assert.ok(held)
  return { vault, seat, held }
}

describe('a trigger', () => {
  it('of theft is an unvault of any armed manifest, of cold-theft what no activated one names', () => {
    const { vault, held } = guarding()
    const thief = transactionOf('thief')
    assert.ok(isTriggeredBy(held, 'theft', vault.unvault.txid))
    assert.ok(!isTriggeredBy(held, 'cold-theft', vault.unvault.txid))
    assert.ok(!isTriggeredBy(held, 'theft', thief.txid))
    assert.ok(isTriggeredBy(held, 'cold-theft', thief.txid))
  })

  it('is none where the vault is emptied by its own emergency transaction', () => {
    const { held } = guarding()
    const { txid } = transactionOf('vault/emergency/250')
    assert.ok(!isTriggeredBy(held, 'theft', txid))
    assert.ok(!isTriggeredBy(held, 'cold-theft', txid))
  })

  it('is of both kinds where an unvault of a generation that never activated is used', () => {
    const vault = vaultOf(setting)
    const seat = new Seat(setting)
    seat.begin()
    seat.sendManifest(vault)
    seat.verified(vault)
    const held = seat.state.durable.vaults.get(vault.vault_id)
    assert.ok(held)
    assert.ok(isTriggeredBy(held, 'theft', vault.unvault.txid) && isTriggeredBy(held, 'cold-theft', vault.unvault.txid))
  })

  it('stands in my mempool, then in my chain, and not when it has gone from both', () => {
    const { vault, seat, held } = guarding()
    assert.equal(standingTrigger(held, 'theft'), null)
    seat.theftSeen(vault)
    assert.equal(standingTrigger(held, 'theft')?.block, null)
    seat.theftConfirmed(vault)
    assert.deepEqual(standingTrigger(held, 'theft')?.block, blockAt(seat.tip))
    seat.chain({
      event: 'spend-unconfirmed',
      outpoint: vault.deposit,
      txid: vault.unvault.txid,
      block: blockAt(seat.tip),
    })
    assert.equal(standingTrigger(held, 'theft'), null)
  })

  it('names the variant that it is, and finds rungs by transaction and by envelope', () => {
    const { vault, held } = guarding({ variants: 3 })
    const third = vault.manifest.unvaults[2]
    assert.ok(third)
    assert.deepEqual(
      unvaultsNamed(held, third.txid).map(({ unvault }) => unvault.txid),
      [third.txid],
    )
    const [rung] = third.clawback
    assert.ok(rung)
    assert.equal(recoveryRung(held, rung.txid)?.envelope_id, rung.envelope_id)
    assert.equal(rungOfEnvelope(held, rung.envelope_id)?.txid, rung.txid)
    assert.equal(recoveryRung(held, third.txid), null)
  })
})

describe('the end of a coin', () => {
  it('is not its unvault, but what spends that', () => {
    const { vault, seat, held } = guarding()
    seat.theftConfirmed(vault)
    assert.equal(finalSpend(held), null)
    seat.chain({ event: 'spend-seen', outpoint: vault.unvaulted, tx: clawbackTx(2) })
    assert.equal(finalSpend(held), null, 'not while it is unconfirmed')
    seat.connect([{ outpoint: vault.unvaulted, tx: clawbackTx(2) }])
    assert.deepEqual([finalSpend(held)?.recovered, finalSpend(held)?.txid], [true, clawbackTx(2).txid])
  })

  it('is lost to the hot key or to the cold keys, and recovered by our own', () => {
    for (const [tx, recovered] of [
      [transactionOf('vault/emergency/10'), true],
      [transactionOf('thief'), false],
    ] as const) {
      const { vault, seat, held } = guarding()
      seat.connect([{ outpoint: vault.deposit, tx }])
      assert.equal(finalSpend(held)?.recovered, recovered)
    }
    const { vault, seat, held } = guarding()
    seat.theftConfirmed(vault)
    seat.connect([{ outpoint: vault.unvaulted, tx: transactionOf('hot spend') }])
    assert.equal(finalSpend(held)?.recovered, false)
  })
})
