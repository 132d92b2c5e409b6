import assert from 'node:assert/strict'
import type { BlockHash } from '@belfry/protocol/primitives'
import { AnnouncedBlocks, MAX_ANNOUNCED_BLOCKS, MAX_ANNOUNCED_BYTES } from '../../../src/chain/sources/index.ts'
import { pollUntil } from '../support/stage.ts'
import { testBlockSource } from './support/compliance.ts'
import { Listener } from './support/listener.ts'

testBlockSource('announced blocks', async (network) => {
  const source = new AnnouncedBlocks()
  const listener = new Listener(network.node(0).zmq)
  listener.onHeard = (heard) => {
    if (heard.kind === 'block') source.keep(heard.bytes)
  }
  const has = async (hash: BlockHash): Promise<boolean> => (await source.fetch(hash)).kind === 'block'
  return {
    source,
    // Until ZMQ has connected (again), what is published is lost.
    untilThere: async (hash) => {
      if (listener.subscriber.isLive) await pollUntil('the announcement', () => has(hash))
      else {
        await listener.untilLive(() => network.mine(0, 1))
        source.keep(await network.node(0).bitcoind.getBlockOverRest(hash) ?? new Uint8Array())
      }
    },
    close: () => listener.stop(),
  }
})

describe('announced blocks', () => {
  const blockOf = (seed: number, length = 100): Uint8Array => new Uint8Array(length).fill(seed, 0, 80)

  it('keeps the last few, and gives up the oldest', async () => {
    const announced = new AnnouncedBlocks()
    const hashes = Array.from({ length: MAX_ANNOUNCED_BLOCKS + 2 }, (_, i) => announced.keep(blockOf(i)).hash)
    assert.equal(announced.size, MAX_ANNOUNCED_BLOCKS)
    assert.equal(announced.bytes, MAX_ANNOUNCED_BLOCKS * 100)
    const kept = await Promise.all(hashes.map(async (hash) => (await announced.fetch(hash)).kind === 'block'))
    assert.deepEqual(kept, hashes.map((_, i) => i >= 2))
  })

  it('keeps no more bytes than it may', () => {
    const announced = new AnnouncedBlocks()
    announced.keep(blockOf(1))
    announced.keep(blockOf(2, MAX_ANNOUNCED_BYTES))
    assert.equal(announced.size, 1)
    announced.keep(blockOf(3, MAX_ANNOUNCED_BYTES + 1))
    assert.deepEqual([announced.size, announced.bytes], [0, 0])
  })

  it('keeps a block that is announced again once, as the newest', async () => {
    const announced = new AnnouncedBlocks()
    const first = announced.keep(blockOf(0))
    for (let i = 1; i < MAX_ANNOUNCED_BLOCKS; i++) announced.keep(blockOf(i))
    announced.keep(blockOf(0))
    announced.keep(blockOf(99))
    assert.equal(announced.size, MAX_ANNOUNCED_BLOCKS)
    assert.equal((await announced.fetch(first.hash)).kind, 'block')
  })

  it('forgets', async () => {
    const announced = new AnnouncedBlocks()
    const { hash } = announced.keep(blockOf(7))
    announced.forget(hash)
    announced.forget(hash)
    assert.equal((await announced.fetch(hash)).kind, 'not-there')
    assert.deepEqual([announced.size, announced.bytes], [0, 0])
  })

  it('refuses what is shorter than a header', () => {
    assert.throws(() => new AnnouncedBlocks().keep(new Uint8Array(79)), { code: 'truncated' })
  })
})
