import assert from 'node:assert/strict'
import type { BlockHash } from '@belfry/protocol/primitives'
import { createRestSource, createRpcSource } from '../../../src/chain/sources/index.ts'
import { useRegtest } from '../../../../bitcoind/test/support/regtest-suite.ts'
import { type Network, type Subject, testBlockSource } from './support/compliance.ts'

const none = async (): Promise<void> => {}

for (const create of [createRestSource, createRpcSource]) {
  const start = async (network: Network): Promise<Subject> =>
    ({ source: create(network.node(0).bitcoind), untilThere: none, close: none })
  testBlockSource(create === createRestSource ? 'REST' : 'RPC', start)
}

testBlockSource('RPC where REST is off', async (network) =>
  ({ source: createRpcSource(network.node(0).bitcoind), untilThere: none, close: none }), () => ['-rest=0'])

describe('fetched blocks', () => {
  describe('where REST is off', () => {
    const network = useRegtest(1, () => ['-rest=0'])

    it('are not there over REST', async () => {
      const { bitcoind } = network().node(0)
      const hash = await bitcoind.getBestBlockHash()
      assert.deepEqual(await createRestSource(bitcoind).fetch(hash), { kind: 'not-there', reason: 'unsaid' })
    })
  })

  describe('on a pruned bitcoind', () => {
    const network = useRegtest(1, () => ['-txindex=0', '-prune=1', '-fastprune=1'])

    it('are not stored where they are pruned, and RPC says so', async () => {
      const { bitcoind } = network().node(0)
      // It keeps the last 288 in any case, and whole files of 64 kB.
      const [first] = await network().mine(0, 900)
      assert.ok(first !== undefined)
      await bitcoind.rpc.call('pruneblockchain', [600])
      assert.deepEqual(await createRestSource(bitcoind).fetch(first), { kind: 'not-there', reason: 'unsaid' })
      assert.deepEqual(await createRpcSource(bitcoind).fetch(first), { kind: 'not-there', reason: 'not-stored' })
      const unknown = '34'.repeat(32) as BlockHash
      assert.deepEqual(await createRpcSource(bitcoind).fetch(unknown), { kind: 'not-there', reason: 'unknown' })
    })
  })
})
