import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Bitcoind, RegtestNode } from '@belfry/bitcoind'
import { type BlockHash, type Height, toHex } from '@belfry/protocol/primitives'
import type { Wanted } from '../../src/chain/index.ts'
import { readBlock } from '../../src/chain/serial/index.ts'
import type { Watch } from '../../src/wallets/watch.ts'
import { useRegtest } from '../../../bitcoind/test/support/regtest-suite.ts'
import { pollUntil } from '../chain/support/stage.ts'
import { WalletWatcher } from '../movements/support/wallet-watcher.ts'
import { read, watchOf } from '../wallets/support.ts'
import { History, type Place, type Written } from './support/history.ts'
import { TestWallet } from './support/wallet.ts'

const BURIED = 101

function receive(index: number): Place {
  return { branch: 0, index }
}

function change(index: number): Place {
  return { branch: 1, index }
}

describe('a search of old blocks', () => {
  const regtest = useRegtest(1)
  let watcher: WalletWatcher
  let history: History
  let wallets = 0
  /** Blocks that the search does not get before this is settled. */
  let held: ReadonlySet<string>
  let gate: PromiseWithResolvers<void>
  let asked: BlockHash[]
  /** What bitcoind is asked instead, where a test wants it. */
  let getBlockHash: Bitcoind['getBlockHash'] | null
  let batch: Bitcoind['rpc']['batch'] | null

  const bitcoind = (): Bitcoind => regtest().node(0).bitcoind

  beforeEach(async () => {
    held = new Set()
    gate = Promise.withResolvers()
    asked = []
    const node: RegtestNode = regtest().node(0)
    const getBlockOverRest: Bitcoind['getBlockOverRest'] = async (hash, options) => {
      asked.push(hash)
      const givenUp = options?.signal && once(options.signal, 'abort')
      if (held.has(hash)) await Promise.race([gate.promise, givenUp])
      return node.bitcoind.getBlockOverRest(hash, options)
    }
    getBlockHash = null
    batch = null
    const { rpc } = node.bitcoind
    const asking: Bitcoind = {
      ...node.bitcoind,
      getBlockOverRest,
      getBlockHash: (height, options) => getBlockHash?.(height, options) ?? node.bitcoind.getBlockHash(height, options),
      rpc: { ...rpc, batch: (calls, options) => batch?.(calls, options) ?? rpc.batch(calls, options) },
    }
    watcher = new WalletWatcher({ bitcoind: asking, zmq: node.zmq })
    history = new History(regtest(), new TestWallet(`${wallets += 1}`), (names) => watcher.call(names))
    await history.prepare(12)
  })

  afterEach(async () => {
    await watcher.expect()
    await watcher.stop()
  })

  async function watchFrom(birth_height: number | null, gap_limit = 3): Promise<Watch> {
    const watch = await watchOf(history.wallet.descriptor, { birth_height, gap_limit })
    await watcher.add(watch)
    return watch
  }

  async function start(): Promise<void> {
    await watcher.start()
    await watcher.at(await bitcoind().getBestBlockHash())
  }

  const tip = async (): Promise<number> => (await bitcoind().getBlockchainInfo()).blocks
  const mine = async (blocks: number): Promise<void> => {
    for (let i = 0; i < blocks; i++) await history.block()
  }
  async function hold(height: number): Promise<void> {
    held = new Set([await bitcoind().getBlockHash(height) ?? assert.fail()])
  }
  /** Told and not looked at yet. */
  const confirmations = async (): Promise<string[]> => (await watcher.told()).flatMap(({ movement }) =>
    movement.event === 'payment-confirmed' ? [`${movement.event} ${movement.payment.outpoint} ${movement.block.height}`] : [])
  const coinOf = ({ coins }: Written, i = 0) => coins[i] ?? assert.fail()

  it('finds what was paid to a descriptor beyond its first gap, and what became of that in later blocks', async () => {
    const first = history.payment('a', receive(0))
    const at = await history.block(first)
    await mine(3)
    const second = history.payment('b', receive(2), receive(1))
    // In the block that pays them; the one has no change by which it would be found besides.
    await history.block(second, await history.spend('c', coinOf(second), change(0)), await history.spend('j', coinOf(second, 1)))
    const spent = await history.spend('d', coinOf(first), change(2))
    // Not before index 5 is paid are 6 to 8 watched.
    await history.block(history.payment('e', receive(5)), spent)
    const last = history.payment('f', receive(8))
    await history.block(last)
    await history.block(await history.spend('g', coinOf(spent)), history.payment('beyond', receive(12)))
    const watch = await watchFrom(at)
    await start()
    const told = await watcher.expect(
      `payment-confirmed 0/0 a ${at}`,
      `payment-confirmed 0/2 b ${at + 4}`, `payment-confirmed 0/1 b ${at + 4}`,
      `spend-confirmed b c ${at + 4}`, `payment-confirmed 1/0 c ${at + 4}`, `spend-confirmed b j ${at + 4}`,
      `payment-confirmed 0/5 e ${at + 5}`, `spend-confirmed a d ${at + 5}`, `payment-confirmed 1/2 d ${at + 5}`,
      `payment-confirmed 0/8 f ${at + 6}`,
      `spend-confirmed d g ${at + 7}`,
    )
    await watcher.searched()
    const [paid] = told
    assert.ok(paid?.movement.event === 'payment-confirmed')
    assert.equal(toHex(paid.movement.raw), toHex(first.bytes))
    assert.deepEqual([paid.movement.block.hash, paid.movement.position], [await bitcoind().getBlockHash(at), 1])
    assert.deepEqual(paid.movement.payment.watches, [{ watch: watch.id, branch: 0, index: 0 }])
    const spend = told.at(-1)
    assert.ok(spend?.movement.event === 'spend-confirmed')
    assert.deepEqual([spend.movement.coin?.value, spend.movement.coin?.watches], [50_000n, [{ watch: watch.id, branch: 1, index: 2 }]])
    // From now on it is all watched as if it had always been.
    const [spending, paying] = [await history.spend('h', coinOf(last)), history.payment('i', receive(11))]
    await bitcoind().sendRawTransaction(spending.bytes)
    await watcher.expect('spend-seen f h')
    await bitcoind().sendRawTransaction(paying.bytes)
    await watcher.expect('payment-seen 0/11 i')
    const now = await history.block(spending, paying)
    await watcher.expect(`spend-confirmed f h ${now}`, `payment-confirmed 0/11 i ${now}`)
  })

  it('finds nothing below the birth height', async () => {
    await history.block(history.payment('a', receive(0)))
    const at = await history.block(history.payment('b', receive(1)))
    await watchFrom(at)
    await start()
    await watcher.expect(`payment-confirmed 0/1 b ${at}`)
    await watcher.searched()
  })

  it('goes on to blocks that were told before what moved in them was known', async () => {
    const first = history.payment('a', receive(2))
    const at = await history.block(first)
    await mine(2)
    await watchFrom(at)
    await hold(at)
    await start()
    // Neither the coin nor the script is known yet.
    await history.block(await history.spend('b', coinOf(first)), history.payment('c', receive(5)))
    const seen = await history.block(history.payment('d', receive(1)))
    await mine(BURIED)
    await watcher.at(await bitcoind().getBestBlockHash())
    await watcher.expect(`payment-confirmed 0/1 d ${seen}`)
    gate.resolve()
    await watcher.searched()
    await watcher.expect(
      `payment-confirmed 0/2 a ${at}`, `spend-confirmed a b ${seen - 1}`, `payment-confirmed 0/5 c ${seen - 1}`,
    )
  })

  it('finds what is in the mempool once it knows of it', async () => {
    const first = history.payment('a', receive(2))
    const at = await history.block(first)
    await mine(1)
    await watchFrom(at)
    await hold(at)
    await bitcoind().sendRawTransaction(history.payment('b', receive(5)).bytes)
    await bitcoind().sendRawTransaction((await history.spend('c', coinOf(first))).bytes)
    await start()
    await watcher.expect()
    gate.resolve()
    await watcher.searched()
    await pollUntil('three movements', async () => (await watcher.told()).length >= 3)
    const [found, ...later] = (await watcher.told()).map(({ movement }) => movement.event)
    assert.deepEqual([found, later.toSorted()], ['payment-confirmed', ['payment-seen', 'spend-seen']])
    await watcher.skip()
    await regtest().mine(0, 1)
    await pollUntil('two more', async () => (await watcher.told()).length >= 2)
    await watcher.skip()
  })

  it('tells nothing that was told for another watch, whether or not that is long ago', async () => {
    const script = toHex(history.wallet.scriptAt(0, 1))
    await watcher.add((await read('script', script)).watch)
    await start()
    const first = history.payment('a', receive(1), receive(0))
    const at = await history.block(first)
    await history.block(await history.spend('b', coinOf(first)))
    await watcher.expect(`payment-confirmed 0/1 a ${at}`, `spend-confirmed a b ${at + 1}`)
    await watcher.stop()
    const [soon, late] = [await watchFrom(at), await watchOf(`pkh(${history.wallet.descriptor.slice(5)}`, { birth_height: at })]
    await start()
    await watcher.searched()
    await watcher.expect(`payment-confirmed 0/0 a ${at}`)
    await mine(BURIED)
    await watcher.at(await bitcoind().getBestBlockHash())
    await watcher.stop()
    await watcher.remove(soon)
    await watcher.add(late, await watchOf(`wpkh(${history.wallet.descriptor.slice(5).replace('<0;1>', '0')}`, { birth_height: at }))
    await start()
    await watcher.searched()
    await watcher.expect()
    // The coin that is left is watched anew.
    const spent = await history.block(await history.spend('c', coinOf(first, 1)))
    await watcher.expect(`spend-confirmed a c ${spent}`)
  })

  it('tells nothing again that is of others alone, and is kept no longer', async () => {
    await watcher.add((await read('script', toHex(history.wallet.scriptAt(0, 1)))).watch)
    await start()
    const at = await history.block(history.payment('a', receive(1)), history.payment('b', receive(2)))
    const later = await history.block(history.payment('c', receive(1)))
    await mine(BURIED)
    await watcher.at(await bitcoind().getBestBlockHash())
    await watcher.expect(`payment-confirmed 0/1 a ${at}`, `payment-confirmed 0/1 c ${later}`)
    await watcher.stop()
    await watcher.forgetTold()
    await watcher.add((await read('script', toHex(history.wallet.scriptAt(0, 2)), { birth_height: at })).watch)
    await start()
    await watcher.searched()
    await watcher.expect(`payment-confirmed 0/2 b ${at}`)
  })

  it('goes on where it was when it is stopped, and finds everything once though it dies', async () => {
    const at = await history.block(history.payment('a', receive(0)))
    await history.block(history.payment('b', receive(2)))
    await history.block(history.payment('c', receive(4)))
    await mine(1)
    await watchFrom(at)
    await hold(at + 1)
    await start()
    await watcher.expect(`payment-confirmed 0/0 a ${at}`)
    await watcher.stop()
    asked = []
    await hold(at + 2)
    await start()
    await watcher.expect(`payment-confirmed 0/2 b ${at + 1}`)
    assert.ok(!asked.includes(await bitcoind().getBlockHash(at) ?? assert.fail()), 'no block is searched again')
    await watcher.kill()
    held = new Set()
    await start()
    await watcher.searched()
    await watcher.expect(`payment-confirmed 0/4 c ${at + 2}`)
  })

  it('tells nothing of blocks that are in the chain no longer, and all of those in their place', async () => {
    const [a, b] = [history.payment('a', receive(0)), history.payment('b', receive(1))]
    const at = await history.block(a)
    await history.block(b)
    await mine(2)
    await watchFrom(at)
    await hold(at)
    await start()
    await bitcoind().invalidateBlock(await bitcoind().getBlockHash(at) ?? assert.fail())
    await mine(1)
    await history.block(b)
    await mine(3)
    await watcher.at(await bitcoind().getBestBlockHash())
    // That was followed, block by block.
    await pollUntil('the other chain', async () => (await confirmations()).length > 0)
    gate.resolve()
    await watcher.searched()
    await pollUntil('what is in the mempool', async () => (await watcher.told()).length >= 3)
    assert.deepEqual(await confirmations(), [`payment-confirmed ${coinOf(b).outpoint} ${at + 1}`])
    await watcher.skip()
    await regtest().mine(0, 1)
    await watcher.expect(`payment-confirmed 0/0 a ${await tip()}`)
  })

  it('is told by bitcoind which block is in the chain before it tells of one', async () => {
    const at = await history.block(history.payment('a', receive(0)))
    await mine(1)
    await watchFrom(at)
    let doubts = 0
    getBlockHash = async (height) => {
      if (height === at) doubts += 1
      return height === at && doubts < 5 ? other : await bitcoind().getBlockHash(height)
    }
    const other = await bitcoind().getBestBlockHash()
    await watcher.start()
    await pollUntil('four questions', async () => {
      const told = await watcher.told()
      assert.ok(doubts >= 4 || told.length === 0)
      return doubts >= 4
    })
    await watcher.searched()
    await watcher.expect(`payment-confirmed 0/0 a ${at}`)
  })

  it('searches the blocks of one chain, though it was told hashes of two', async () => {
    const at = await history.block()
    const stale = await bitcoind().getBestBlockHash()
    await bitcoind().invalidateBlock(stale)
    assert.equal(await history.block(history.payment('a', receive(0))), at)
    await mine(2)
    await watchFrom(at)
    let hashes = 0
    batch = async (calls, options) => {
      const outcomes = await bitcoind().rpc.batch(calls, options)
      const i = calls.findIndex(({ method, params }) => method === 'getblockhash' && Array.isArray(params) && params[0] === at)
      if (i < 0) return outcomes
      hashes += 1
      return hashes > 1 ? outcomes : outcomes.with(i, { ok: true, result: stale })
    }
    await start()
    await watcher.searched()
    await watcher.expect(`payment-confirmed 0/0 a ${at}`)
    assert.ok(hashes > 1)
  })

  it('tells nothing of a block that was told as disconnected', async () => {
    const at = await history.block(history.payment('a', receive(0)))
    const hash = await bitcoind().getBestBlockHash()
    const block = { ...readBlock(await bitcoind().getBlockOverRest(hash) ?? assert.fail()), height: at as Height }
    await watchFrom(null)
    await start()
    await watcher.expect(`payment-confirmed 0/0 a ${at}`)
    const past = watcher.running.past()
    const wanted: Wanted = { isScript: () => true, isCoin: () => true }
    await bitcoind().invalidateBlock(hash)
    await mine(2)
    await watcher.at(await bitcoind().getBestBlockHash())
    await watcher.expect(`payment-unconfirmed 0/0 a ${at}`, 'payment-seen 0/0 a')
    let asked = 0
    const rows = (): readonly [] => {
      asked += 1
      return []
    }
    assert.equal(await past.search(block, { height: block.height, hash }, wanted, rows), false)
    assert.equal(asked, 0)
    await watcher.expect()
  })

  it('takes back what it found, when the chain changes afterwards', async () => {
    const first = history.payment('a', receive(0))
    const at = await history.block(first)
    await history.block(await history.spend('b', coinOf(first)))
    await watchFrom(at)
    await start()
    await watcher.expect(`payment-confirmed 0/0 a ${at}`, `spend-confirmed a b ${at + 1}`)
    await bitcoind().invalidateBlock(await bitcoind().getBlockHash(at) ?? assert.fail())
    await mine(3)
    await watcher.at(await bitcoind().getBestBlockHash())
    await pollUntil('all of it', async () => (await watcher.told()).length >= 4)
    const told = await watcher.told()
    assert.deepEqual(told.map(({ movement }) => movement.event).slice(0, 2), ['spend-unconfirmed', 'payment-unconfirmed'])
    assert.deepEqual(told.map(({ movement }) => movement.event).slice(2).toSorted(), ['payment-seen', 'spend-seen'])
    await watcher.skip()
    await regtest().mine(0, 1)
    await watcher.expect(`payment-confirmed 0/0 a ${await tip()}`, `spend-confirmed a b ${await tip()}`)
  })

  it('finds that a coin was spent', async () => {
    await watcher.start()
    const first = history.payment('a', receive(0))
    const at = await history.block(first)
    await history.block(await history.spend('b', coinOf(first)))
    await watcher.stop()
    watcher.call({ coin: coinOf(first).outpoint })
    await watcher.add((await read('outpoint', coinOf(first).outpoint, { birth_height: at })).watch)
    await start()
    await watcher.searched()
    await watcher.expect(`spend-confirmed coin b ${at + 1}`)
  })

  it('waits for a bitcoind that does not answer, and says so once', async () => {
    const at = await history.block(history.payment('a', receive(0)))
    await mine(1)
    await watchFrom(at)
    await hold(at)
    await start()
    await regtest().node(0).stop()
    gate.resolve()
    await pollUntil('a line in the log', () => watcher.log.lines().some(({ event }) => event === 'rescan-waits'))
    await regtest().node(0).restart()
    await watcher.searched()
    await watcher.expect(`payment-confirmed 0/0 a ${at}`)
    assert.equal(watcher.log.lines().filter(({ event }) => event === 'rescan-waits').length, 1)
    assert.deepEqual(watcher.log.lines().map(({ event }) => event).filter((event) => event !== 'rescan-waits'), ['rescan-begun', 'rescan-ended'])
  })
})
