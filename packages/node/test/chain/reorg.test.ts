import assert from 'node:assert/strict'
import { type Outpoint, outpointOf } from '@belfry/protocol/primitives'
import { txidOf } from '@belfry/bitcoind'
import { COIN_SATS, spend, useRegtest } from '../../../bitcoind/test/support/regtest-suite.ts'
import { Stage } from './support/stage.ts'
import type { TestWatcher } from './support/watcher.ts'

function connected(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, i) => `connected ${from + i}`)
}

function disconnected(from: number, to: number): string[] {
  return Array.from({ length: from - to + 1 }, (_, i) => `disconnected ${from - i}`)
}

describe('the chain watcher, when bitcoind reorganises', () => {
  const regtest = useRegtest(1)
  let stage: Stage
  let watcher: TestWatcher
  let deposit: Outpoint

  beforeEach(async () => {
    stage = new Stage(regtest())
    watcher = stage.watcher
    ;({ deposit } = await stage.deposits('deposit'))
    await stage.begin()
  })

  afterEach(async () => {
    await watcher.stop()
    await stage.mine(1)
    assert.deepEqual(watcher.story, [], 'nothing else was told')
  })

  /** What can come at any time among the blocks: bitcoind takes the spend back into the mempool. */
  async function expectApart(separate: string, ...story: readonly string[]): Promise<void> {
    await watcher.when('all', () => watcher.story.length > story.length)
    await watcher.quiet()
    const told = watcher.story.splice(0)
    assert.deepEqual(told.filter((sentence) => sentence === separate), [separate])
    assert.deepEqual(told.filter((sentence) => sentence !== separate), story)
  }

  for (const depth of [1, 3, 10]) {
    it(`tells a spend reorged out at depth ${depth}, in the mempool again, and in the chain again`, async () => {
      const { height: start } = stage
      await stage.mineAlone('theft', spend(deposit, 1_000))
      await stage.mine(depth - 1)
      const top = start + depth
      await watcher.expect(`confirmed deposit theft ${start + 1}`, ...connected(start + 1, top))

      const first = await stage.reorganise(depth, depth + 1)
      await expectApart('seen deposit theft',
        ...disconnected(top, start + 2), `unconfirmed deposit theft ${start + 1}`, `disconnected ${start + 1}`,
        ...connected(start + 1, top + 1))

      // The first branch again, and one block more, so that it has more work.
      await stage.bitcoind.reconsiderBlock(first)
      const branch = await stage.bitcoind.getBlockHash(start + 1)
      assert.ok(branch !== null && branch !== first, 'the newer branch is the longer one')
      await stage.bitcoind.invalidateBlock(branch)
      await stage.mineAlone('nothing')
      await stage.mineAlone('nothing')
      await watcher.until(`connected ${top + 2}`)
      await watcher.quiet()
      assert.deepEqual(watcher.story.splice(0), [
        ...disconnected(top + 1, start + 1), `confirmed deposit theft ${start + 1}`, ...connected(start + 1, top + 2),
      ])
    })
  }

  it('tells that another spend confirmed on the new branch', async () => {
    const { height: start } = stage
    await stage.mineAlone('first', spend(deposit, 1_000))
    await watcher.expect(`confirmed deposit first ${start + 1}`, `connected ${start + 1}`)
    const best = await stage.bitcoind.getBestBlockHash()
    await stage.bitcoind.invalidateBlock(best)
    await watcher.until('seen deposit first')
    await stage.mineAlone('second', spend(deposit, 2_000))
    await watcher.expect(
      `unconfirmed deposit first ${start + 1}`, `disconnected ${start + 1}`, 'seen deposit first',
      'replaced deposit first second', `confirmed deposit second ${start + 1}`, `connected ${start + 1}`,
    )
  })

  it('undoes the spends of a block from the last to the first', async () => {
    const unvault = spend(deposit, 1_000)
    const output = outpointOf(txidOf(unvault), 0)
    watcher.call({ output })
    watcher.watchFromStart(output)
    await watcher.running.watch([output])
    await stage.mineAlone('unvault', unvault, spend(output, 1_000, { value: COIN_SATS - 1_000 }))
    const clawback = txidOf(spend(output, 1_000, { value: COIN_SATS - 1_000 }))
    watcher.call({ unvault: txidOf(unvault), clawback })
    const at = stage.height + 1
    await watcher.when('the block', () => watcher.position?.height === at)
    watcher.story.splice(0)
    await stage.bitcoind.invalidateBlock(await stage.bitcoind.getBestBlockHash())
    await watcher.when('both', () => watcher.story.length === 5)
    assert.deepEqual(watcher.story.splice(0, 3), [
      `unconfirmed output clawback ${at}`, `unconfirmed deposit unvault ${at}`, `disconnected ${at}`,
    ])
    await watcher.quiet()
    assert.deepEqual(watcher.story.splice(0).toSorted(), ['seen deposit unvault', 'seen output clawback'])
  })
})
