/** What an owner's own bitcoind says: of the ladder, and of the block to anchor an order at. */
import assert from 'node:assert/strict'
import { PURSE_ADDRESS } from '@belfry/bitcoind'
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

  it('counts what bitcoind would take today, names the rest, and sends nothing', async () => {
    const { bitcoind } = regtest().node(0)
    const set = await fundedSet(regtest())
    const counted: number[] = []
    const { trial, refused } = await tryLadder(bitcoind, set, (done) => counted.push(done))
    assert.equal(trial.tried, set.transactions.length)
    assert.equal(trial.accepted + refused.length, trial.tried)
    assert.equal(trial.mempool_floor, 30_000)
    assert.equal(counted.at(-1), trial.tried)
    assert.ok(refused.length > 0 && refused.every(({ answer }) => answer.kind === 'fee-too-low'), JSON.stringify(refused))
    const ids = refused.map(({ id }) => id)
    assert.ok(ids.includes('unvault-0') && ids.includes('clawback-0-0'), 'each below the floor')
    // A clawback is tried with its unvault, and both together must pay.
    assert.ok(!ids.includes('clawback-0-3') && !ids.includes('emergency-1'), ids.join(' '))
    assert.deepEqual((await bitcoind.getRawMempool()).txids, [])
  })

  it('is held of an unspent deposit only', async () => {
    const { bitcoind } = regtest().node(0)
    const set = await fundedSet(regtest())
    await bitcoind.generateBlock(PURSE_ADDRESS, [part(set, 'unvault-0').raw])
    await assert.rejects(tryLadder(bitcoind, set), { code: 'deposit-not-found' })
  })
})
