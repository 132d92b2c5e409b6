import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { type RawTransaction, PURSE_SCRIPT, PURSE_WITNESS_SCRIPT, serialise, txidOf } from '@belfry/bitcoind'
import { concat, fromHex, type Height, type Outpoint, outpointOf, sats, toHex } from '@belfry/protocol/primitives'
import { loadDescriptors } from '@belfry/vault'
import { COIN_SATS, makeCoins, useRegtest } from '../../../bitcoind/test/support/regtest-suite.ts'
import { WatchBook } from '../../src/wallets/index.ts'
import type { Watch } from '../../src/wallets/watch.ts'
import { TPUB, read, watchOf } from '../wallets/support.ts'
import { WalletWatcher } from './support/wallet-watcher.ts'

/** The first scripts of a ranged descriptor. */
async function scriptsOf(watch: Watch): Promise<Uint8Array[]> {
  await loadDescriptors()
  const book = await WatchBook.of([watch], 'regtest')
  return [...book.scripts()].map(({ script }) => script)
}

const SCRIPT = fromHex(`0014${'5a'.repeat(20)}`)

/** OP_2: whoever knows it spends. */
const OPEN_WITNESS_SCRIPT = Uint8Array.of(0x52)
const OPEN_SCRIPT = concat(Uint8Array.of(0x00, 0x20), createHash('sha256').update(OPEN_WITNESS_SCRIPT).digest())

/** Spends a coin of the purse to scripts, and the rest back. */
function pay(coin: Outpoint, fee: number, scripts: readonly Uint8Array[], inputs: readonly Outpoint[] = []): RawTransaction {
  const each = 10_000
  const all = [coin, ...inputs]
  const rest = all.length * COIN_SATS - fee - each * scripts.length
  return {
    version: 3,
    inputs: all.map((outpoint) => ({ outpoint, witness: [PURSE_WITNESS_SCRIPT] })),
    outputs: [...scripts.map((script) => ({ script, value: sats(each) })), { script: PURSE_SCRIPT, value: sats(rest) }],
  }
}

describe('movements of a wallet', () => {
  const regtest = useRegtest(1)
  let watcher: WalletWatcher
  let coins: readonly Outpoint[]

  const bitcoind = () => regtest().node(0).bitcoind
  const send = async (name: string, transaction: RawTransaction): Promise<void> => {
    watcher.call({ [name]: txidOf(transaction) })
    await bitcoind().sendRawTransaction(serialise(transaction))
  }
  const mine = async (blocks = 1): Promise<number> => {
    const hashes = await regtest().mine(0, blocks)
    await watcher.at(hashes.at(-1))
    return watcher.position?.height ?? 0
  }
  const coin = (i: number): Outpoint => coins[i] ?? assert.fail()
  const scriptWatch = async (): Promise<Watch> => (await read('script', toHex(SCRIPT))).watch

  async function begin(...watches: readonly Watch[]): Promise<void> {
    watcher = new WalletWatcher(regtest().node(0))
    watcher.call({ paid: toHex(SCRIPT) })
    coins = (await makeCoins(regtest(), 6)).outpoints
    await watcher.add(...watches)
    await watcher.start()
    await mine()
  }

  afterEach(async () => {
    await watcher.stop()
    await regtest().mine(0, 1)
    assert.deepEqual((await watcher.told()).map(({ movement }) => movement.event), [], 'nothing else was told')
  })

  it('are a payment that is seen, and confirmed with its evidence', async () => {
    await begin(await scriptWatch())
    const payment = pay(coin(0), 1_000, [SCRIPT])
    await send('a', payment)
    await watcher.expect('payment-seen paid a')
    const height = await mine()
    const [told] = await watcher.expect(`payment-confirmed paid a ${height}`)
    assert.ok(told?.movement.event === 'payment-confirmed')
    assert.equal(toHex(told.movement.raw), toHex(serialise(payment)))
    assert.deepEqual(told.movement.block, watcher.position)
    assert.equal(told.movement.payment.value, 10_000n)
    const { tx } = await bitcoind().rpc.call('getblock', [told.movement.block.hash]) as { tx: string[] }
    assert.equal(tx[told.movement.position], txidOf(payment))
  })

  it('are one story where a payment gives way to another at higher fee, and to one that pays nothing', async () => {
    await begin(await scriptWatch())
    await send('a', pay(coin(0), 1_000, [SCRIPT]))
    await watcher.expect('payment-seen paid a')
    await send('b', pay(coin(0), 3_000, [SCRIPT, SCRIPT]))
    await watcher.expect('payment-replaced paid a b', 'payment-seen paid b', 'payment-seen paid b')
    await send('c', pay(coin(0), 9_000, []))
    await watcher.expect('payment-replaced paid b c', 'payment-replaced paid b c')
    await mine()
    await watcher.expect()
  })

  it('are an eviction where the payment left the mempool and no block took it', async () => {
    await begin(await scriptWatch())
    const parent = pay(coin(0), 1_000, [])
    await send('parent', parent)
    const child: RawTransaction = {
      version: 3,
      inputs: [coin(1), outpointOf(txidOf(parent), 0)].map((outpoint) => ({ outpoint, witness: [PURSE_WITNESS_SCRIPT] })),
      outputs: [{ script: SCRIPT, value: sats(20_000) }, { script: PURSE_SCRIPT, value: sats(1_000_000) }],
    }
    await send('a', child)
    await watcher.expect('payment-seen paid a')
    await send('other', pay(coin(0), 990_000, []))
    await watcher.expect('payment-evicted paid a')
  })

  it('are told with the block where the mempool never showed them, to what is derived meanwhile, too', async () => {
    const watch = await watchOf(`wpkh(${TPUB}/0/*)`, { gap_limit: 2 })
    const wide = await scriptsOf({ ...watch, gap_limit: 5 })
    const [first, second, third, fourth] = wide
    assert.ok(first && second && third && fourth)
    await begin(watch)
    wide.forEach((script, i) => watcher.call({ [`#${i}`]: toHex(script) }))
    // Out of order, and one transaction pays what its own other payment has derived.
    const late = pay(coin(0), 1_000, [fourth, third])
    const early = pay(coin(1), 1_000, [second])
    watcher.call({ late: txidOf(late), early: txidOf(early) })
    const height = (watcher.position?.height ?? 0) + 1
    await bitcoind().generateBlock(await regtest().freshAddress(), [late, early].map((one) => serialise(one)))
    await watcher.expect(
      `payment-confirmed #3 late ${height}`, `payment-confirmed #2 late ${height}`, `payment-confirmed #1 early ${height}`,
    )
  })

  it('are undone by a reorganisation, come back, and are told again only then', async () => {
    await begin(await scriptWatch())
    await send('a', pay(coin(0), 1_000, [SCRIPT]))
    await watcher.expect('payment-seen paid a')
    const height = await mine()
    await watcher.expect(`payment-confirmed paid a ${height}`)
    await mine(2)
    const hash = await bitcoind().getBlockHash(height)
    assert.ok(hash)
    await bitcoind().invalidateBlock(hash)
    const address = await regtest().freshAddress()
    for (let i = 0; i < 4; i++) await bitcoind().generateBlock(address, [])
    await watcher.expect(`payment-unconfirmed paid a ${height}`, 'payment-seen paid a')
    const again = await mine()
    await watcher.expect(`payment-confirmed paid a ${again}`)
  })

  it('are the spending of what was paid, also in the same block', async () => {
    await begin((await read('script', toHex(OPEN_SCRIPT))).watch)
    const parent = pay(coin(0), 1_000, [OPEN_SCRIPT])
    const child: RawTransaction = {
      version: 3,
      inputs: [{ outpoint: outpointOf(txidOf(parent), 0), witness: [OPEN_WITNESS_SCRIPT] }],
      outputs: [{ script: PURSE_SCRIPT, value: sats(9_000) }],
    }
    watcher.call({ open: toHex(OPEN_SCRIPT), parent: txidOf(parent), child: txidOf(child) })
    const height = (watcher.position?.height ?? 0) + 1
    await bitcoind().generateBlock(await regtest().freshAddress(), [parent, child].map((one) => serialise(one)))
    await watcher.expect(`payment-confirmed open parent ${height}`, `spend-confirmed parent child ${height}`)
  })

  it('are what a coin on a list does', async () => {
    watcher = new WalletWatcher(regtest().node(0))
    coins = (await makeCoins(regtest(), 1)).outpoints
    watcher.call({ listed: coin(0) })
    await watcher.add((await read('outpoint', coin(0))).watch)
    await watcher.start()
    await mine()
    await send('a', pay(coin(0), 1_000, []))
    await watcher.expect('spend-seen listed a')
    await send('b', pay(coin(0), 3_000, []))
    await watcher.expect('spend-replaced listed b')
    const height = await mine()
    await watcher.expect(`spend-confirmed listed b ${height}`)
  })

  it('are told once though the watcher dies and starts again, whatever happened meanwhile', async () => {
    await begin(await scriptWatch())
    await send('a', pay(coin(0), 1_000, [SCRIPT]))
    await watcher.expect('payment-seen paid a')
    await watcher.kill()
    await watcher.start()
    await watcher.expect()
    await watcher.kill()
    await regtest().mine(0, 3)
    await send('b', pay(coin(1), 1_000, [SCRIPT]))
    const height = (watcher.position?.height ?? 0) + 1
    await watcher.start()
    await watcher.expect(`payment-confirmed paid a ${height}`, 'payment-seen paid b')
    await watcher.kill()
    await send('c', pay(coin(1), 5_000, [SCRIPT]))
    await watcher.start()
    await watcher.expect('payment-replaced paid b c', 'payment-seen paid c')
  })

  it('come of the whole mempool at the start, and of coinbases', async () => {
    const early = await makeCoins(regtest(), 2)
    watcher = new WalletWatcher(regtest().node(0))
    watcher.call({ paid: toHex(SCRIPT) })
    coins = early.outpoints
    const first = pay(coin(0), 1_000, [SCRIPT])
    await send('a', first)
    await watcher.add(await scriptWatch())
    await watcher.start()
    await watcher.expect('payment-seen paid a')
    const { address } = await bitcoind().rpc.call('decodescript', [toHex(SCRIPT)]) as { address: string }
    const [hash] = await bitcoind().generateToAddress(1, address)
    const { tx } = await bitcoind().rpc.call('getblock', [hash ?? '']) as { tx: string[] }
    watcher.call({ coinbase: tx[0] ?? '' })
    const height = (watcher.position?.height ?? 0) as Height
    await watcher.at(hash)
    const at = watcher.position?.height ?? height
    await watcher.expect(`payment-confirmed paid coinbase ${at}`, `payment-confirmed paid a ${at}`)
    await bitcoind().invalidateBlock(hash ?? assert.fail())
    await bitcoind().generateBlock(await regtest().freshAddress(), [])
    await bitcoind().generateBlock(await regtest().freshAddress(), [])
    await watcher.expect(
      `payment-unconfirmed paid a ${at}`, `payment-unconfirmed paid coinbase ${at}`,
      'payment-seen paid a', 'payment-evicted paid coinbase',
    )
  })
})
