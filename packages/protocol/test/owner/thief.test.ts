import assert from 'node:assert/strict'
import type { Order } from '../../src/index.ts'
import { ask, drill, give, orderAt } from '../core/commands.ts'
import { Seat, immediate } from '../core/seat.ts'
import { settingOf, vaultOf } from '../core/setting.ts'

const setting = settingOf(5)
const vault = vaultOf(setting)

/** What a thief with every owner key may order, and then take the coin with the hot key. */
function robbed(orders: (seat: Seat, give: (what: Order, nonce?: string) => string) => void): Seat {
  const seat = Seat.guarding(vault, setting)
  seat.connectMany(20)
  orders(seat, (what, nonce = 'nonce') => give(seat, orderAt(seat.tip, vault, what, { nonce })))
  const since = seat.outputs.length
  seat.certified(vault)
  seat.pass(60)
  const sealed = immediate(seat.outputs.slice(since), 'seal-share').filter(({ incident_id }) => incident_id === vault.theft)
  const kept = immediate(seat.outputs.slice(since), 'open-share').filter(({ incident_id }) => incident_id === vault.theft)
  const lowest = vault.manifest.unvaults[0]?.clawback[0]?.envelope_id
  assert.ok([...sealed, ...kept].some(({ envelope_id }) => envelope_id === lowest), 'the clawback goes its way')
  assert.ok(seat.sent('vote', since).some(({ body }) => body.incident_id === vault.theft))
  seat.checkDurable()
  return seat
}

describe('a thief with the owner keys does not disarm the vault', () => {
  it('by revoking it', () => robbed((_, order) => assert.equal(order({ order: 'revoke' }), 'accepted')))

  it('by destroying it', () => robbed((_, order) => assert.equal(order({ order: 'destroy' }), 'coin-not-left')))

  it('by superseding it, whether the new generation is cancelled or not', () => {
    for (const isCancelled of [true, false]) {
      const next = vaultOf(setting, { generation: 2, previous: vault.hash, rates: [1], change: (manifest) => ({ ...manifest, activation_delay: 2 }) })
      robbed((seat, order) => {
        seat.enrol(next)
        if (isCancelled) assert.equal(order({ order: 'cancel-generation', manifest_hash: next.hash }), 'accepted')
        seat.connectMany(5)
        assert.equal(seat.state.durable.vaults.get(vault.vault_id)?.active, isCancelled ? vault.hash : next.hash)
      })
    }
  })

  it('by a flood of drills', () => {
    robbed((seat, order) => {
      for (let at = 0; at < 200; at++) order(drill(at % 2 === 0 ? 4 : 1), `${at}`)
      seat.connectMany(3)
      for (let at = 0; at < 200; at++) order(drill(2), `later ${at}`)
    })
  })

  it('by a panic, though it was his: a coin that U takes is clawed back', () => {
    robbed((seat, order) => {
      for (let at = 0; at < 20; at++) order({ order: 'panic' }, `${at}`)
      seat.connectMany(3)
    })
  })

  it('by all of it at once', () => {
    robbed((seat, order) => {
      for (let at = 0; at < 30; at++) {
        order({ order: 'panic' }, `p${at}`)
        order({ order: 'revoke' }, `r${at}`)
        order(drill(5, { held_back: [1, 2, 3, 4, 5] as never }), `d${at}`)
        order({ order: 'destroy' }, `x${at}`)
        seat.connect()
      }
      assert.equal(ask(seat, 'vaults').answer, 'vaults')
    })
  })
})
