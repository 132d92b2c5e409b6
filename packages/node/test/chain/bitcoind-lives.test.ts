import assert from 'node:assert/strict'
import { cp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RegtestNode } from '@belfry/bitcoind'
import type { BlockHash, Height } from '@belfry/protocol/primitives'
import { useRegtest } from '../../../bitcoind/test/support/regtest-suite.ts'
import { Stage } from './support/stage.ts'
import {
  confirmed, connected, disconnected, evicted, outdone, replaced, replacedByBlock, Scene, seen, SUBJECTS, unconfirmed,
} from './support/subjects.ts'
import type { TestWatcher } from './support/watcher.ts'

const { 'all three in one transaction': ALL } = SUBJECTS

/** Options for the next starts; none: as it was. */
async function configure(node: RegtestNode, ...options: readonly string[]): Promise<void> {
  const file = join(node.dataDir, 'bitcoin.conf')
  if (options.length === 0) await rm(file, { force: true })
  else await writeFile(file, `[regtest]\n${options.join('\n')}\n`)
}

describe('the chain watcher, whatever becomes of bitcoind', () => {
  const regtest = useRegtest(1)
  let stage: Stage
  let scene: Scene
  let watcher: TestWatcher
  let node: RegtestNode

  beforeEach(async () => {
    assert.ok(ALL !== undefined)
    stage = new Stage(regtest())
    watcher = stage.watcher
    node = regtest().node(0)
    scene = new Scene(stage, ALL)
    await scene.begin()
  })

  afterEach(async () => {
    await watcher.stop()
    await configure(node)
    if (node.pid === null) await node.restart()
  })

  async function mineEmpty(blocks: number): Promise<void> {
    for (let i = 0; i < blocks; i++) await stage.mineAlone('nothing')
  }

  it('tells 300 blocks that were mined while it was down, though it dies twice on the way', async () => {
    const at = stage.height
    await watcher.stop()
    await stage.mine(99)
    await stage.mineAlone('a', scene.move(1_000))
    await stage.mine(200)
    for (const height of [at + 50, at + 150]) {
      watcher.start()
      await watcher.until(`connected ${height}`)
      await watcher.kill()
    }
    watcher.start()
    await scene.expect(...connected(at + 1, at + 99), confirmed('a', at + 100), ...connected(at + 100, at + 300))
  })

  it('tells how a chain changed deep down while it was down', async () => {
    const at = stage.height
    await stage.mineAlone('a', scene.move(1_000))
    // Not so deep that wallets call it buried.
    await mineEmpty(89)
    await scene.expect(confirmed('a', at + 1), ...connected(at + 1, at + 90))
    await watcher.kill()
    await stage.bitcoind.invalidateBlock(await stage.bitcoind.getBlockHash(at + 1) ?? assert.fail())
    await mineEmpty(45)
    await stage.mineAlone('b', scene.move(2_000))
    await mineEmpty(45)
    watcher.start()
    await scene.expect(
      ...disconnected(at + 90, at + 2), unconfirmed('a', at + 1), ...disconnected(at + 1), ...connected(at + 1, at + 45),
      outdone('a', 'b'), confirmed('b', at + 46), ...connected(at + 46, at + 91),
    )
  })

  it('waits for a bitcoind that was put back to an older copy, and tells nothing twice when it comes forward again', async () => {
    const data = join(node.dataDir, 'regtest')
    const copy = join(node.dataDir, 'older')
    const at = stage.height
    await node.stop()
    await cp(data, copy, { recursive: true })
    await node.restart()
    await watcher.untilHealth('ok')
    await stage.mine(1)
    await stage.mineAlone('a', scene.move(1_000))
    await mineEmpty(3)
    await scene.expect(...connected(at + 1), confirmed('a', at + 2), ...connected(at + 2, at + 5))
    const blocks = await Promise.all(Array.from({ length: 5 }, async (_, i) => {
      const hash = await stage.bitcoind.getBlockHash(at + 1 + i) ?? assert.fail()
      return await stage.bitcoind.rpc.call('getblock', [hash, 0])
    }))
    await node.stop()
    await rm(data, { recursive: true })
    await cp(copy, data, { recursive: true })
    await node.restart()
    assert.equal((await stage.bitcoind.getBlockchainInfo()).blocks, at)
    await watcher.untilHealth('syncing')
    await scene.expect()
    for (const block of blocks) assert.equal(await stage.bitcoind.rpc.call('submitblock', [block]), null)
    await watcher.untilHealth('ok')
    await scene.expect()
    await mineEmpty(1)
    await scene.expect(...connected(at + 6))
  })

  it('tells nothing twice while bitcoind reads all its blocks anew', async () => {
    const at = stage.height
    await stage.mineAlone('nothing')
    await stage.send('a', scene.move(1_000))
    await scene.expect(...connected(at + 1), seen('a'))
    await node.stop()
    await watcher.untilHealth('unreachable')
    await configure(node, 'reindex=1')
    await node.restart()
    await watcher.untilHealth('ok')
    await scene.expect()
    await stage.mine(1)
    await scene.expect(confirmed('a', at + 2), ...connected(at + 2))
  })

  it('tells what a bitcoind without its old mempool has forgotten', async () => {
    await stage.send('a', scene.move(1_000))
    await scene.expect(seen('a'))
    await configure(node, 'persistmempool=0')
    await node.restart()
    await scene.expect(evicted('a'))
    await stage.send('b', scene.move(1_500))
    await scene.expect(seen('b'))
  })

  it('tells what another mempool has in place of what it saw before it was down', async () => {
    await stage.send('a', scene.move(2_000))
    await scene.expect(seen('a'))
    await watcher.stop()
    await configure(node, 'persistmempool=0')
    await node.restart()
    // It bids less: with the old mempool it would be refused.
    await stage.send('b', scene.move(1_000))
    watcher.start()
    await scene.expect(replaced('a', 'b'))
    const at = stage.height + 1
    await stage.mineAlone('a', scene.move(2_000))
    await scene.expect(replacedByBlock('b', 'a'), confirmed('a', at), ...connected(at))
  })
})

describe('the chain watcher, when bitcoind begins from nothing', () => {
  const regtest = useRegtest(2)

  it('waits, undoes nothing, and goes on where it was', async () => {
    assert.ok(ALL !== undefined)
    const stage = new Stage(regtest())
    const { watcher } = stage
    const scene = new Scene(stage, ALL)
    const [fresh, other] = [regtest().node(0), regtest().node(1)]
    await scene.begin()
    const at = stage.height
    await regtest().waitForSameTip()
    await fresh.disconnectFrom(other)
    await fresh.stop()
    await rm(join(fresh.dataDir, 'regtest'), { recursive: true })
    const [first] = await other.bitcoind.generateToAddress(1, await freshAddress(other))
    await fresh.restart()
    assert.equal((await fresh.bitcoind.getBlockchainInfo()).blocks, 0)
    await watcher.untilHealth('syncing')
    await scene.expect()
    await fresh.connectTo(other)
    await watcher.untilHealth('ok')
    await scene.expect(...connected(at + 1))
    assert.deepEqual(watcher.position, { height: at + 1 as Height, hash: first as BlockHash })
    await stage.send('a', scene.move(1_000))
    await stage.mine(1)
    await watcher.until(`connected ${at + 2}`)
    await watcher.quiet()
    assert.ok(watcher.story.includes(`confirmed kept a ${at + 2}`))
    await watcher.stop()
  })

  async function freshAddress(node: RegtestNode): Promise<string> {
    const { segwit } = await node.bitcoind.rpc.call('decodescript', ['51']) as { segwit: { address: string } }
    return segwit.address
  }
})
