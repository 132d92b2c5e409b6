import assert from 'node:assert/strict'
import { useRegtest } from '../../../bitcoind/test/support/regtest-suite.ts'
import { Stage } from './support/stage.ts'
import { confirmed, connected, Scene, seen, SUBJECTS } from './support/subjects.ts'

const { 'all three in one transaction': ALL } = SUBJECTS
/** bitcoind keeps the last 288 blocks whatever it is told, and forgets whole files, of some hundred blocks each. */
const BLOCKS = 900
const WANTED = 500

describe('the chain watcher, where bitcoind has pruned what was not read', () => {
  const regtest = useRegtest(1, () => ['-txindex=0', '-prune=1', '-fastprune'])

  it('says loudly what nobody saw, tells history as far as it exists, and goes on', async () => {
    assert.ok(ALL !== undefined)
    const stage = new Stage(regtest())
    const { watcher, bitcoind } = stage
    const loud: { readonly fields: object; readonly event: string }[] = []
    watcher.log = { info: () => {}, warn: () => {}, error: (fields, event) => loud.push({ fields, event }) }
    const gone = new Scene(stage, ALL)
    await gone.prepare()
    const scene = new Scene(stage, ALL)
    await scene.begin()
    const at = stage.height
    await watcher.stop()
    await stage.mineAlone('unseen', gone.move(1_000))
    await stage.mine(BLOCKS - 1)
    await stage.mineAlone('a', scene.move(1_000))
    await bitcoind.rpc.call('pruneblockchain', [at + WANTED])
    const { pruneHeight } = await bitcoind.getBlockchainInfo()
    assert.ok(pruneHeight !== null && pruneHeight > at + 2, `pruned up to ${pruneHeight}`)

    watcher.start()
    const top = at + BLOCKS + 1
    await scene.expect(...connected(at + 1, top - 1), confirmed('a', top), ...connected(top))
    const unseen = watcher.running.unseen()
    assert.deepEqual([unseen?.from, unseen?.to], [at + 1, pruneHeight - 1])
    assert.deepEqual(unseen?.spent.toSorted(), gone.watched.toSorted(), 'coins of the core and of lists')
    assert.equal(watcher.running.counters().blocks_unseen, pruneHeight - 1 - at)
    assert.deepEqual(loud.map(({ event }) => event), ['blocks-unseen', 'blocks-unseen'])
    assert.deepEqual(loud[0]?.fields, { from: at + 1 })

    await stage.mine(1)
    const { next } = await stage.coins('next')
    watcher.watchFromStart(next)
    await watcher.running.watch([next])
    await scene.expect(...connected(top + 1, top + 2))
    await watcher.stop()
    watcher.start()
    await scene.expect()
    assert.equal(watcher.running.unseen(), null, 'it was said once')
    await watcher.stop()
  })

  it('tells a spend that is in the mempool, although the blocks before are gone', async () => {
    assert.ok(ALL !== undefined)
    const stage = new Stage(regtest())
    const scene = new Scene(stage, ALL)
    await scene.begin()
    const at = stage.height
    await stage.watcher.kill()
    await stage.mine(BLOCKS)
    await stage.bitcoind.rpc.call('pruneblockchain', [at + WANTED])
    await stage.send('a', scene.move(1_000))
    stage.watcher.start()
    await scene.expect(...connected(at + 1, at + BLOCKS), seen('a'))
    assert.deepEqual(stage.watcher.running.unseen()?.spent, [])
    await stage.mine(1)
    await scene.expect(confirmed('a', at + BLOCKS + 1), ...connected(at + BLOCKS + 1))
    await stage.watcher.stop()
  })
})
