import { txidOf } from '@belfry/bitcoind'
import { outpointOf } from '@belfry/protocol/primitives'
import { COIN_SATS, spend, useRegtest } from '../../../bitcoind/test/support/regtest-suite.ts'
import { Stage } from './support/stage.ts'
import {
  confirmed, connected, disconnected, evicted, replaced, replacedByBlock, Scene, seen, SUBJECTS, unconfirmed,
} from './support/subjects.ts'

describe('every event, once and in order', () => {
  const regtest = useRegtest(1)

  for (const [name, subject] of Object.entries(SUBJECTS)) {
    describe(`what becomes of ${name}`, () => {
      let scene: Scene
      let stage: Stage

      beforeEach(async () => {
        stage = new Stage(regtest())
        scene = new Scene(stage, subject)
        await scene.begin()
      })

      afterEach(async () => {
        const at = stage.watcher.position?.height ?? 0
        await stage.mine(1)
        await stage.watcher.when('one block more', () => stage.watcher.position?.height === at + 1)
        await stage.watcher.stop()
      })

      /** Undoes all blocks from this height on. @returns the lowest of them */
      async function undoFrom(height: number) {
        const hash = await stage.bitcoind.getBlockHash(height)
        if (hash === null) throw new Error(`there is no block ${height}`)
        await stage.bitcoind.invalidateBlock(hash)
        return hash
      }

      async function mineEmpty(blocks: number): Promise<void> {
        for (let i = 0; i < blocks; i++) await stage.mineAlone('nothing')
      }

      it('is told in the mempool, at each replacement, and in the block', async () => {
        await stage.send('a', scene.move(1_000))
        await scene.expect(seen('a'))
        const rivals = ['b', 'c', 'd', 'e']
        for (const [i, rival] of rivals.entries()) {
          await stage.send(rival, scene.move(3_000 + 2_000 * i))
          await scene.expect(replaced(['a', ...rivals][i] ?? '', rival))
        }
        await stage.mine(1)
        await scene.expect(confirmed('e', stage.height + 1), ...connected(stage.height + 1))
      })

      it('is told by a block only', async () => {
        await stage.mineAlone('a', scene.move(1_000))
        await scene.expect(confirmed('a', stage.height + 1), ...connected(stage.height + 1))
      })

      it('is told as replaced by a block', async () => {
        await stage.send('a', scene.move(1_000))
        await scene.expect(seen('a'))
        await stage.mineAlone('b', scene.move(2_000))
        await scene.expect(replacedByBlock('a', 'b'), confirmed('b', stage.height + 1), ...connected(stage.height + 1))
      })

      it('is told as evicted, and as seen again', async () => {
        const { parent } = await stage.coins('parent')
        await scene.expect(...connected(stage.height + 1))
        const before = spend(parent, 1_000)
        await stage.send('before', before)
        await stage.send('a', scene.move(5_000, [outpointOf(txidOf(before), 0)], COIN_SATS - 1_000))
        await scene.expect(seen('a'))
        await stage.send('instead', spend(parent, 200_000))
        await scene.expect(evicted('a'))
        await stage.send('b', scene.move(1_000))
        await scene.expect(seen('b'))
        await stage.mine(1)
        await scene.expect(confirmed('b', stage.height + 2), ...connected(stage.height + 2))
      })

      for (const isSeen of [false, true]) {
        it(`is told once where the watcher dies in the middle of its block, ${isSeen ? 'seen' : 'and not seen'} before`, async () => {
          const { watcher } = stage
          const at = stage.height + 1
          if (isSeen) {
            await stage.send('a', scene.move(1_000))
            await scene.expect(seen('a'))
          }
          const reached = Promise.withResolvers<void>()
          watcher.onEvent = (event) => {
            if (event.event !== 'block-connected') return undefined
            reached.resolve()
            return new Promise<void>(() => {})
          }
          await stage.mineAlone('a', scene.move(1_000))
          await reached.promise
          await watcher.kill()
          watcher.onEvent = null
          watcher.start()
          await scene.expect(confirmed('a', at), ...connected(at))
        })
      }

      for (const depth of [1, 3, 10]) {
        it(`is told when a reorganisation of depth ${depth} undoes it, and the same block, another, and another transaction follow`, async () => {
          const low = stage.height + 1
          const top = stage.height + depth
          await stage.mineAlone('a', scene.move(1_000))
          await mineEmpty(depth - 1)
          await scene.expect(confirmed('a', low), ...connected(low, top))

          const branch = await undoFrom(low)
          await scene.expect(...disconnected(top, low + 1), unconfirmed('a', low), ...disconnected(low), seen('a'))
          await stage.bitcoind.reconsiderBlock(branch)
          await scene.expect(confirmed('a', low), ...connected(low, top))

          await undoFrom(low)
          await scene.expect(...disconnected(top, low + 1), unconfirmed('a', low), ...disconnected(low), seen('a'))
          await mineEmpty(depth - 1)
          await stage.mineAlone('a', scene.move(1_000))
          await scene.expect(...connected(low, top - 1), confirmed('a', top), ...connected(top))

          await undoFrom(low)
          await scene.expect(unconfirmed('a', top), ...disconnected(top, low), seen('a'))
          await stage.mineAlone('b', scene.move(2_000))
          await mineEmpty(depth)
          await scene.expect(replacedByBlock('a', 'b'), confirmed('b', low), ...connected(low, top + 1))
        })
      }
    })
  }
})
