import assert from 'node:assert/strict'
import { useRegtest } from '../../../bitcoind/test/support/regtest-suite.ts'
import { findFreePorts } from '../../../bitcoind/src/regtest/ports.ts'
import type { ChainInit } from '../../src/chain/index.ts'
import { Stage } from './support/stage.ts'
import { confirmed, connected, replaced, Scene, seen, SUBJECTS } from './support/subjects.ts'
import { NO_POLLS } from './support/watcher.ts'

const { 'all three in one transaction': ALL } = SUBJECTS

/** Where nobody publishes. */
async function silence(): Promise<ChainInit['zmq']> {
  const { silent } = await findFreePorts(['silent'])
  const address = `tcp://127.0.0.1:${silent}`
  return { rawblock: address, rawtx: address, sequence: address }
}

const SOURCES: Readonly<Record<string, { readonly rest: boolean; readonly zmq: 'on' | 'off' | 'silent'; readonly init: Partial<ChainInit> }>> = {
  'ZMQ alone': { rest: false, zmq: 'on', init: { timing: NO_POLLS } },
  'ZMQ and RPC, without REST': { rest: false, zmq: 'on', init: {} },
  'REST, without ZMQ': { rest: true, zmq: 'off', init: { zmq: null } },
  'RPC, without ZMQ and REST': { rest: false, zmq: 'off', init: { zmq: null } },
  'RPC, where ZMQ is awaited and never comes': { rest: false, zmq: 'silent', init: {} },
}

for (const [name, { rest, zmq, init }] of Object.entries(SOURCES)) {
  describe(`the chain watcher with ${name}`, () => {
    const regtest = useRegtest(1, () => rest ? [] : ['-rest=0'])

    it('tells everything', async () => {
      assert.ok(ALL !== undefined)
      const stage = new Stage(regtest(), zmq === 'silent' ? { ...init, zmq: await silence() } : init)
      const scene = new Scene(stage, ALL)
      await scene.begin(zmq === 'on')
      const at = stage.height
      await stage.send('a', scene.move(1_000))
      await scene.expect(seen('a'))
      await stage.send('b', scene.move(2_000))
      await scene.expect(replaced('a', 'b'))
      await stage.mine(1)
      await scene.expect(confirmed('b', at + 1), ...connected(at + 1))
      const { blocks_by_zmq, blocks_by_fetch } = stage.watcher.running.counters()
      assert.equal(blocks_by_zmq > 0, zmq === 'on')
      await stage.watcher.stop()
      await stage.mine(120)
      stage.watcher.start()
      await scene.expect(...connected(at + 2, at + 121))
      if (zmq !== 'on') assert.ok(blocks_by_fetch > 0)
      assert.equal(stage.watcher.running.counters().blocks_by_fetch, 120)
      await stage.watcher.stop()
    })
  })
}
