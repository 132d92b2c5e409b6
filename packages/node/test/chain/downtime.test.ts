import assert from 'node:assert/strict'
import { serialise, txidOf } from '@belfry/bitcoind'
import { type BlockHash, type Height, type Outpoint, outpointOf, sats, toHex } from '@belfry/protocol/primitives'
import { COIN_SATS, spend, useRegtest } from '../../../bitcoind/test/support/regtest-suite.ts'
import { read } from '../wallets/support.ts'
import { spendBoth, Stage } from './support/stage.ts'
import { PAID_SATS, PAID_SCRIPT } from './support/subjects.ts'
import { TestWatcher } from './support/watcher.ts'

describe('the chain watcher, at its very first start', () => {
  const regtest = useRegtest(1)
  let watcher: TestWatcher

  afterEach(() => watcher.stop())

  it('waits until bitcoind has a chain, and then tells its tip first', async () => {
    const { bitcoind } = regtest().node(0)
    watcher = new TestWatcher(regtest().node(0))
    watcher.start()
    const position = watcher.running.watch([])
    await watcher.untilHealth('syncing')
    await watcher.expect()
    assert.equal(watcher.position, null)
    const [first] = await regtest().mine(0, 1)
    await watcher.expect('connected 1')
    assert.deepEqual(watcher.position, { height: 1, hash: first })
    assert.deepEqual(await position, { height: 0, hash: await bitcoind.getBlockHash(0) })
    await watcher.untilHealth('ok')
  })
})

describe('the chain watcher, after it was down', () => {
  const regtest = useRegtest(1)
  let stage: Stage
  let watcher: TestWatcher

  beforeEach(() => {
    stage = new Stage(regtest())
    watcher = stage.watcher
  })

  afterEach(async () => {
    await watcher.stop()
    await stage.mine(1)
    assert.deepEqual(watcher.story, [], 'nothing else was told')
  })

  it('tells nothing that it told before', async () => {
    const { deposit, other } = await stage.deposits('deposit', 'other')
    await stage.begin()
    await stage.mineAlone('theft', spend(deposit, 1_000))
    await watcher.until(`connected ${stage.height + 1}`)
    await stage.send('another', spend(other, 1_000))
    await watcher.until('seen other another')
    await watcher.stop()
    watcher.story.splice(0)
    watcher.start()
    await watcher.expect()
  })

  it('tells the blocks and spends of the time between', async () => {
    const { deposit, other } = await stage.deposits('deposit', 'other')
    await stage.begin()
    await watcher.stop()
    const at = stage.height
    await stage.mine(1)
    await stage.mineAlone('theft', spend(deposit, 1_000))
    await stage.mine(1)
    await stage.send('another', spend(other, 1_000))
    watcher.start()
    await watcher.expect(
      `connected ${at + 1}`, `confirmed deposit theft ${at + 2}`, `connected ${at + 2}`, `connected ${at + 3}`,
      'seen other another',
    )
  })

  it('tells that a spend of the mempool has confirmed, gave way, or is gone', async () => {
    const { confirms, givesWay, goes } = await stage.deposits('confirms', 'givesWay', 'goes')
    const { parent } = await stage.coins('parent')
    await stage.begin()
    const before = spend(parent, 1_000)
    await stage.send('before', before)
    await stage.send('one', spend(confirms, 1_000))
    await watcher.until('seen confirms one')
    await stage.send('two', spend(givesWay, 1_000))
    await watcher.until('seen givesWay two')
    await stage.send('three', spendBoth(goes, outpointOf(txidOf(before), 0), 5_000))
    await watcher.until('seen goes three')
    await watcher.stop()
    watcher.story.splice(0)

    const one = await stage.bitcoind.getRawTransaction(txidOf(spend(confirms, 1_000)))
    assert.ok(one !== null)
    await stage.bitcoind.generateBlock(await regtest().freshAddress(), [one])
    await stage.send('twoInstead', spend(givesWay, 2_000))
    await stage.send('beforeInstead', spend(parent, 200_000))
    watcher.start()
    const at = stage.height + 1
    await watcher.when('all', () => watcher.story.length === 4)
    assert.deepEqual(watcher.story.splice(0, 2), [`confirmed confirms one ${at}`, `connected ${at}`])
    await watcher.quiet()
    assert.deepEqual(watcher.story.splice(0).toSorted(), ['evicted goes three', 'replaced givesWay two twoInstead'])
  })

  it('tells a reorganisation of the time between', async () => {
    const { deposit, other } = await stage.deposits('deposit', 'other')
    await stage.begin()
    const at = stage.height
    await stage.mine(1)
    await stage.mineAlone('theft', spend(deposit, 1_000))
    await watcher.until(`connected ${at + 2}`)
    await watcher.stop()
    watcher.story.splice(0)

    await stage.reorganise(2, 2)
    await stage.mineAlone('another', spend(other, 1_000))
    watcher.start()
    await watcher.expect(
      `unconfirmed deposit theft ${at + 2}`, `disconnected ${at + 2}`, `disconnected ${at + 1}`,
      `connected ${at + 1}`, `connected ${at + 2}`, `confirmed other another ${at + 3}`, `connected ${at + 3}`,
      'seen deposit theft',
    )
  })

  it('goes on in the middle of a block that it had told the half of', async () => {
    const { deposit, other } = await stage.deposits('deposit', 'other')
    await stage.begin()
    const at = stage.height + 1
    const { promise: never } = Promise.withResolvers<void>()
    watcher.onEvent = (event) => event.event === 'spend-confirmed' && event.outpoint === other ? never : undefined
    await stage.mineAlone('theft', spend(deposit, 1_000), spend(other, 1_000))
    watcher.call({ theft: txidOf(spend(deposit, 1_000)), another: txidOf(spend(other, 1_000)) })
    await watcher.until(`confirmed deposit theft ${at}`)
    await watcher.stop()
    watcher.story.splice(0)
    watcher.onEvent = null
    watcher.start()
    await watcher.expect(`confirmed other another ${at}`, `connected ${at}`)
  })

  it('takes back what it had told of a block that then was reorged out', async () => {
    const { deposit } = await stage.deposits('deposit')
    await stage.begin()
    const at = stage.height + 1
    const { promise: never } = Promise.withResolvers<void>()
    watcher.onEvent = (event) => event.event === 'block-connected' ? never : undefined
    await stage.mineAlone('theft', spend(deposit, 1_000))
    await watcher.until(`confirmed deposit theft ${at}`)
    await watcher.stop()
    watcher.story.splice(0)
    watcher.onEvent = null

    await stage.reorganise(1, 1)
    watcher.start()
    await watcher.expect(`unconfirmed deposit theft ${at}`, `connected ${at}`, 'seen deposit theft')
  })

  it('tells a wallet that began to watch of a payment whose spend the core knows already', async () => {
    const { deposit } = await stage.deposits('deposit')
    await stage.begin()
    watcher.call({ paid: toHex(PAID_SCRIPT) })
    const { outputs: [rest], ...theft } = spend(deposit, 1_000 + PAID_SATS)
    assert.ok(rest !== undefined)
    await stage.send('theft', { ...theft, outputs: [{ script: PAID_SCRIPT, value: sats(PAID_SATS) }, rest] })
    await watcher.expect('seen deposit theft')
    await watcher.stop()
    await watcher.watchForWallet((await read('script', toHex(PAID_SCRIPT))).watch)
    for (let starts = 0; starts < 2; starts++) {
      watcher.start()
      await watcher.expect()
      assert.deepEqual(await watcher.takeMovements(), starts === 0 ? ['payment-seen paid theft'] : [])
      await watcher.kill()
    }
    watcher.start()
    await stage.mine(1)
    const at = stage.height + 1
    await watcher.expect(`confirmed deposit theft ${at}`, `connected ${at}`)
    assert.deepEqual(await watcher.takeMovements(), [`payment-confirmed paid theft ${at}`])
  })

  it('takes that back before the block below it', async () => {
    const { deposit } = await stage.deposits('deposit')
    await stage.begin()
    const at = stage.height + 1
    await stage.mine(1)
    await watcher.expect(`connected ${at}`)
    const { promise: never } = Promise.withResolvers<void>()
    watcher.onEvent = (event) => event.event === 'block-connected' ? never : undefined
    await stage.mineAlone('theft', spend(deposit, 1_000))
    await watcher.until(`confirmed deposit theft ${at + 1}`)
    await watcher.stop()
    watcher.story.splice(0)
    watcher.onEvent = null

    await stage.reorganise(2, 1)
    watcher.start()
    await watcher.when('all', () => watcher.story.length === 4)
    await watcher.quiet()
    assert.deepEqual(watcher.story.splice(0).filter((told) => told !== 'seen deposit theft'), [
      `unconfirmed deposit theft ${at + 1}`, `disconnected ${at}`, `connected ${at}`,
    ])
  })

  it('undoes a chain of spends from the last to the first, however they come back from the store', async () => {
    const { deposit } = await stage.deposits('deposit')
    const transactions = [spend(deposit, 1_000)]
    for (let i = 1; i < 5; i++) {
      const coin = outpointOf(txidOf(transactions.at(-1) ?? assert.fail()), 0)
      watcher.call({ [`coin${i}`]: coin })
      watcher.watchFromStart(coin)
      transactions.push(spend(coin, 1_000, { value: COIN_SATS - 1_000 * i }))
    }
    transactions.forEach((transaction, i) => stage.name(`tx${i}`, transaction))
    await stage.begin()
    const at = stage.height + 1
    await stage.bitcoind.generateBlock(await regtest().freshAddress(), transactions.map((one) => serialise(one)))
    await watcher.until(`connected ${at}`)
    await watcher.stop()
    const known = [...watcher.known].toReversed()
    watcher.known.clear()
    for (const [outpoint, one] of [...known.slice(2), ...known.slice(0, 2)]) watcher.known.set(outpoint, one)
    watcher.story.splice(0)
    await stage.reorganise(1, 2)
    watcher.start()
    await watcher.until(`connected ${at + 1}`)
    await watcher.quiet()
    const undone = watcher.story.splice(0).filter((told) => !told.startsWith('seen'))
    assert.deepEqual(undone, [
      `unconfirmed coin4 tx4 ${at}`, `unconfirmed coin3 tx3 ${at}`, `unconfirmed coin2 tx2 ${at}`, `unconfirmed coin1 tx1 ${at}`,
      `unconfirmed deposit tx0 ${at}`, `disconnected ${at}`, `connected ${at}`, `connected ${at + 1}`,
    ])
  })

  it('takes back what it had told of a block that then went, with none in its place', async () => {
    const { deposit } = await stage.deposits('deposit')
    await stage.begin()
    const at = stage.height + 1
    const { promise: never } = Promise.withResolvers<void>()
    watcher.onEvent = (event) => event.event === 'block-connected' ? never : undefined
    await stage.mineAlone('theft', spend(deposit, 1_000))
    await watcher.until(`confirmed deposit theft ${at}`)
    await watcher.stop()
    watcher.story.splice(0)
    watcher.onEvent = null

    await stage.reorganise(1, 0)
    watcher.start()
    await watcher.expect(`unconfirmed deposit theft ${at}`, 'seen deposit theft')
  })

  it('does not follow a bitcoind that knows none of its blocks', async () => {
    await stage.mine(1)
    const { blocks } = await stage.bitcoind.getBlockchainInfo()
    watcher.position = { height: blocks, hash: 'ff'.repeat(32) as BlockHash }
    watcher.start()
    await watcher.untilHealth('wrong-chain')
    await watcher.quiet()
    assert.deepEqual(watcher.story, [])
  })
})

describe('the chain watcher, given another bitcoind', () => {
  const regtest = useRegtest(2)
  let watcher: TestWatcher
  let deposit: Outpoint
  /** Of the last block that both have, and of the last that the first has. */
  let common: number
  let top: number

  /** Followed at the first: two blocks that the second has not, and a spend in the upper. */
  beforeEach(async () => {
    ;({ deposit } = await new Stage(regtest()).coins('deposit'))
    common = (await regtest().node(0).bitcoind.getBlockchainInfo()).blocks
    await regtest().waitForSameTip()
    await regtest().node(0).disconnectFrom(regtest().node(1))
    const stage = new Stage(regtest())
    stage.watcher.watchFromStart(deposit)
    await stage.begin()
    await stage.mineAlone('theft', spend(deposit, 1_000))
    top = stage.height + 1
    await stage.watcher.when('all', () => stage.watcher.position?.height === top)
    await stage.watcher.stop()
    watcher = new TestWatcher(regtest().node(1))
    watcher.inherit(stage.watcher)
    watcher.call({ deposit, theft: txidOf(spend(deposit, 1_000)) })
    // The first watcher's own memory begins where it was started; a core remembers more.
    const hash = await regtest().node(1).bitcoind.getBlockHash(common)
    assert.ok(hash !== null && top - common >= 2)
    watcher.recent.push({ height: common as Height, hash })
  })

  afterEach(async () => {
    await watcher.stop()
    assert.deepEqual(watcher.story, [], 'nothing else was told')
  })

  it('goes back by the blocks it remembers to the last that this one knows, too', async () => {
    const elsewhere = await regtest().node(1).bitcoind
      .generateToAddress(top - common + 1, await regtest().freshAddress())
    watcher.start()
    await watcher.expect(
      `unconfirmed deposit theft ${top}`, ...Array.from({ length: top - common }, (_, i) => `disconnected ${top - i}`),
      ...elsewhere.map((_, i) => `connected ${common + 1 + i}`),
    )
    await regtest().node(1).connectTo(regtest().node(0))
  })

  it('waits for one that is behind, and undoes nothing for it', async () => {
    watcher.start()
    await watcher.untilHealth('syncing')
    await watcher.expect()
    await regtest().node(1).connectTo(regtest().node(0))
    await watcher.untilHealth('ok')
    await watcher.expect()
  })

  it('waits for one that has no more than the headers of its blocks', async () => {
    for (let height = common + 1; height <= top; height++) {
      const hash = await regtest().node(0).bitcoind.getBlockHash(height)
      const header = hash === null ? null : await regtest().node(0).bitcoind.getBlockHeaderBytes(hash)
      assert.ok(header !== null)
      await regtest().node(1).bitcoind.submitHeader(header)
    }
    watcher.start()
    await watcher.untilHealth('syncing')
    await watcher.expect()
    await regtest().node(1).connectTo(regtest().node(0))
    await watcher.untilHealth('ok')
    await watcher.expect()
  })
})
