import assert from 'node:assert/strict'
import { fromHex } from '@belfry/protocol/primitives'
import { block, BookAlone, coin, transaction } from './support/book.ts'

const SCRIPT = fromHex(`0014${'5a'.repeat(20)}`)

describe('the book of movements', () => {
  it('tells a payment once where its transaction replaces two that were followed by two of its coins', async () => {
    const alone = await BookAlone.of(SCRIPT)
    const [a, b] = [alone.follow(coin(1)), alone.follow(coin(2))]
    await alone.seen(a, transaction(1), alone.payments(1))
    await alone.seen(b, transaction(2), alone.payments(1))
    const batch = transaction(3)
    await alone.seen(a, batch, alone.payments(1))
    await alone.seen(b, batch, alone.payments(1))
    const events = (await alone.told()).map(({ event }) => event)
    assert.deepEqual(events, ['payment-seen', 'payment-seen', 'payment-replaced', 'payment-seen', 'payment-replaced'])
    // One of the two is enough to know what becomes of it.
    assert.deepEqual([alone.coins.holds(a), alone.coins.holds(b)], [true, false])
    await alone.confirmed(a, batch, block(9), alone.payments(1))
    assert.equal((await alone.told()).at(-1)?.event, 'payment-confirmed')
  })

  it('keeps the evidence of a transaction once, however much it pays, and gives it with each of its movements', async () => {
    const alone = await BookAlone.of(SCRIPT)
    const watched = alone.follow(coin(1))
    const dust = transaction(1, 100_000)
    await alone.seen(watched, dust, alone.payments(2_500))
    await alone.confirmed(watched, dust, block(9), alone.payments(2_500))
    assert.ok(alone.written < 5_000_000, `${alone.written} bytes are written`)
    const told = await alone.told()
    assert.equal(told.length, 5_000)
    assert.ok(told.every((one) => 'raw' in one && one.raw.length === dust.raw.length && one.raw[0] === 1))
  })

  it('watches a coin for as long as its last spend is not buried, also where an earlier one was undone', async () => {
    const alone = await BookAlone.of(SCRIPT)
    const watched = alone.follow(coin(1))
    await alone.confirmed(watched, transaction(1), block(100), alone.payments(1))
    await alone.unconfirmed(watched)
    await alone.confirmed(watched, transaction(1), block(195, 'b'), alone.payments(1))
    await alone.connected(block(205))
    assert.ok(alone.coins.holds(watched), 'it may still be undone')
    await alone.connected(block(295))
    assert.ok(!alone.coins.holds(watched))
  })

  it('says once that the spend of a listed coin is gone with the payment of the coin', async () => {
    const alone = await BookAlone.of(SCRIPT)
    const paying = alone.follow(coin(1))
    const parent = transaction(1)
    await alone.seen(paying, parent, alone.payments(1))
    const received = alone.coins.all().find(({ owners }) => owners.has('received'))
    assert.ok(received)
    alone.coins.add([{ outpoint: received.outpoint, mempool_txid: null, confirmed: null }], 'list')
    await alone.seen(received, transaction(2), [])
    await alone.seen(paying, transaction(3), [])
    const before = (await alone.told()).filter(({ event }) => event === 'spend-evicted')
    assert.equal(before.length, 0, 'the coin is asked for by name, and told of then')
  })
})
