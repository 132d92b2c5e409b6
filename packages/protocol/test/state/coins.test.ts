import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import type { ChainEvent, Coin } from '../../src/index.ts'
import { UNSPENT, afterSpendEvent, confirmations, spenderOf } from '../../src/state/coins.ts'
import { type Height, outpointOf } from '../../src/primitives/index.ts'
import { blockAt, transactionOf } from '../core/setting.ts'

type SpendEvent = Extract<ChainEvent, { event: `spend-${string}` }>

const TIP = 9 as Height
const outpoint = outpointOf(transactionOf('deposit').txid, 0)
const txs = ['a', 'b', 'c'].map(transactionOf)
const blocks = [blockAt(10), blockAt(10, 'other'), blockAt(11)]
const anyTx = fc.constantFrom(...txs)
const anyBlock = fc.constantFrom(...blocks)

const anyEvent: fc.Arbitrary<SpendEvent> = fc.oneof(
  anyTx.map((tx): SpendEvent => ({ event: 'spend-seen', outpoint, tx })),
  fc
    .tuple(anyTx, anyTx)
    .map(([old, tx]): SpendEvent => ({ event: 'spend-replaced', outpoint, old_txid: old.txid, tx })),
  anyTx.map(({ txid }): SpendEvent => ({ event: 'spend-evicted', outpoint, txid })),
  fc.tuple(anyTx, anyBlock).map(([tx, block]): SpendEvent => ({ event: 'spend-confirmed', outpoint, tx, block })),
  fc
    .tuple(anyTx, anyBlock)
    .map(([{ txid }, block]): SpendEvent => ({ event: 'spend-unconfirmed', outpoint, txid, block })),
)

function after(events: readonly SpendEvent[], from: Coin = UNSPENT): Coin {
  return events.reduce((coin, event) => afterSpendEvent(coin, event, TIP), from)
}

describe('what a member knows of a coin', () => {
  it('tells since when a spender stands in the mempool: from its coming there, and not from being told of again', () => {
    const [a, b] = txs
    assert.ok(a && b)
    const at = (coin: Coin, event: SpendEvent, tip: number) => afterSpendEvent(coin, event, tip as Height)
    const seen = at(UNSPENT, { event: 'spend-seen', outpoint, tx: a }, 10)
    assert.equal(at(seen, { event: 'spend-seen', outpoint, tx: a }, 12).since, 10)
    const replaced = at(seen, { event: 'spend-replaced', outpoint, old_txid: a.txid, tx: b }, 13)
    assert.equal(replaced.since, 13)
    assert.equal(at(replaced, { event: 'spend-evicted', outpoint, txid: b.txid }, 14).since, null)
    assert.equal(at(replaced, { event: 'spend-confirmed', outpoint, tx: b, block: blockAt(14) }, 13).since, null)
  })

  it('does not change when an event comes twice', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 10 }), anyEvent, (before, event) => {
        const once = afterSpendEvent(after(before), event, TIP)
        assert.equal(afterSpendEvent(once, event, TIP), once, 'the very same object')
      }),
    )
  })

  it('is unspent by nothing but its own spender going', () => {
    const [a, b] = txs
    assert.ok(a && b)
    const seen = after([{ event: 'spend-seen', outpoint, tx: a }])
    assert.equal(afterSpendEvent(seen, { event: 'spend-evicted', outpoint, txid: b.txid }, TIP), seen)
    assert.equal(spenderOf(afterSpendEvent(seen, { event: 'spend-evicted', outpoint, txid: a.txid }, TIP)), null)
  })

  it('is confirmed by a block until that very block is disconnected', () => {
    const [tx] = txs
    const [block, beside] = blocks
    assert.ok(tx && block && beside)
    const coin = after([{ event: 'spend-confirmed', outpoint, tx, block }])
    assert.equal(
      spenderOf(afterSpendEvent(coin, { event: 'spend-unconfirmed', outpoint, txid: tx.txid, block: beside }, TIP)),
      tx,
    )
    assert.equal(spenderOf(afterSpendEvent(coin, { event: 'spend-unconfirmed', outpoint, txid: tx.txid, block }, TIP)), null)
  })

  it('lets what was only offered go as soon as my own bitcoind tells of a spend', () => {
    const [a, b] = txs
    const [block] = blocks
    assert.ok(a && b && block)
    const offered: Coin = { ...UNSPENT, offered: a }
    assert.equal(after([{ event: 'spend-seen', outpoint, tx: b }], offered).offered, null)
    assert.equal(after([{ event: 'spend-confirmed', outpoint, tx: b, block }], offered).offered, null)
  })

  it('counts its own block as the first confirmation, and none while my tip is below', () => {
    const [tx] = txs
    const block = blockAt(100)
    assert.ok(tx)
    const coin = after([{ event: 'spend-confirmed', outpoint, tx, block }])
    assert.deepEqual(
      [98, 99, 100, 199].map((tip) => confirmations(coin, tip)),
      [0, 0, 1, 100],
    )
    assert.equal(confirmations(UNSPENT, 500), 0)
  })
})
