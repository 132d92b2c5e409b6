import assert from 'node:assert/strict'
import { serialise, txidOf, vsizeOf } from '@belfry/bitcoind'
import { outpointOf, toHex } from '@belfry/protocol/primitives'
import type { ChainInit } from '../../src/chain/index.ts'
import { COIN_SATS, spend, useRegtest } from '../../../bitcoind/test/support/regtest-suite.ts'
import { pollUntil, spendBoth, Stage } from './support/stage.ts'
import { NO_POLLS, type TestWatcher } from './support/watcher.ts'

/** Each way alone must find everything. */
const WAYS: Readonly<Record<string, Partial<ChainInit>>> = {
  'by ZMQ and by asking': {},
  'by ZMQ alone': { timing: NO_POLLS },
  'by asking alone': { zmq: null },
}

for (const [way, init] of Object.entries(WAYS)) {
  describe(`the chain watcher, ${way}`, () => {
    const regtest = useRegtest(1)
    let stage: Stage
    let watcher: TestWatcher

    beforeEach(() => {
      stage = new Stage(regtest(), init)
      watcher = stage.watcher
    })

    afterEach(async () => {
      await watcher.stop()
      await stage.mine(1)
      assert.deepEqual(watcher.story, [], 'nothing else was told')
    })

    it('tells a spend that enters the mempool, and then its block', async () => {
      const { deposit } = await stage.deposits('deposit')
      await stage.begin()
      const theft = spend(deposit, 1_000)
      await stage.send('theft', theft)
      await watcher.expect('seen deposit theft')
      const seen = watcher.events.at(-1)
      assert.ok(seen?.event === 'spend-seen')
      assert.equal(toHex(seen.tx.raw), toHex(serialise(theft)))
      assert.equal(seen.tx.vsize, vsizeOf(theft))
      assert.notEqual(seen.tx.wtxid, seen.tx.txid)
      // ZMQ brings no fee, and nothing was asked; bitcoind, when asked, tells it.
      if (init.timing === NO_POLLS) assert.equal(seen.tx.fee, null)
      if (init.zmq === null) assert.equal(seen.tx.fee, 1_000n)
      await stage.mine(1)
      await watcher.expect(`confirmed deposit theft ${stage.height + 1}`, `connected ${stage.height + 1}`)
    })

    it('tells a spend that gives way to another as one event', async () => {
      const { deposit } = await stage.deposits('deposit')
      await stage.begin()
      await stage.send('first', spend(deposit, 1_000))
      await watcher.until('seen deposit first')
      await stage.send('second', spend(deposit, 2_000))
      await watcher.until('replaced deposit first second')
      await stage.send('third', spend(deposit, 3_000))
      await watcher.expect('seen deposit first', 'replaced deposit first second', 'replaced deposit second third')
    })

    it('tells a spend that is in no block and no longer in the mempool', async () => {
      const { deposit } = await stage.deposits('deposit')
      const { other } = await stage.coins('other')
      await stage.begin()
      const parent = spend(other, 1_000)
      await stage.send('parent', parent)
      await stage.send('both', spendBoth(deposit, outpointOf(txidOf(parent), 0), 5_000))
      await watcher.until('seen deposit both')
      // Its parent is replaced, so that it can never confirm.
      await stage.send('replacement', spend(other, 20_000))
      await watcher.expect('seen deposit both', 'evicted deposit both')
    })

    it('tells of each outpoint apart when one transaction spends two, and its successor only one', async () => {
      const { deposit, other } = await stage.deposits('deposit', 'other')
      await stage.begin()
      await stage.send('both', spendBoth(deposit, other, 1_000))
      await watcher.expect('seen deposit both', 'seen other both')
      await stage.send('one', spend(other, 10_000))
      await watcher.when('both', () => watcher.story.length === 2)
      await watcher.quiet()
      assert.deepEqual(watcher.story.splice(0).toSorted(), ['evicted deposit both', 'replaced other both one'])
    })

    it('tells a spend that nobody saw before its block as confirmed only', async () => {
      const { deposit, other } = await stage.deposits('deposit', 'other')
      await stage.begin()
      await stage.mineAlone('theft', spendBoth(deposit, other, 1_000))
      await watcher.expect(
        `confirmed deposit theft ${stage.height + 1}`, `confirmed other theft ${stage.height + 1}`,
        `connected ${stage.height + 1}`,
      )
    })

    it('tells that a block replaced a spend of the mempool by another', async () => {
      const { deposit } = await stage.deposits('deposit')
      await stage.begin()
      await stage.send('seen', spend(deposit, 1_000))
      await watcher.expect('seen deposit seen')
      await stage.mineAlone('mined', spend(deposit, 2_000))
      await watcher.expect(
        'replaced deposit seen mined', `confirmed deposit mined ${stage.height + 1}`, `connected ${stage.height + 1}`,
      )
    })

    it('finds the spend, already in the mempool, of an outpoint that is watched from now on', async () => {
      await stage.begin()
      const { deposit } = await stage.coins('deposit')
      await watcher.expect(`connected ${stage.height + 1}`)
      const { zmq_messages } = watcher.running.counters()
      await stage.send('theft', spend(deposit, 1_000))
      await pollUntil('its two messages', () =>
        !watcher.usesZmq || watcher.running.counters().zmq_messages >= zmq_messages + 2)
      watcher.watchFromStart(deposit)
      assert.deepEqual(await watcher.running.watch([deposit]), watcher.position)
      await watcher.expect('seen deposit theft')
      const seen = watcher.events.at(-1)
      assert.equal(seen?.event === 'spend-seen' && seen.tx.fee, 1_000n, 'bitcoind was asked, and knows the fee')
    })

    it('tells nothing more of what is watched no longer', async () => {
      const { deposit, other } = await stage.deposits('deposit', 'other')
      await stage.begin()
      watcher.running.unwatch([deposit])
      await stage.send('theft', spend(deposit, 1_000))
      await stage.send('another', spend(other, 1_000))
      await watcher.expect('seen other another')
      await stage.mine(1)
      await watcher.expect(`confirmed other another ${stage.height + 1}`, `connected ${stage.height + 1}`)
    })

    it('finds in a block what is watched only because of an event of that block', async () => {
      const { deposit } = await stage.deposits('deposit')
      await stage.begin()
      const unvault = spend(deposit, 1_000)
      const output = outpointOf(txidOf(unvault), 0)
      watcher.call({ output, unvault: txidOf(unvault) })
      watcher.onEvent = (event) => {
        if (event.event !== 'spend-confirmed' || event.outpoint !== deposit) return
        watcher.watchFromStart(output)
        void watcher.running.watch([output])
      }
      const clawback = spend(output, 1_000, { value: COIN_SATS - 1_000 })
      watcher.call({ clawback: txidOf(clawback) })
      await stage.bitcoind.generateBlock(await regtest().freshAddress(), [unvault, clawback].map((tx) => serialise(tx)))
      await watcher.expect(
        `confirmed deposit unvault ${stage.height + 1}`, `confirmed output clawback ${stage.height + 1}`,
        `connected ${stage.height + 1}`,
      )
    })

    it('waits for the sink, and then goes on where it was', async () => {
      const { deposit } = await stage.deposits('deposit')
      await stage.begin()
      const { promise: freed, resolve: free } = Promise.withResolvers<void>()
      watcher.onEvent = () => freed
      await stage.mine(2)
      await stage.send('theft', spend(deposit, 1_000))
      await stage.mine(1)
      assert.deepEqual(watcher.story, [])
      watcher.onEvent = null
      free()
      await watcher.until(`connected ${stage.height + 3}`)
      await watcher.quiet()
      // By the time it is looked for, it may be in its block already.
      const story = watcher.story.splice(0).filter((told) => told !== 'seen deposit theft')
      assert.deepEqual(story, [
        `connected ${stage.height + 1}`, `connected ${stage.height + 2}`,
        `confirmed deposit theft ${stage.height + 3}`, `connected ${stage.height + 3}`,
      ])
    })
  })
}
