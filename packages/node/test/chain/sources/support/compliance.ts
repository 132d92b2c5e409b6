import assert from 'node:assert/strict'
import type { BitcoindBinary } from '@belfry/bitcoind'
import { type BlockHash, fromHex } from '@belfry/protocol/primitives'
import { useRegtest } from '../../../../../bitcoind/test/support/regtest-suite.ts'
import type { BlockSource } from '../../../../src/chain/sources/index.ts'
import { pollUntil } from '../../support/stage.ts'

export interface Subject {
  readonly source: BlockSource
  /** Until it should have this block, which bitcoind has mined just now. */
  readonly untilThere: (hash: BlockHash) => Promise<void>
  readonly close: () => Promise<void>
}

export type Network = ReturnType<ReturnType<typeof useRegtest>>

const UNKNOWN = '12'.repeat(32) as BlockHash

/** What every block source does, on a real bitcoind. */
export function testBlockSource(
  name: string,
  start: (network: Network) => Promise<Subject>,
  extraArgs?: (binary: BitcoindBinary) => readonly string[],
): void {
  describe(`${name}, a block source`, () => {
    const network = useRegtest(1, extraArgs)
    let subject: Subject
    let source: BlockSource

    before(async () => {
      subject = await start(network())
      source = subject.source
    })

    after(() => subject.close())

    async function mined(): Promise<BlockHash> {
      const [hash] = await network().mine(0, 1)
      assert.ok(hash !== undefined)
      await subject.untilThere(hash)
      return hash
    }

    async function bytesOf(hash: BlockHash): Promise<Uint8Array> {
      return fromHex(String(await network().node(0).bitcoind.rpc.call('getblock', [hash, 0])))
    }

    it('gives the bytes of a block, as often as asked', async () => {
      const hash = await mined()
      const bytes = await bytesOf(hash)
      for (let times = 0; times < 2; times++) {
        assert.deepEqual(await source.fetch(hash), { kind: 'block', bytes })
      }
    })

    it('gives plain arrays of bytes', async () => {
      const outcome = await source.fetch(await mined())
      assert.ok(outcome.kind === 'block')
      assert.equal(Object.getPrototypeOf(outcome.bytes), Uint8Array.prototype)
    })

    it('says of a block that nobody has that it is not there', async () => {
      assert.equal((await source.fetch(UNKNOWN)).kind, 'not-there')
    })

    it('says of a block of which bitcoind has the header alone that it is not there', async () => {
      const { bitcoind } = network().node(0)
      const address = await network().freshAddress()
      const answer = await bitcoind.rpc.call('generateblock', [address, [], false])
      assert.ok(typeof answer === 'object' && answer !== null && 'hash' in answer && 'hex' in answer)
      await bitcoind.submitHeader(fromHex(String(answer.hex)).subarray(0, 80))
      assert.equal((await source.fetch(String(answer.hash) as BlockHash)).kind, 'not-there')
    })

    it('answers many at once, each with its own', async () => {
      const hashes: BlockHash[] = []
      for (let blocks = 0; blocks < 5; blocks++) hashes.push(await mined())
      const asked = [...hashes, UNKNOWN, ...hashes, UNKNOWN, ...hashes]
      const outcomes = await Promise.all(asked.map((hash) => source.fetch(hash)))
      for (const [i, hash] of asked.entries()) {
        const outcome = outcomes[i]
        if (hash === UNKNOWN) assert.equal(outcome?.kind, 'not-there')
        else assert.deepEqual(outcome, { kind: 'block', bytes: await bytesOf(hash) })
      }
    })

    it('is given up with its signal', async () => {
      const hash = await mined()
      await assert.rejects(source.fetch(hash, { signal: AbortSignal.abort() }), { code: 'aborted' })
    })

    it('says in time that it cannot now when bitcoind hangs, unless it has the block itself', async () => {
      const hash = await mined()
      const { pid } = network().node(0)
      assert.ok(pid !== null)
      process.kill(pid, 'SIGSTOP')
      try {
        if (source.isComplete) {
          // It may answer once more before the signal has reached it.
          await pollUntil('a timeout', async () => {
            const outcome = await source.fetch(hash, { timeout_ms: 100 })
            return outcome.kind === 'not-now' && codeOf(outcome.error) === 'timeout'
          })
        } else assert.equal((await source.fetch(hash, { timeout_ms: 100 })).kind, 'block')
      } finally {
        process.kill(pid, 'SIGCONT')
      }
      assert.equal((await source.fetch(hash)).kind, 'block')
    })

    it('says that it cannot now when bitcoind is gone, and gives blocks again when it is back', async () => {
      const hash = await mined()
      const node = network().node(0)
      await node.stop()
      const outcome = await source.fetch(hash)
      if (source.isComplete) assert.ok(outcome.kind === 'not-now' && codeOf(outcome.error) === 'unreachable')
      else assert.equal(outcome.kind, 'block')
      await node.restart()
      const next = await mined()
      assert.deepEqual(await source.fetch(next), { kind: 'block', bytes: await bytesOf(next) })
    })
  })
}

function codeOf(error: Error): unknown {
  return 'code' in error ? error.code : null
}
