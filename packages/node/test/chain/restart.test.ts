import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { RegtestNode } from '@belfry/bitcoind'
import type { BlockHash } from '@belfry/protocol/primitives'
import { spend, useRegtest } from '../../../bitcoind/test/support/regtest-suite.ts'
import { pollUntil, Stage } from './support/stage.ts'
import { TestWatcher } from './support/watcher.ts'

describe('the chain watcher, while bitcoind comes and goes', () => {
  const regtest = useRegtest(1)
  let stage: Stage
  let watcher: TestWatcher
  let node: RegtestNode

  beforeEach(() => {
    stage = new Stage(regtest())
    watcher = stage.watcher
    node = regtest().node(0)
  })

  afterEach(async () => {
    await watcher.stop()
    if (node.pid === null) await node.restart()
    assert.deepEqual(watcher.story, [], 'nothing else was told')
  })

  it('says that it is gone and that it is back, and tells nothing twice', async () => {
    const { deposit, other } = await stage.deposits('deposit', 'other')
    await stage.begin()
    await watcher.untilHealth('ok')
    await stage.send('theft', spend(deposit, 1_000))
    await watcher.expect('seen deposit theft')
    await node.stop()
    await watcher.untilHealth('unreachable')
    await node.restart()
    await watcher.untilHealth('ok')
    await watcher.expect()
    await stage.send('another', spend(other, 1_000))
    await watcher.expect('seen other another')
    await stage.mine(1)
    const at = stage.height + 1
    await watcher.when('the block', () => watcher.position?.height === at)
    await watcher.quiet()
    assert.deepEqual(watcher.story.splice(0).toSorted(), [
      `confirmed deposit theft ${at}`, `confirmed other another ${at}`, `connected ${at}`,
    ])
    assert.deepEqual(watcher.health.map(({ state }) => state).filter((state, i, all) => state !== all[i - 1]),
      ['ok', 'unreachable', 'ok'])
  })

  it('hears of ZMQ again after a restart', async () => {
    await stage.begin()
    await node.restart()
    await watcher.untilHealth('ok')
    const { blocks_by_zmq } = watcher.running.counters()
    await pollUntil('a block by ZMQ', async () => {
      await stage.mine(1)
      return watcher.running.counters().blocks_by_zmq > blocks_by_zmq
    })
    await watcher.quiet()
    watcher.story.splice(0)
  })

  it('tells a spend as gone when bitcoind has lost its mempool', async () => {
    const { deposit } = await stage.deposits('deposit')
    await stage.begin()
    await stage.send('theft', spend(deposit, 1_000))
    await watcher.expect('seen deposit theft')
    await node.stop()
    await rm(join(node.dataDir, 'regtest', 'mempool.dat'), { force: true })
    await node.restart()
    await watcher.expect('evicted deposit theft')
    await stage.send('theft', spend(deposit, 1_000))
    await watcher.expect('seen deposit theft')
  })

  it('waits for a bitcoind that has lost its last blocks, and undoes only what another branch undoes', async () => {
    const { deposit } = await stage.deposits('deposit')
    await stage.mine(10)
    await stage.begin()
    await stage.mineAlone('theft', spend(deposit, 1_000))
    const height = stage.height + 1
    await watcher.expect(`confirmed deposit theft ${height}`, `connected ${height}`)
    // bitcoind writes its blocks to disk now and then only.
    await node.kill()
    await node.restart()
    const { blocks } = await stage.bitcoind.getBlockchainInfo()
    assert.ok(blocks < height, 'it has lost some')
    await watcher.untilHealth('syncing')
    await watcher.expect()

    await regtest().mine(0, height - blocks + 1, await regtest().freshAddress())
    await watcher.until(`connected ${height + 1}`)
    await watcher.untilHealth('ok')
    await watcher.quiet()
    assert.deepEqual(watcher.story.splice(0), [
      `unconfirmed deposit theft ${height}`,
      ...Array.from({ length: height - blocks }, (_, i) => `disconnected ${height - i}`),
      ...Array.from({ length: height - blocks + 1 }, (_, i) => `connected ${blocks + 1 + i}`),
    ])
  })

  it('starts without bitcoind, and begins when it is there', async () => {
    const { deposit } = await stage.deposits('deposit')
    await stage.mine(1)
    await node.stop()
    watcher.start()
    await watcher.untilHealth('unreachable')
    const position = watcher.running.watch([deposit])
    await node.restart()
    const height = (await stage.bitcoind.getBlockchainInfo()).blocks
    assert.equal((await position).height, height - 1)
    await watcher.expect(`connected ${height}`)
    await watcher.untilHealth('ok')
  })

  it('does not follow a bitcoind of another chain', async () => {
    await stage.mine(1)
    stage = new Stage(regtest(), { genesis: '00'.repeat(32) as BlockHash })
    watcher = stage.watcher
    watcher.start()
    await watcher.untilHealth('wrong-chain')
    assert.equal(watcher.position, null)
  })

  it('tells what bitcoind is and takes, once and not again', async () => {
    await stage.begin()
    await watcher.untilHealth('ok')
    const { subversion } = await stage.bitcoind.getNetworkInfo()
    const { minFeerate, minRelayFeerate } = await stage.bitcoind.getMempoolInfo()
    assert.ok(minRelayFeerate > 0)
    await stage.mine(3)
    await watcher.until(`connected ${stage.height + 3}`)
    await watcher.quiet()
    watcher.story.splice(0)
    assert.deepEqual(watcher.health, [{
      event: 'chain-health', state: 'ok', estimate: null, implementation: subversion,
      mempool_floor: Math.max(minFeerate, minRelayFeerate),
    }])
  })

  it('ends, and tells so, when the sink fails', async () => {
    await stage.begin()
    const chain = watcher.running
    watcher.onEvent = () => {
      throw new Error('the disk is full')
    }
    await stage.mine(1)
    await assert.rejects(chain.finished, /the disk is full/)
    await assert.rejects(chain.watch([]), { code: 'stopped' })
    await assert.rejects(watcher.stop(), /the disk is full/)
    watcher = new TestWatcher(node)
  })

  it('tells nothing after it was stopped, also when the sink never answers', async () => {
    await stage.begin()
    const { promise: never } = Promise.withResolvers<void>()
    const { promise: asked, resolve: ask } = Promise.withResolvers<void>()
    watcher.onEvent = () => {
      ask()
      return never
    }
    await stage.mine(2)
    await asked
    await watcher.running.stop()
  })
})
