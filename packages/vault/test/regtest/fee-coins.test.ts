import assert from 'node:assert/strict'
import { type Feerate, type Outpoint, outpointOf, type Sats, sats } from '@belfry/protocol/primitives'
import type { Bitcoind, BroadcastAnswer, Regtest } from '../../../bitcoind/src/index.ts'
import { useRegtest } from '../../../bitcoind/test/support/regtest-suite.ts'
import {
  buildSplit, createPlan, type FeeCoin, feerate, joinCoin, multisigScript, payByChild, planSplit, poolTargets, type SignedTransaction,
  signRecoverySet, type TransactionId, USUAL_ANCHORED_VSIZE, USUAL_ANYONE_CAN_PAY_VSIZE,
} from '../../src/index.ts'
import { anchored, anyoneCanPay, coinSigner, parentOf, scriptOfKey, SHARED_SCRIPT, type SharedCoin } from '../support/fee-parents.ts'
import { signerOf, testKey, testKeys } from '../support/keys.ts'
import { COLD, pubs, request } from '../support/plans.ts'

const KEY = testKey('fee-regtest')
const KEYS = testKeys('fee-pool', 16)
const MINE = scriptOfKey(KEY)
const sign = coinSigner([KEY, ...KEYS])
const VALUE = 50_000_000
const U_FEE = 400n
const OWN_FEE = 400n
const POLICIES = { 'that enforces TRUC': ['-mempooltruc=enforce'], 'with its default policy': [] } as const

function isIn(answer: BroadcastAnswer): void {
  assert.equal(answer.kind, 'accepted', JSON.stringify(answer))
}

for (const [policy, knotsArgs] of Object.entries(POLICIES))
  describe(`fee coins on a real bitcoind ${policy}`, () => {
    const regtest = useRegtest(1, ({ flavour }) => (flavour === 'knots' ? knotsArgs : []))
    const bitcoind = (): Bitcoind => regtest().node(0).bitcoind

    /** U in the mempool, or confirmed, and confirmed fee coins of these values. */
    async function scene(values: readonly number[], confirmed: boolean): Promise<{ unvaulted: SharedCoin; coins: FeeCoin[] }> {
      const { deposit, coins } = await fund(regtest(), values)
      const unvault = parentOf({ coin: deposit, fee: U_FEE, to: SHARED_SCRIPT })
      await bitcoind().sendRawTransaction(unvault.raw)
      if (confirmed) await regtest().mine(0, 1)
      return { unvaulted: { outpoint: outpointOf(unvault.txid, 0), value: sats(deposit.value - U_FEE) }, coins }
    }

    for (const confirmed of [false, true]) {
      const when = confirmed ? 'confirmed' : 'in the mempool'

      it(`takes A with a coin while U is ${when}, and a larger coin instead of it`, async () => {
        const { unvaulted, coins } = await scene([40_000, 40_100, 90_000], confirmed)
        const a = anyoneCanPay(unvaulted, OWN_FEE)
        const [small, hardly_more, large] = coins.map((coin) => joinCoin({ raw: a.raw, own_fee: sats(OWN_FEE), coin, sign }))
        assert.ok(small && hardly_more && large)
        isIn(await bitcoind().broadcast(small.raw))
        const entry = await bitcoind().getMempoolEntry(small.txid)
        assert.equal(entry?.vsize, small.vsize)
        assert.equal(entry?.fee, small.fee)
        // More, but less more than the incremental relay fee.
        const refused = await bitcoind().broadcast(hardly_more.raw)
        assert.equal(refused.kind, 'conflict')
        isIn(await bitcoind().broadcast(large.raw))
        assert.equal(await bitcoind().getMempoolEntry(small.txid), null)
        await regtest().mine(0, 1)
        assert.equal((await bitcoind().getTxOut(outpointOf(large.txid, 0), false))?.confirmations, 1)
        // The coin of the one that was replaced is there for the next.
        assert.ok(await bitcoind().getTxOut(coins[0]?.outpoint ?? assert.fail(), true))
      })
    }

    it('takes P with its child as a package once U is confirmed, and a child that pays more', async () => {
      const { unvaulted, coins } = await scene([100_000, 200_000], true)
      const p = anchored(unvaulted, OWN_FEE)
      const [one, two] = coins
      assert.ok(one && two)
      const child = (coin: FeeCoin, rate: Feerate, min_fee: Sats = sats(0)) =>
        payByChild({ parent: p.raw, parent_fee: sats(OWN_FEE), coin, change: MINE, feerate: rate, min_fee, sign })
      const first = child(one, feerate(60_000))
      isIn(await bitcoind().broadcastPackage([p.raw, first.raw]))
      const entry = await bitcoind().getMempoolEntry(first.txid)
      assert.equal(entry?.vsize, first.vsize)
      assert.equal(entry?.fee, first.fee)
      assert.equal(entry?.ancestors.fee, first.package_fee)
      assert.ok(first.package_feerate >= 60_000)
      // The same coin again, for less than the incremental relay fee more.
      const hardly_more = child(one, feerate(0), sats(first.package_fee + 100n))
      assert.equal((await bitcoind().broadcastPackage([p.raw, hardly_more.raw])).kind, 'conflict')
      const second = child(two, feerate(300_000))
      isIn(await bitcoind().broadcastPackage([p.raw, second.raw]))
      assert.equal(await bitcoind().getMempoolEntry(first.txid), null)
      await regtest().mine(0, 1)
      const change = await bitcoind().getTxOut(outpointOf(second.txid, 0), false)
      assert.equal(change?.value, second.change)
      assert.deepEqual(change?.script, MINE)
    })

    it('takes P with its child for a rung that waits, by the fee of the whole package only', async () => {
      const { unvaulted, coins } = await scene([300_000], true)
      const [coin] = coins
      assert.ok(coin)
      const rung = parentOf({ coin: unvaulted, fee: 20_000n })
      isIn(await bitcoind().broadcast(rung.raw))
      const p = anchored(unvaulted, OWN_FEE)
      const child = (min_fee: number) => payByChild({
        parent: p.raw, parent_fee: sats(OWN_FEE), coin, change: MINE, feerate: feerate(0), min_fee: sats(min_fee), sign,
      })
      const less = await bitcoind().broadcastPackage([p.raw, child(15_000).raw])
      assert.notEqual(less.kind, 'accepted')
      isIn(await bitcoind().broadcastPackage([p.raw, child(80_000).raw]))
      assert.equal(await bitcoind().getMempoolEntry(rung.txid), null)
    })

    it('refuses a coin that is not confirmed', async () => {
      const { unvaulted, coins } = await scene([1_500_000], true)
      const split = await splitOf(coins)
      isIn(await bitcoind().broadcast(split.raw))
      const [unconfirmed] = split.coins
      assert.ok(unconfirmed)
      const p = anchored(unvaulted, OWN_FEE)
      const child = payByChild({
        parent: p.raw, parent_fee: sats(OWN_FEE), coin: unconfirmed, change: MINE, feerate: feerate(50_000), min_fee: sats(0), sign,
      })
      const answer = await bitcoind().broadcastPackage([p.raw, child.raw])
      assert.equal(answer.kind, 'mempool-limits')
    })

    it('takes the split of a coin, whose parts then pay', async () => {
      const { unvaulted, coins } = await scene([2_000_000], true)
      const split = await splitOf(coins)
      isIn(await bitcoind().broadcast(split.raw))
      const entry = await bitcoind().getMempoolEntry(split.txid)
      assert.ok(entry !== null && entry.fee * 1_000n >= BigInt(entry.vsize) * 3_000n)
      await regtest().mine(0, 1)
      const a = anyoneCanPay(unvaulted, OWN_FEE)
      const coin = split.coins[1]
      assert.ok(coin)
      isIn(await bitcoind().broadcast(joinCoin({ raw: a.raw, own_fee: sats(OWN_FEE), coin, sign }).raw))
    })

    it('pays for the A and the P of a whole recovery set, in the sizes that the pool is planned by', async () => {
      const cold = { threshold: 2, keys: pubs(COLD) }
      const { outpoints: [outpoint, ...rest] } = await regtest().purse.fund([
        { script: multisigScript(cold, 'regtest').script, value: sats(VALUE) },
        ...[90_000, 340_000].map((value) => ({ script: MINE, value: sats(value) })),
      ])
      const [small, large] = rest.map((one, i): FeeCoin => ({ outpoint: one, value: sats(i === 0 ? 90_000 : 340_000), key: KEY.pub }))
      assert.ok(outpoint && small && large)
      const deposit = { outpoint, value: sats(VALUE) }
      const { plan } = createPlan(request({ csv: 12, cold, deposit, fee_coins: { anyone_can_pay: true, anchored: true } }))
      const { transactions } = signRecoverySet(plan, pubs(COLD), signerOf(COLD))
      const part = (id: TransactionId): SignedTransaction => transactions.find((one) => one.id === id) ?? assert.fail(`no ${id}`)
      isIn(await bitcoind().broadcast(part('unvault-0').raw))
      await regtest().mine(0, 1)
      const [a, p] = [part('anyone-can-pay-0'), part('anchored-0')]
      const joined = joinCoin({ raw: a.raw, own_fee: a.fee, coin: small, sign })
      assert.ok(joined.vsize <= USUAL_ANYONE_CAN_PAY_VSIZE && joined.vsize >= USUAL_ANYONE_CAN_PAY_VSIZE - 2, `${joined.vsize}`)
      isIn(await bitcoind().broadcast(joined.raw))
      assert.equal((await bitcoind().getMempoolEntry(joined.txid))?.fee, joined.fee)
      const child = payByChild({
        parent: p.raw, parent_fee: p.fee, coin: large, change: MINE, feerate: feerate(600_000), min_fee: sats(0), sign,
      })
      const { package_vsize } = child
      assert.ok(package_vsize <= USUAL_ANCHORED_VSIZE && package_vsize >= USUAL_ANCHORED_VSIZE - 2, `${package_vsize}`)
      isIn(await bitcoind().broadcastPackage([p.raw, child.raw]))
      assert.equal(await bitcoind().getMempoolEntry(joined.txid), null)
    })

    async function splitOf(coins: readonly FeeCoin[]) {
      const plan = planSplit(coins, poolTargets({ anyone_can_pay: true, anchored: true }), feerate(3_000))
      assert.ok(plan !== null)
      const built = buildSplit({ plan, keys: KEYS.map(({ pub }) => pub), sign })
      const made = plan.outputs.map((value, vout): FeeCoin => {
        return { outpoint: outpointOf(built.txid, vout), value, key: KEYS[vout]?.pub ?? assert.fail() }
      })
      return { ...built, coins: made }
    }
  })

async function fund(regtest: Regtest, values: readonly number[]): Promise<{ deposit: SharedCoin; coins: FeeCoin[] }> {
  const { outpoints } = await regtest.purse.fund([
    { script: SHARED_SCRIPT, value: sats(VALUE) },
    ...values.map((value) => ({ script: MINE, value: sats(value) })),
  ])
  const [deposit, ...rest] = outpoints
  assert.ok(deposit)
  const coins = rest.map((outpoint: Outpoint, i): FeeCoin => ({ outpoint, value: sats(values[i] ?? 0), key: KEY.pub }))
  return { deposit: { outpoint: deposit, value: sats(VALUE) }, coins }
}
