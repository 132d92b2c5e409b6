import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { sats } from '@belfry/protocol/primitives'
import { type Payable, type Price, chooseForChild, chooseForJoin } from '../../src/fee-wallet/select.ts'

const coin = (value: number, replaces = 0): Payable => ({ value: sats(value), replaces: sats(replaces) })
const price = (changes: { own?: number; wanted?: number; least?: number; room?: number } = {}): Price => {
  const { own = 400, wanted = 50_000, least = 1_000, room = 1_000_000 } = changes
  return { own: sats(own), wanted: sats(wanted), least: sats(least), room: sats(room) }
}

const someCoins = fc.array(fc.record({ value: fc.nat(500_000), replaces: fc.constantFrom(0, 0, 0, 5_000) }), { maxLength: 8 })
  .map((coins) => coins.map(({ value, replaces }) => coin(value, replaces)))
const somePrice = fc.record({
  own: fc.nat(1_000), wanted: fc.nat(400_000), least: fc.nat(400_000), room: fc.nat(500_000),
}).map(({ own, wanted, least, room }) => price({ own, wanted: Math.max(wanted, least), least, room }))

describe('the choice of a fee coin', () => {
  it('is for A the smallest that pays what is wanted, with what A pays itself', () => {
    assert.deepEqual(chooseForJoin([coin(90_000), coin(49_600), coin(49_599)], price()), {
      kind: 'coin', coin: coin(49_600), fee: 50_000n,
    })
  })

  it('is the largest that still gets somewhere, where none pays enough', () => {
    assert.deepEqual(chooseForJoin([coin(10_000), coin(20_000)], price()), { kind: 'coin', coin: coin(20_000), fee: 20_400n })
    assert.deepEqual(chooseForJoin([coin(10_000), coin(20_000)], price({ least: 30_000 })), { kind: 'no-coin' })
  })

  it('is none above the budget, and says so', () => {
    assert.deepEqual(chooseForJoin([coin(60_000)], price({ room: 59_999 })), { kind: 'over-budget' })
    assert.deepEqual(chooseForJoin([], price({ room: 0 })), { kind: 'no-coin' })
    assert.deepEqual(chooseForChild([coin(60_000)], price({ room: 0 })), { kind: 'over-budget' })
  })

  it('is for a child any coin that leaves change, of which the budget may allow a part', () => {
    assert.deepEqual(chooseForChild([coin(200_000)], price()), { kind: 'coin', coin: coin(200_000), fee: 50_000n })
    assert.deepEqual(chooseForChild([coin(200_000)], price({ room: 20_000 })), {
      kind: 'coin', coin: coin(200_000), fee: 20_400n,
    })
    assert.deepEqual(chooseForChild([coin(10_000)], price()), { kind: 'coin', coin: coin(10_000), fee: 10_346n })
  })

  it('asks more of a coin that a transaction of ours spends', () => {
    assert.deepEqual(chooseForJoin([coin(50_000, 60_000), coin(70_000)], price()), { kind: 'coin', coin: coin(70_000), fee: 70_400n })
    assert.deepEqual(chooseForChild([coin(90_000, 60_000)], price()), { kind: 'coin', coin: coin(90_000, 60_000), fee: 61_000n })
  })

  it('never costs more than the budget or than there is, and never pays less than gets anywhere', () => {
    for (const choose of [chooseForJoin<Payable>, chooseForChild<Payable>]) {
      fc.assert(fc.property(someCoins, somePrice, (coins, asked) => {
        const choice = choose(coins, asked)
        if (choice.kind !== 'coin') return
        const cost = choice.fee - asked.own
        assert.ok(coins.includes(choice.coin))
        assert.ok(cost <= asked.room && cost <= choice.coin.value)
        assert.ok(choice.fee >= asked.least + choice.coin.replaces)
        if (choice.fee >= asked.wanted) return
        // No other coin pays what is wanted within the budget.
        const better = coins.filter(({ value, replaces }) =>
          replaces === 0n && value >= choice.coin.value && value <= asked.room && asked.own + value >= asked.wanted + 60n)
        assert.ok(choose !== chooseForJoin<Payable> || better.length === 0)
      }), { numRuns: 500 })
    }
  })
})
