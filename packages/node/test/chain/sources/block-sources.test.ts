import assert from 'node:assert/strict'
import { BitcoindError, connectBitcoind } from '@belfry/bitcoind'
import type { BlockHash } from '@belfry/protocol/primitives'
import {
  AnnouncedBlocks, type BlockOutcome, type BlockSource, type BlockSourceName, BlockSources, createRestSource,
  createRpcSource,
} from '../../../src/chain/sources/index.ts'
import { readBlock } from '../../../src/chain/serial/index.ts'
import { useRegtest } from '../../../../bitcoind/test/support/regtest-suite.ts'
import { answer, startStrangeServer } from '../../../../bitcoind/test/support/strange-server.ts'

const BYTES = new Uint8Array(90).fill(1)
const { hash: HASH, previous: PREVIOUS } = readBlock(BYTES)
const THERE: BlockOutcome = { kind: 'block', bytes: BYTES }
const ABSENT: BlockOutcome = { kind: 'not-there', reason: 'unsaid' }
const UNKNOWN: BlockOutcome = { kind: 'not-there', reason: 'unknown' }
const HANGS: BlockOutcome = { kind: 'not-now', error: new BitcoindError('timeout', 'it hangs') }
const WRONG: BlockOutcome = { kind: 'block', bytes: new Uint8Array(90).fill(2) }
const SHORT: BlockOutcome = { kind: 'block', bytes: new Uint8Array(79) }

/** Answers as the test wants. */
class Scripted implements BlockSource {
  readonly name: BlockSourceName
  readonly isComplete: boolean
  asked = 0
  readonly forgotten: BlockHash[] = []
  says: BlockOutcome

  constructor(name: BlockSourceName, says: BlockOutcome) {
    this.name = name
    this.isComplete = name !== 'zmq'
    this.says = says
  }

  async fetch(): Promise<BlockOutcome> {
    this.asked += 1
    return this.says
  }

  forget(hash: BlockHash): void {
    this.forgotten.push(hash)
  }
}

describe('the order among block sources', () => {
  let now_ms: number
  let zmq: Scripted
  let rest: Scripted
  let rpc: Scripted
  let sources: BlockSources

  beforeEach(() => {
    now_ms = 0
    zmq = new Scripted('zmq', ABSENT)
    rest = new Scripted('rest', THERE)
    rpc = new Scripted('rpc', THERE)
    sources = new BlockSources([zmq, rest, rpc], { now: () => now_ms })
  })

  async function sourceOf(): Promise<string> {
    const outcome = await sources.fetch(HASH)
    return outcome.kind === 'block' ? outcome.block.source : outcome.kind
  }

  it('is asked until one has the block', async () => {
    zmq.says = THERE
    assert.equal(await sourceOf(), 'zmq')
    zmq.says = ABSENT
    assert.equal(await sourceOf(), 'rest')
    assert.deepEqual([zmq.asked, rest.asked, rpc.asked], [2, 1, 0])
  })

  it('gives the block with its hash and the one before', async () => {
    assert.deepEqual(await sources.fetch(HASH), {
      kind: 'block', block: { hash: HASH, previous: PREVIOUS, bytes: BYTES, source: 'rest' },
    })
  })

  for (const [what, outcome] of Object.entries({ ABSENT, HANGS, WRONG, SHORT })) {
    it(`lets a source rest that says ${what} when a later one has the block, and comes back to it`, async () => {
      rest.says = outcome
      assert.equal(await sourceOf(), 'rpc')
      assert.equal(await sourceOf(), 'rpc')
      assert.equal(rest.asked, 1)
      rest.says = THERE
      now_ms += 10_000
      assert.equal(await sourceOf(), 'rest')
      assert.equal(await sourceOf(), 'rest')
    })
  }

  it('lets a source that stays off rest longer and longer, up to five minutes', async () => {
    rest.says = ABSENT
    const asked: number[] = []
    for (; now_ms < 3_600_000; now_ms += 1_000) {
      const before = rest.asked
      await sources.fetch(HASH)
      if (rest.asked > before) asked.push(now_ms / 1_000)
    }
    assert.deepEqual(asked.slice(0, 7), [0, 10, 30, 70, 150, 310, 610])
  })

  it('takes those that fail together for one failure', async () => {
    rest.says = HANGS
    await Promise.all(Array.from({ length: 8 }, () => sources.fetch(HASH)))
    now_ms += 10_000
    rest.says = THERE
    assert.equal(await sourceOf(), 'rest')
  })

  it('lets nobody rest for what no other has', async () => {
    for (const outcome of [UNKNOWN, HANGS]) {
      rest.says = HANGS
      rpc.says = outcome
      assert.deepEqual(await sources.fetch(HASH), outcome)
    }
    rest.says = THERE
    assert.equal(await sourceOf(), 'rest')
    assert.equal(zmq.asked, 3)
  })

  it('never lets announced blocks rest: nobody expects them to have all', async () => {
    await sources.fetch(HASH)
    await sources.fetch(HASH)
    assert.equal(zmq.asked, 2)
  })

  it('gives what the last one says, when all are passed over', async () => {
    rest.says = ABSENT
    rpc.says = { kind: 'not-there', reason: 'not-stored' }
    assert.deepEqual(await sources.fetch(HASH), rpc.says)
    rpc.says = WRONG
    const outcome = await sources.fetch(HASH)
    assert.ok(outcome.kind === 'not-now')
    assert.equal(outcome.error.code, 'wrong-block')
  })

  it('asks another after a block that cannot be read, and forgets that one', async () => {
    zmq.says = THERE
    const first = await sources.fetch(HASH)
    assert.ok(first.kind === 'block')
    sources.reject(first.block)
    assert.deepEqual(zmq.forgotten, [HASH])
    zmq.says = ABSENT
    const second = await sources.fetch(HASH)
    assert.ok(second.kind === 'block' && second.block.source === 'rest')
    sources.reject(second.block)
    assert.equal(await sourceOf(), 'rpc')
  })

  it('counts', async () => {
    rest.says = WRONG
    await sources.fetch(HASH)
    now_ms += 10_000
    rest.says = HANGS
    await sources.fetch(HASH)
    assert.deepEqual(sources.counters(), {
      zmq: { blocks: 0, bytes: 0, absent: 2, failures: 0, wrong: 0 },
      rest: { blocks: 0, bytes: 0, absent: 0, failures: 1, wrong: 1 },
      rpc: { blocks: 2, bytes: 180, absent: 0, failures: 0, wrong: 0 },
    })
  })

  it('is given up with the signal, also between two sources', async () => {
    const giveUp = new AbortController()
    const first: BlockSource = {
      name: 'rest', isComplete: true, fetch: async () => {
        giveUp.abort()
        return HANGS
      },
    }
    const both = new BlockSources([first, rpc])
    await assert.rejects(both.fetch(HASH, { signal: giveUp.signal }), { code: 'aborted' })
    assert.equal(rpc.asked, 0)
  })
})

describe('block sources on a bitcoind', () => {
  const network = useRegtest(1)

  /** Something that refuses, hangs or lies in place of REST, before the real bitcoind. */
  async function beforeRest(says: string | null, check: (sources: BlockSources, hash: BlockHash) => Promise<void>): Promise<void> {
    const node = network().node(0)
    const server = await startStrangeServer((_, socket) => {
      if (says !== null) socket.write(says, 'latin1')
    })
    const strange = connectBitcoind({ port: server.port, auth: { user: 'belfry', password: 'x' } })
    try {
      const sources = new BlockSources([new AnnouncedBlocks(), createRestSource(strange), createRpcSource(node.bitcoind)])
      const [hash] = await network().mine(0, 1)
      assert.ok(hash !== undefined)
      await check(sources, hash)
    } finally {
      strange.close()
      await server.close()
    }
  }

  const genesis = (): Promise<string> => network().node(0).bitcoind.rpc.call('getblockhash', [0])
    .then((hash) => network().node(0).bitcoind.getBlockOverRest(String(hash) as BlockHash))
    .then((bytes) => Buffer.from(bytes ?? []).toString('latin1'))

  const cases: Readonly<Record<string, () => Promise<string | null>>> = {
    'refuses': async () => answer(403, 'no'),
    'is not there': async () => answer(404, ''),
    'hangs': async () => null,
    'gives another block': async () => `HTTP/1.1 200 OK\r\nContent-Length: 285\r\n\r\n${await genesis()}`,
    'gives too little': async () => `HTTP/1.1 200 OK\r\nContent-Length: 285\r\n\r\n${(await genesis()).slice(0, 100)}`,
    'gives too much': async () => `HTTP/1.1 200 OK\r\nContent-Length: 285\r\n\r\n${await genesis()}more`,
    'gives nothing': async () => answer(200, ''),
    'is broken': async () => answer(500, ''),
    'is no HTTP server': async () => 'hello\r\n\r\n',
  }
  for (const [what, says] of Object.entries(cases)) {
    it(`come over RPC where REST ${what}, and REST rests`, async () => {
      await beforeRest(await says(), async (sources, hash) => {
        const outcome = await sources.fetch(hash, { timeout_ms: 200 })
        assert.ok(outcome.kind === 'block')
        assert.deepEqual([outcome.block.hash, outcome.block.source], [hash, 'rpc'])
        const { rest } = sources.counters()
        const faults = (rest?.absent ?? 0) + (rest?.failures ?? 0) + (rest?.wrong ?? 0)
        assert.equal(faults, 1)
        await sources.fetch(hash)
        assert.deepEqual(sources.counters().rest, rest)
      })
    })
  }
})
