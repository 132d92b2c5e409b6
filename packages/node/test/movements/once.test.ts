import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { type RawTransaction, PURSE_SCRIPT, PURSE_WITNESS_SCRIPT, serialise, txidOf } from '@belfry/bitcoind'
import { concat, type Outpoint, outpointOf, sats, toHex } from '@belfry/protocol/primitives'
import { COIN_SATS, makeCoins, useRegtest } from '../../../bitcoind/test/support/regtest-suite.ts'
import type { ChainInit } from '../../src/chain/index.ts'
import { WatchBook } from '../../src/wallets/index.ts'
import type { Watch } from '../../src/wallets/watch.ts'
import { read, TPUB, watchOf } from '../wallets/support.ts'
import { WalletWatcher } from './support/wallet-watcher.ts'

/** OP_2: whoever knows it spends. */
const OPEN_WITNESS_SCRIPT = Uint8Array.of(0x52)
const OPEN_SCRIPT = concat(Uint8Array.of(0x00, 0x20), createHash('sha256').update(OPEN_WITNESS_SCRIPT).digest())

const EACH = 10_000

/** Spends coins of the purse to scripts, and the rest back. */
function pay(coins: readonly Outpoint[], fee: number, scripts: readonly Uint8Array[]): RawTransaction {
  const rest = coins.length * COIN_SATS - fee - EACH * scripts.length
  return {
    version: 3,
    inputs: coins.map((outpoint) => ({ outpoint, witness: [PURSE_WITNESS_SCRIPT] })),
    outputs: [...scripts.map((script) => ({ script, value: sats(EACH) })), { script: PURSE_SCRIPT, value: sats(rest) }],
  }
}

/** Spends what was paid to the open script, and pays it again. */
function payOn(parent: RawTransaction): RawTransaction {
  return {
    version: 3,
    inputs: [{ outpoint: outpointOf(txidOf(parent), 0), witness: [OPEN_WITNESS_SCRIPT] }],
    outputs: [{ script: OPEN_SCRIPT, value: sats(EACH - 1_000) }],
  }
}

describe('movements of a wallet, each once', () => {
  const regtest = useRegtest(1)
  let watcher: WalletWatcher
  let coins: readonly Outpoint[]

  const bitcoind = () => regtest().node(0).bitcoind
  const coin = (i: number): Outpoint => coins[i] ?? assert.fail()
  const send = async (name: string, transaction: RawTransaction): Promise<void> => {
    watcher.call({ [name]: txidOf(transaction) })
    await bitcoind().sendRawTransaction(serialise(transaction))
  }
  const mine = async (): Promise<number> => {
    const [hash] = await regtest().mine(0, 1)
    await watcher.at(hash)
    return watcher.position?.height ?? 0
  }

  async function begin(watch: Watch, init: Partial<ChainInit> = {}): Promise<void> {
    watcher = new WalletWatcher(regtest().node(0), init)
    watcher.call({ open: toHex(OPEN_SCRIPT) })
    coins = (await makeCoins(regtest(), 4)).outpoints
    await watcher.add(watch)
    await watcher.start()
    await mine()
  }

  afterEach(async () => {
    await watcher.stop()
    await regtest().mine(0, 1)
    assert.deepEqual((await watcher.told()).map(({ movement }) => movement.event), [], 'nothing else was told')
  })

  it('are told where one transaction takes the place of two payments', async () => {
    await begin((await read('script', toHex(OPEN_SCRIPT))).watch)
    await send('a', pay([coin(0)], 1_000, [OPEN_SCRIPT]))
    await watcher.expect('payment-seen open a')
    await send('b', pay([coin(1)], 1_000, [OPEN_SCRIPT]))
    await watcher.expect('payment-seen open b')
    await send('both', pay([coin(0), coin(1)], 9_000, [OPEN_SCRIPT]))
    await watcher.expect('payment-replaced open a both', 'payment-seen open both', 'payment-replaced open b both')
    const height = await mine()
    await watcher.expect(`payment-confirmed open both ${height}`)
  })

  it('are told where a wallet spends to itself, and bitcoind is asked for the coin before it is asked for the payment', async () => {
    await begin((await read('script', toHex(OPEN_SCRIPT))).watch, { zmq: null })
    const first = pay([coin(0)], 1_000, [OPEN_SCRIPT])
    await send('first', first)
    await watcher.expect('payment-seen open first')
    await watcher.expect(`payment-confirmed open first ${await mine()}`)
    await send('on', payOn(first))
    await watcher.expect('spend-seen first on', 'payment-seen open on')
    const height = await mine()
    await watcher.expect(`spend-confirmed first on ${height}`, `payment-confirmed open on ${height}`)
  })

  for (const [name, init] of [['ZMQ brings', {}], ['is found by asking for', { zmq: null }]] as const) {
    it(`are told of all payments of a transaction that ${name}, also to what another of them has derived`, async () => {
      const watch = await watchOf(`wpkh(${TPUB}/0/*)`, { gap_limit: 2 })
      const wide = [...(await WatchBook.of([{ ...watch, gap_limit: 5 }], 'regtest')).scripts()].map(({ script }) => script)
      const [, second, , fourth] = wide
      assert.ok(second && fourth)
      await begin(watch, init)
      wide.forEach((script, i) => watcher.call({ [`#${i}`]: toHex(script) }))
      await send('a', pay([coin(0)], 1_000, [fourth, second]))
      await watcher.expect('payment-seen #3 a', 'payment-seen #1 a')
      const height = await mine()
      await watcher.expect(`payment-confirmed #3 a ${height}`, `payment-confirmed #1 a ${height}`)
    })
  }

  it('are told of the mempool that was there before, also where what was read later has derived the script', async () => {
    const watch = await watchOf(`wpkh(${TPUB}/0/*)`, { gap_limit: 2 })
    const wide = [...(await WatchBook.of([{ ...watch, gap_limit: 5 }], 'regtest')).scripts()].map(({ script }) => script)
    const [, second, third, fourth] = wide
    assert.ok(second && third && fourth)
    watcher = new WalletWatcher(regtest().node(0))
    wide.forEach((script, i) => watcher.call({ [`#${i}`]: toHex(script) }))
    coins = (await makeCoins(regtest(), 6)).outpoints
    await watcher.add(watch)
    const [a, b, c] = [pay([coin(0)], 1_000, [fourth]), pay([coin(1)], 1_000, [third]), pay([coin(2)], 1_000, [second])]
    await send('a', a)
    await send('b', b)
    await send('c', c)
    await watcher.start()
    await watcher.settled(3)
    // In the order in which bitcoind names them, which is none.
    const sentences = (await watcher.sentences()).toSorted()
    assert.deepEqual(sentences, ['payment-seen #1 c', 'payment-seen #2 b', 'payment-seen #3 a'])
  })
})
