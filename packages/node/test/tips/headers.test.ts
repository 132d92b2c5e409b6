import assert from 'node:assert/strict'
import type { Bitcoind } from '@belfry/bitcoind'
import { type BlockHash, type Height } from '@belfry/protocol/primitives'
import { readHeaders, submitHeaders } from '../../src/tips/index.ts'
import { useRegtest } from '../../../bitcoind/test/support/regtest-suite.ts'

const MAX = 144

describe('headers between two bitcoinds that do not see each other', () => {
  const regtest = useRegtest(2)
  let mine: Bitcoind
  let theirs: Bitcoind
  let common: BlockHash

  before(async () => {
    await regtest().mine(0, 3)
    common = await regtest().waitForSameTip()
    await regtest().node(0).disconnectFrom(regtest().node(1))
    mine = regtest().node(0).bitcoind
    theirs = regtest().node(1).bitcoind
    await regtest().mine(0, 2, await regtest().freshAddress())
    await regtest().mine(1, 4, await regtest().freshAddress())
  })

  const tipOf = async (bitcoind: Bitcoind) => {
    const { bestBlockHash: hash, blocks: height } = await bitcoind.getBlockchainInfo()
    return { hash, height }
  }

  /** As a member asks: its own tip first, then further down. */
  async function locator(): Promise<BlockHash[]> {
    const { hash, height } = await tipOf(mine)
    const below = await mine.getBlockHash(height - 1)
    assert.ok(below)
    return [hash, below, common]
  }

  it('are read from the first block that both have, up to the tip and no more than asked for', async () => {
    const headers = await readHeaders(theirs, await locator(), MAX)
    assert.equal(headers.length, 4)
    assert.deepEqual(await readHeaders(theirs, await locator(), 3), headers.slice(0, 3))
    assert.deepEqual(await readHeaders(theirs, ['ab'.repeat(32) as BlockHash], MAX), [])
  })

  it('that lead to less work are taken and are no better chain', async () => {
    const headers = await readHeaders(theirs, await locator(), 1)
    const { height } = await tipOf(mine)
    const { result, base, tip } = await submitHeaders(mine, headers)
    assert.deepEqual([result, base?.hash, tip?.height], ['no-more-work', common, height - 1])
  })

  it('that lead to more work are a better chain, which leaves mine where both last agreed', async () => {
    const { hash, height } = await tipOf(theirs)
    const judged = await submitHeaders(mine, await readHeaders(theirs, await locator(), MAX))
    assert.deepEqual(judged, { result: 'more-work', tip: { hash, height }, base: { hash: common, height: (height - 4) as Height } })
    assert.notEqual((await tipOf(mine)).hash, hash, 'a header alone moves no tip')
  })

  it('that are asked for from what was reached before go on from there', async () => {
    const [first, , third] = await readHeaders(theirs, await locator(), MAX)
    assert.ok(first && third)
    const { height } = await tipOf(theirs)
    const reached = await theirs.getBlockHash(height - 2)
    assert.ok(reached)
    const onward = await readHeaders(theirs, [reached, ...(await locator())], MAX)
    assert.deepEqual(onward[0], third)
    const { result, base } = await submitHeaders(mine, onward)
    assert.deepEqual([result, base?.hash], ['more-work', reached])
  })

  it('are refused without their work, and unconnected without what comes before them', async () => {
    const headers = await readHeaders(theirs, await locator(), MAX)
    const [first] = headers
    assert.ok(first)
    // A merkle root of somebody's choice: the hash has to be found anew, which on regtest takes two attempts on average.
    const forgeries = (header: Uint8Array) => Array.from({ length: 64 }, (_, at) => header.with(40, at))
    const resultsOf = async (headers: Uint8Array[]) => new Set(await Promise.all(headers.map(async (header) => (await submitHeaders(mine, [header])).result)))
    assert.ok((await resultsOf(forgeries(first))).has('refused'))
    assert.deepEqual(await resultsOf(forgeries(first.with(4, (first[4] ?? 0) ^ 1))), new Set(['refused', 'unconnected']))
    const unasked = { rpc: undefined, getBlockHeader: undefined, getBlockchainInfo: undefined } as never
    const junk = first.with(75, 0x1d)
    assert.equal((await submitHeaders(unasked, [junk])).result, 'refused', 'and bitcoind is not asked')
    assert.equal((await submitHeaders(mine, [first, first])).result, 'unconnected')
    assert.equal((await submitHeaders(mine, [])).result, 'unconnected')
  })

  it('of a chain that my bitcoind calls invalid are refused, however much work is in it', async () => {
    const headers = await readHeaders(theirs, await locator(), MAX)
    await mine.rpc.call('invalidateblock', [await theirs.getBlockHash((await tipOf(theirs)).height - 3)])
    assert.equal((await submitHeaders(mine, headers)).result, 'refused')
  })

  it('say nothing while my bitcoind does not answer', async () => {
    const headers = await readHeaders(theirs, await locator(), MAX)
    await regtest().node(0).stop()
    try {
      assert.deepEqual(await submitHeaders(mine, headers), { result: 'unreachable', tip: null, base: null })
      assert.deepEqual(await readHeaders(mine, [common], MAX), [])
    } finally {
      await regtest().node(0).restart()
    }
  })
})
