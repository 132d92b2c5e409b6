import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { WatchedOutpoint } from '@belfry/protocol'
import { concat, fromHex } from '@belfry/protocol/primitives'
import { Transaction } from 'bitcoinjs-lib'
import { createCounters } from '../../src/chain/counters.ts'
import { Delivery } from '../../src/chain/events/delivery.ts'
import { ChainView } from '../../src/chain/follower/chain-view.ts'
import { HeaderLog } from '../../src/chain/follower/header-log.ts'
import { createTxidHasher } from '../../src/chain/hashing/index.ts'
import { BlockScanner, readBlock } from '../../src/chain/serial/index.ts'
import { block, BookAlone, coin } from './support/book.ts'

const SCRIPT = fromHex(`0014${'5a'.repeat(20)}`)

describe('what the core was told before a crash', () => {
  it('is told of the wallet that it pays when the block comes again, and once', async () => {
    const spend = new Transaction()
    spend.addInput(fromHex(coin(1).slice(0, 64)).toReversed(), 0)
    spend.addOutput(SCRIPT, 5n)
    const tip = block(8)
    const header = concat(new Uint8Array(4), fromHex(tip.hash).toReversed(), createHash('sha256').digest(), new Uint8Array(12))
    const bytes = readBlock(concat(header, Uint8Array.of(1), spend.toBuffer()))

    const alone = await BookAlone.of(SCRIPT)
    const guarded: WatchedOutpoint = {
      outpoint: coin(1),
      mempool_txid: null,
      confirmed: { txid: spend.getId(), block: { height: block(9).height, hash: bytes.hash } },
    }
    alone.coins.add([guarded], 'core')
    const told: string[] = []
    const delivery = new Delivery(tip, {
      sink: {
        event: (event, _position, riders) => {
          told.push(event.event)
          return alone.store.write(riders)
        },
        rows: (riders) => alone.store.write(riders),
      },
      movements: alone.book,
      counters: createCounters(),
      signal: new AbortController().signal,
    })
    const scanner = new BlockScanner(alone.watchSet, createTxidHasher())
    const view = new ChainView({ position: tip, recent: [] }, { coins: alone.coins, scanner, headers: new HeaderLog(), delivery })
    assert.ok(await view.connect(bytes))
    assert.deepEqual(told, ['block-connected'])
    assert.deepEqual((await alone.told()).map(({ event }) => event), ['payment-confirmed'])
    assert.ok(alone.coins.get(coin(1))?.owners.has('payment'))
    await alone.connected(block(9 + 100))
    assert.ok(!alone.coins.get(coin(1))?.owners.has('payment'), 'nobody follows it for ever')
  })
})
