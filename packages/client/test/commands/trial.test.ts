/** What an owner's own bitcoind says: of the ladder, and of the block to anchor an order at. */
import assert from 'node:assert/strict'
import { PURSE_ADDRESS } from '@belfry/bitcoind'
import type { Feerate } from '@belfry/protocol/primitives'
import { useRegtest } from '../../../bitcoind/test/support/regtest-suite.ts'
import { anchorOfBitcoind, tryLadder } from '../../src/index.ts'
import { fundedSet, part } from '../rescue/scene.ts'

describe('the trial of a ladder', () => {
  // Above what the lower rungs pay.
  const regtest = useRegtest(1, () => ['-minrelaytxfee=0.0003'])

  it('has no anchor before there are blocks enough', async () => {
    const { bitcoind } = regtest().node(0)
    await assert.rejects(anchorOfBitcoind(bitcoind), { code: 'no-anchor' })
    await regtest().mine(0, 6)
    assert.equal((await anchorOfBitcoind(bitcoind)).height, 0)
    await regtest().mine(0, 20)
    const { height, hash } = await anchorOfBitcoind(bitcoind)
    assert.deepEqual([height, hash], [18, await bitcoind.getBlockHash(18)])
  })

  it('counts rungs as good that pay too little today, where one above them pays enough, and sends nothing', async () => {
    const { bitcoind } = regtest().node(0)
    const set = await fundedSet(regtest())
    const counted: number[] = []
    const { trial, refused, passed_by } = await tryLadder(bitcoind, set, (done) => counted.push(done))
    assert.deepEqual(refused, [])
    assert.deepEqual([trial.tried, trial.accepted], [set.transactions.length, set.transactions.length])
    assert.equal(trial.mempool_floor, 30_000)
    assert.equal(counted.at(-1), trial.tried)
    const ids = passed_by.map(({ id }) => id)
    assert.ok(ids.includes('clawback-0-0') && ids.includes('emergency-0') && !ids.includes('emergency-1'), ids.join(' '))
    assert.deepEqual((await bitcoind.getRawMempool()).txids, [])
  })

  it('counts what is meant for later as good, and tries the clawbacks that take fee coins too', async () => {
    const { bitcoind } = regtest().node(0)
    const set = await fundedSet(regtest(), { whole: true })
    const { trial, refused } = await tryLadder(bitcoind, set)
    assert.deepEqual(refused, [])
    assert.ok(set.transactions.some(({ id }) => id === 'dead-man-0') && set.transactions.some(({ id }) => id === 'anchored-0'))
    assert.equal(trial.accepted, set.transactions.length)
  })

  it('counts a whole ladder as bad that is under the market', async () => {
    const { bitcoind } = regtest().node(0)
    const set = await fundedSet(regtest())
    const dear = {
      ...bitcoind,
      getMempoolInfo: async () => ({ ...(await bitcoind.getMempoolInfo()), minFeerate: 260_000 as Feerate }),
    }
    const { trial, refused } = await tryLadder(dear, set)
    // bitcoind itself takes what pays 30 sat/vB alone; all that it refuses has no rung above that pays 260.
    assert.deepEqual(refused.map(({ id }) => id).filter((id) => id.startsWith('emergency')), ['emergency-0'])
    assert.equal(trial.accepted, trial.tried - refused.length)
  })

  it('is held of an unspent deposit only', async () => {
    const { bitcoind } = regtest().node(0)
    const set = await fundedSet(regtest())
    await bitcoind.generateBlock(PURSE_ADDRESS, [part(set, 'unvault-0').raw])
    await assert.rejects(tryLadder(bitcoind, set), { code: 'deposit-not-found' })
  })
})
