import assert from 'node:assert/strict'
import { type InfoRequest, infoRequest } from '../../src/index.ts'
import { toCbor } from '../../src/primitives/index.ts'
import { Seat, immediate } from '../core/seat.ts'
import { settingOf, transactionOf, vaultOf } from '../core/setting.ts'

const setting = settingOf(5)
const vault = vaultOf(setting)
const later = vaultOf(setting, {
  change: (manifest) => ({ ...manifest, deposit: { ...manifest.deposit, funding: 'after-receipts' } }),
})

function guarding(one = later): Seat {
  const seat = new Seat(setting)
  seat.begin()
  seat.enrol(one)
  return seat
}

const looks = (seat: Seat): number => immediate(seat.outputs, 'look-at-deposit').length
const seen = (seat: Seat, what: 'nothing' | 'deposit' | 'other'): void => {
  seat.outcome({ of: 'look-at-deposit', vault_id: later.vault_id, seen: what })
}

function toldDeposit(seat: Seat): string | undefined {
  const wanted: InfoRequest = { what: 'vaults' }
  const [answer] = seat.request(toCbor(infoRequest, wanted), 'info')
  return answer?.answer === 'vaults' ? answer.vaults[0]?.deposit : undefined
}

describe('a deposit that is paid in after the receipts', () => {
  it('is looked for from the receipt on, with every block until it is there', () => {
    const seat = guarding()
    assert.equal(looks(seat), 1)
    assert.equal(immediate(seat.outputs, 'look-at-deposit')[0]?.deposit.outpoint, later.deposit)
    seen(seat, 'nothing')
    seat.connect()
    assert.equal(looks(seat), 2)
    assert.equal(toldDeposit(seat), 'awaited')
    seen(seat, 'deposit')
    seat.connectMany(3)
    assert.equal(looks(seat), 2)
    assert.equal(toldDeposit(seat), 'there')
    assert.equal(seat.tells('deposit-funded').length, 1)
  })

  it('is told once, however often bitcoind is heard', () => {
    const seat = guarding()
    seen(seat, 'deposit')
    seen(seat, 'deposit')
    seen(seat, 'other')
    assert.equal(seat.tells('deposit-funded').length, 1)
    assert.equal(seat.tells('deposit-differs').length, 0)
  })

  it('raises an alarm where another output stands in its place', () => {
    const seat = guarding()
    seen(seat, 'other')
    assert.deepEqual(
      seat.tells('deposit-differs').map(({ level, vault_id }) => [level, vault_id]),
      [['error', later.vault_id]],
    )
  })

  it('is not looked for where it was looked at before the receipt, nor where it has been spent', () => {
    const seat = guarding(vault)
    seat.connectMany(2)
    assert.equal(looks(seat), 0)
    const spent = guarding()
    spent.connect([{ outpoint: later.deposit, tx: transactionOf('whoever') }])
    const before = looks(spent)
    spent.connectMany(2)
    assert.equal(looks(spent), before)
    assert.equal(toldDeposit(spent), 'there')
  })

  it('is found again after a restart', () => {
    const seat = guarding()
    seen(seat, 'deposit')
    seat.restart()
    const before = looks(seat)
    seat.connect()
    assert.equal(looks(seat), before + 1)
  })

  it('of a vault that is not held changes nothing', () => {
    const seat = guarding()
    seat.outcome({ of: 'look-at-deposit', vault_id: 'ab'.repeat(32) as typeof later.vault_id, seen: 'deposit' })
    assert.equal(toldDeposit(seat), 'awaited')
  })
})
