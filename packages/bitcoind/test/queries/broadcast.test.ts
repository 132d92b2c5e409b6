import assert from 'node:assert/strict'
import { type Bitcoind, type RawTransaction, serialise, txidOf } from '@belfry/bitcoind'
import { type Outpoint, outpointOf, parseTxid } from '@belfry/protocol/primitives'
import type { AnswerKind } from '../../src/answers.ts'
import { COIN_SATS, makeCoins, spend, useRegtest } from '../support/regtest-suite.ts'

const WRONG_WITNESS_SCRIPT = Uint8Array.of(0x00)

for (const policy of ['accept', 'enforce'] as const) {
  describe(`broadcasting to a bitcoind that would ${policy} TRUC`, () => {
    const isKnots = (): boolean => regtest().binary.flavour === 'knots'
    const regtest = useRegtest(1, ({ flavour }) => flavour === 'knots' ? [`-mempooltruc=${policy}`] : [])
    let bitcoind: Bitcoind
    let coins: Outpoint[] = []

    before(async () => {
      bitcoind = regtest().node(0).bitcoind
      coins = [...(await makeCoins(regtest(), 20)).outpoints]
    })

    function coin(): Outpoint {
      const next = coins.pop()
      assert.ok(next !== undefined, 'the suite has too few coins')
      return next
    }

    async function assertRefused(transaction: RawTransaction, kind: AnswerKind): Promise<void> {
      assert.equal((await bitcoind.testAccept([serialise(transaction)])).kind, kind)
      assert.equal((await bitcoind.broadcast(serialise(transaction))).kind, kind)
      assert.equal((await bitcoind.broadcastPackage([serialise(transaction)])).kind, kind)
    }

    it('is accepted, and again while it waits', async () => {
      const transaction = serialise(spend(coin(), 500))
      assert.deepEqual(await bitcoind.testAccept([transaction]), { kind: 'accepted' })
      assert.deepEqual(await bitcoind.broadcast(transaction), { kind: 'accepted' })
      assert.deepEqual(await bitcoind.testAccept([transaction]), { kind: 'already-known' })
      assert.deepEqual(await bitcoind.broadcast(transaction), { kind: 'accepted' })
      assert.deepEqual(await bitcoind.broadcastPackage([transaction]), { kind: 'accepted' })
    })

    it('is already known once confirmed', async () => {
      const transaction = spend(coin(), 500)
      await bitcoind.broadcast(serialise(transaction))
      await regtest().mine(0, 1)
      await assertRefused(transaction, 'already-known')
    })

    it('lacks its coin once that is spent in the chain', async () => {
      const outpoint = coin()
      await bitcoind.broadcast(serialise(spend(outpoint, 500)))
      await regtest().mine(0, 1)
      await assertRefused(spend(outpoint, 50_000), 'inputs-missing')
    })

    it('lacks a coin that never was', async () => {
      await assertRefused(spend(outpointOf(parseTxid('11'.repeat(32)), 0), 500), 'inputs-missing')
    })

    it('pays too little', async () => {
      await assertRefused(spend(coin(), 0), 'fee-too-low')
      await assertRefused(spend(coin(), 90), 'fee-too-low')
    })

    it('conflicts with one that pays as much, and replaces one that pays less', async () => {
      const outpoint = coin()
      await bitcoind.broadcast(serialise(spend(outpoint, 500)))
      await assertRefused(spend(outpoint, 400), 'conflict')
      await assertRefused(spend(outpoint, 501), 'conflict')
      assert.equal((await bitcoind.broadcast(serialise(spend(outpoint, 5000)))).kind, 'accepted')
    })

    it('is not final before its lock time, nor before its relative lock', async () => {
      const { blocks } = await bitcoind.getBlockchainInfo()
      const outpoint = coin()
      await assertRefused(spend(outpoint, 500, { locktime: blocks + 10 }), 'not-final')
      const locked = spend(outpoint, 500, { sequence: 10 })
      // One block confirmed it; how many more came since depends on the tests before.
      const { confirmations } = await bitcoind.getTxOut(outpoint, true) ?? { confirmations: 0 }
      if (confirmations < 9) await assertRefused(locked, 'not-final')
      await regtest().mine(0, 10)
      assert.equal((await bitcoind.broadcast(serialise(locked))).kind, 'accepted')
    })

    it('is not final before the coinbase that it spends is mature', async () => {
      const [hash] = await regtest().mine(0, 1)
      assert.ok(hash !== undefined)
      const block = await bitcoind.rpc.call('getblock', [hash, 1])
      const txid = /"tx":\["([0-9a-f]{64})"/.exec(JSON.stringify(block))?.[1] ?? ''
      const outpoint = outpointOf(parseTxid(txid), 0)
      const output = await bitcoind.getTxOut(outpoint, true)
      assert.ok(output !== null)
      await assertRefused(spend(outpoint, 500, { value: Number(output.value) }), 'not-final')
    })

    it('fails its script', async () => {
      await assertRefused(spend(coin(), 500, { witness: [WRONG_WITNESS_SCRIPT] }), 'script-invalid')
    })

    it('is refused for what else is wrong, with bitcoind\'s words', async () => {
      await assertRefused(spend(coin(), COIN_SATS - 100), 'non-standard')
      await assertRefused(spend(coin(), -1), 'invalid')
      const answer = await bitcoind.broadcast(Uint8Array.of(1, 2, 3))
      assert.ok(answer.kind === 'invalid' && answer.reason.includes('TX decode failed'))
      assert.equal((await bitcoind.testAccept([Uint8Array.of(1, 2, 3)])).kind, 'invalid')
      assert.equal((await bitcoind.broadcastPackage([])).kind, 'rejected')
    })

    describe('a package of an unvault and its clawback', () => {
      function pair(outpoint: Outpoint, parentFee: number, childFee: number, childVersion = 3): Uint8Array[] {
        const parent = spend(outpoint, parentFee)
        const options = { value: COIN_SATS - parentFee, version: childVersion }
        return [serialise(parent), serialise(spend(outpointOf(txidOf(parent), 0), childFee, options))]
      }

      it('is accepted whole, again, and with a higher child', async () => {
        const outpoint = coin()
        assert.equal((await bitcoind.testAccept(pair(outpoint, 400, 500))).kind, 'accepted')
        assert.equal((await bitcoind.broadcastPackage(pair(outpoint, 400, 500))).kind, 'accepted')
        assert.equal((await bitcoind.broadcastPackage(pair(outpoint, 400, 500))).kind, 'accepted')
        assert.equal((await bitcoind.broadcastPackage(pair(outpoint, 400, 450))).kind, 'conflict')
        assert.equal((await bitcoind.broadcastPackage(pair(outpoint, 400, 5000))).kind, 'accepted')
        await regtest().mine(0, 1)
        assert.equal((await bitcoind.broadcastPackage(pair(outpoint, 400, 5000))).kind, 'already-known')
      })

      it('is accepted when the parent is in the chain already', async () => {
        const outpoint = coin()
        const [parent, child] = pair(outpoint, 400, 500)
        assert.ok(parent !== undefined && child !== undefined)
        await bitcoind.broadcast(parent)
        await regtest().mine(0, 1)
        assert.equal((await bitcoind.broadcastPackage([parent, child])).kind, 'accepted')
      })

      it('says what is wrong with the parent when the child is sound', async () => {
        const outpoint = coin()
        await bitcoind.broadcast(serialise(spend(outpoint, 700)))
        assert.equal((await bitcoind.broadcastPackage(pair(outpoint, 400, 500))).kind, 'conflict')
        await regtest().mine(0, 1)
        assert.equal((await bitcoind.testAccept(pair(outpoint, 400, 500))).kind, 'inputs-missing')
        assert.equal((await bitcoind.broadcastPackage(pair(outpoint, 400, 500))).kind, 'inputs-missing')
        assert.equal((await bitcoind.broadcastPackage(pair(coin(), 0, 0))).kind, 'fee-too-low')
      })

      it('says what is wrong with the child when the parent is sound', async () => {
        const lowChild = pair(coin(), 400, 10)
        assert.equal((await bitcoind.testAccept(lowChild)).kind, 'fee-too-low')
        assert.equal((await bitcoind.broadcastPackage(lowChild)).kind, 'fee-too-low')
      })

      it('is rejected when its transactions have nothing to do with each other', async () => {
        const unrelated = [serialise(spend(coin(), 500)), serialise(spend(coin(), 500))]
        assert.equal((await bitcoind.broadcastPackage(unrelated)).kind, 'mempool-limits')
      })

      it('may pay for a parent without a fee, or mix versions, as TRUC rules are enforced', async () => {
        const isEnforced = !isKnots() || policy === 'enforce'
        const paidByChild = await bitcoind.broadcastPackage(pair(coin(), 0, 5000))
        assert.equal(paidByChild.kind, isEnforced ? 'accepted' : 'fee-too-low')
        const mixed = await bitcoind.testAccept(pair(coin(), 400, 500, 2))
        assert.equal(mixed.kind, isEnforced ? 'mempool-limits' : 'accepted')
      })
    })
  })
}

describe('broadcasting to a bitcoind that is gone', () => {
  const regtest = useRegtest(1)

  it('is unreachable, which says nothing of the transaction', async () => {
    const { bitcoind } = regtest().node(0)
    const { transaction } = await makeCoins(regtest(), 1)
    await regtest().node(0).stop()
    for (const answer of [
      await bitcoind.broadcast(transaction),
      await bitcoind.broadcastPackage([transaction, transaction]),
      await bitcoind.testAccept([transaction]),
    ]) {
      assert.ok(answer.kind === 'unreachable' && answer.code === 'unreachable')
    }
    await regtest().node(0).restart()
    assert.equal((await bitcoind.broadcast(transaction)).kind, 'already-known')
  })

  it('is unreachable when the caller gives up', async () => {
    const answer = await regtest().node(0).bitcoind.broadcast(Uint8Array.of(0), { signal: AbortSignal.abort() })
    assert.ok(answer.kind === 'unreachable' && answer.code === 'aborted')
  })
})
