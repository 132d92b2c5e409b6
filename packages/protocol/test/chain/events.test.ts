import assert from 'node:assert/strict'
import { MAX_TX_BYTES, chainEvent, spendTx } from '../../src/index.ts'
import { SchemaError, fromCbor, toCbor } from '../../src/primitives/index.ts'
import { transactionOf } from '../core/setting.ts'
import { isFuzzed, readsBack } from '../messages/codec.ts'
import { anyChainEvent } from './arbitraries.ts'

describe('the closed union of chain events', () => {
  it('is read back as it was written', () => readsBack(chainEvent, anyChainEvent, 200))

  it('answers other bytes with its own error', () => {
    const bytes = anyChainEvent.map((event) => toCbor(chainEvent, event))
    isFuzzed(
      (given) => fromCbor(chainEvent, given),
      (event) => toCbor(chainEvent, event),
      bytes,
    )
  })

  it('takes the largest transaction that bitcoind relays, and none above', () => {
    const of = (length: number) => ({ ...transactionOf('large'), raw: new Uint8Array(length) })
    assert.equal(fromCbor(spendTx, toCbor(spendTx, of(MAX_TX_BYTES))).raw.length, MAX_TX_BYTES)
    assert.throws(() => toCbor(spendTx, of(MAX_TX_BYTES + 1)), SchemaError)
  })
})
