import assert from 'node:assert/strict'
import { BitcoindError, type CallOptions } from '@belfry/bitcoind'
import type { BlockHash } from '@belfry/protocol/primitives'
import * as fc from 'fast-check'
import {
  BlockSources, createRestSource, fetchAhead, type FetchOutcome, type PipelineOptions,
} from '../../../src/chain/sources/index.ts'
import { MAX_SERIALISED_BYTES } from '../../../src/chain/serial/index.ts'
import { useRegtest } from '../../../../bitcoind/test/support/regtest-suite.ts'

const hashOf = (i: number): BlockHash => i.toString(16).padStart(64, '0') as BlockHash
const blockOf = (hash: BlockHash, length: number): FetchOutcome =>
  ({ kind: 'block', block: { hash, previous: hash, bytes: new Uint8Array(length), source: 'rest' } })

async function* hashes(count: number): AsyncGenerator<BlockHash> {
  for (let i = 0; i < count; i++) yield hashOf(i)
}

/** Blocks come when the test lets them. */
class Gated {
  readonly asked: BlockHash[] = []
  readonly under = new Map<BlockHash, { resolve: (outcome: FetchOutcome) => void; reject: (error: Error) => void }>()
  mostAtOnce = 0

  fetch(hash: BlockHash, options: CallOptions = {}): Promise<FetchOutcome> {
    const { promise, resolve, reject } = Promise.withResolvers<FetchOutcome>()
    this.asked.push(hash)
    this.under.set(hash, { resolve, reject })
    this.mostAtOnce = Math.max(this.mostAtOnce, this.under.size)
    options.signal?.addEventListener('abort', () => {
      this.under.delete(hash)
      reject(new BitcoindError('aborted', 'given up'))
    })
    return promise
  }

  end(hash: BlockHash, outcome: FetchOutcome = blockOf(hash, 1)): void {
    this.under.get(hash)?.resolve(outcome)
    this.under.delete(hash)
  }
}

/** All that is asked for ahead of a reader who takes nothing. */
async function aheadOf(sources: Gated, options: PipelineOptions, length: number): Promise<number> {
  const pipeline = fetchAhead(hashes(100), { fetch: (hash, call) => sources.fetch(hash, call) }, options)
  const first = pipeline.next()
  await settled()
  for (let before = -1; before < sources.asked.length;) {
    before = sources.asked.length
    for (const hash of [...sources.under.keys()].slice(1)) sources.end(hash, blockOf(hash, length))
    await settled()
  }
  sources.end(hashOf(0))
  await first
  await pipeline.return()
  return sources.asked.length
}

/** All that can go on without anything from outside has gone on. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(() => setImmediate(resolve))
  })
}

describe('blocks fetched ahead', () => {
  it('come in the order of their hashes, in whatever order they arrive', async () => {
    await fc.assert(fc.asyncProperty(fc.infiniteStream(fc.nat()), fc.integer({ min: 0, max: 30 }), async (choices, count) => {
      const sources = new Gated()
      const told: BlockHash[] = []
      const reading = (async () => {
        for await (const { hash } of fetchAhead(hashes(count), sources)) told.push(hash)
      })()
      while (told.length < count) {
        await settled()
        const under = [...sources.under.keys()]
        const hash = under[(choices.next().value ?? 0) % Math.max(1, under.length)]
        if (hash !== undefined) sources.end(hash)
      }
      await reading
      assert.deepEqual(told, Array.from({ length: count }, (_, i) => hashOf(i)))
    }), { numRuns: 40 })
  })

  it('are no more than they may be', async () => {
    for (const maxBlocks of [1, 3, 8]) {
      assert.equal(await aheadOf(new Gated(), { maxBlocks, atOnce: 100, maxBytes: Infinity }, 1), maxBlocks)
    }
  })

  it('take no more bytes than they may, those on their way counted as full', async () => {
    const maxBytes = 3 * MAX_SERIALISED_BYTES
    assert.equal(await aheadOf(new Gated(), { maxBlocks: 100, atOnce: 100, maxBytes }, MAX_SERIALISED_BYTES), 3)
    // The first is on its way; beside it there is room for eight halves, and a full one must fit after them.
    const halves = await aheadOf(new Gated(), { maxBlocks: 100, atOnce: 100, maxBytes }, MAX_SERIALISED_BYTES / 2)
    assert.equal(halves, 4)
  })

  it('are let through one by one where not even one may be ahead', async () => {
    assert.equal(await aheadOf(new Gated(), { maxBytes: 0 }, 1), 1)
  })

  it('are never on their way in greater number than they may be', async () => {
    const sources = new Gated()
    const pipeline = fetchAhead(hashes(30), sources, { atOnce: 3, maxBlocks: 100, maxBytes: Infinity })
    const first = pipeline.next()
    await settled()
    assert.equal(sources.under.size, 3)
    for (const hash of sources.asked.slice()) sources.end(hash)
    await first
    await pipeline.return()
    assert.equal(sources.mostAtOnce, 3)
  })

  it('end after the first that could not be had', async () => {
    const sources = new Gated()
    const outcomes: FetchOutcome[] = []
    const reading = (async () => {
      for await (const { outcome } of fetchAhead(hashes(10), sources)) outcomes.push(outcome)
    })()
    await settled()
    sources.end(hashOf(1), { kind: 'not-there', reason: 'not-stored' })
    sources.end(hashOf(0))
    await reading
    assert.deepEqual(outcomes.map(({ kind }) => kind), ['block', 'not-there'])
    assert.equal(sources.under.size, 0)
  })

  it('are given up when the reader leaves, and the hashes end', async () => {
    const sources = new Gated()
    let hasEnded = false
    async function* endless(): AsyncGenerator<BlockHash> {
      try {
        for (let i = 0; ; i++) yield hashOf(i)
      } finally {
        hasEnded = true
      }
    }
    const reading = (async () => {
      for await (const { hash } of fetchAhead(endless(), sources)) if (hash === hashOf(0)) break
    })()
    await settled()
    sources.end(hashOf(0))
    await reading
    await settled()
    assert.deepEqual([sources.under.size, hasEnded], [0, true])
  })

  it('are given up with the signal', async () => {
    const sources = new Gated()
    const giveUp = new AbortController()
    const reading = fetchAhead(hashes(10), sources, { signal: giveUp.signal }).next()
    await settled()
    giveUp.abort()
    await assert.rejects(reading, { code: 'aborted' })
  })

  it('do not wait for hashes that are yet to come', async () => {
    const sources = new Gated()
    async function* slow(): AsyncGenerator<BlockHash> {
      yield hashOf(0)
      await new Promise(() => {})
    }
    const pipeline = fetchAhead(slow(), sources)
    const first = pipeline.next()
    await settled()
    sources.end(hashOf(0))
    assert.equal((await first).value?.hash, hashOf(0))
    await pipeline.return()
  })

  it('fail as the hashes fail', async () => {
    async function* failing(): AsyncGenerator<BlockHash> {
      yield hashOf(0)
      throw new BitcoindError('unreachable', 'gone')
    }
    const sources = new Gated()
    const reading = (async () => {
      for await (const _ of fetchAhead(failing(), sources)) continue
    })()
    await assert.rejects(reading, { code: 'unreachable' })
    assert.equal(sources.under.size, 0)
  })
})

describe('blocks fetched ahead from a bitcoind', () => {
  const network = useRegtest(1)

  it('join on', async () => {
    const { bitcoind } = network().node(0)
    const mined = await network().mine(0, 60)
    async function* chain(): AsyncGenerator<BlockHash> {
      yield* mined
    }
    let last: BlockHash | null = null
    let count = 0
    for await (const { hash, outcome } of fetchAhead(chain(), new BlockSources([createRestSource(bitcoind)]))) {
      assert.ok(outcome.kind === 'block')
      assert.equal(outcome.block.hash, hash)
      if (last !== null) assert.equal(outcome.block.previous, last)
      last = hash
      count += 1
    }
    assert.equal(count, mined.length)
  })
})
