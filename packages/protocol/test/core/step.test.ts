import assert from 'node:assert/strict'
import { Seat } from './seat.ts'
import { settingOf, vaultOf } from './setting.ts'

describe('a core', () => {
  it('claws back', () => {
    const setting = settingOf(5)
    const vault = vaultOf(setting)
    const seat = Seat.guarding(vault, setting)
    assert.equal(seat.state.durable.vaults.get(vault.vault_id)?.active, vault.hash)
    seat.certified(vault)
    assert.equal(seat.tells('certified').length, 1)
    seat.work(vault)
    assert.ok(seat.tells('share-released').length > 0)
    seat.checkDurable()
  })
})
