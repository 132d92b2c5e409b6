import assert from 'node:assert/strict'
import { outpointOf, sats } from '@belfry/protocol/primitives'
import type { BroadcastAnswer } from '@belfry/bitcoind'
import { useRegtest } from '../../../bitcoind/test/support/regtest-suite.ts'
import { parentOf } from '../../../vault/test/support/fee-parents.ts'
import type { FeeWalletConfig } from '../../src/config/index.ts'
import { Scene } from './scene.ts'

const POLICIES = { 'that enforces TRUC': ['-mempooltruc=enforce'], 'with its default policy': [] } as const

for (const [policy, knotsArgs] of Object.entries(POLICIES))
  describe(`bumps of the fee wallet at a real bitcoind ${policy}`, () => {
    const regtest = useRegtest(1, ({ flavour }) => (flavour === 'knots' ? knotsArgs : []))
    const scene = (config: Partial<FeeWalletConfig> = {}): Promise<Scene> => Scene.of(regtest(), config)

    for (const confirmed of [false, true]) {
      it(`completes A with the smallest coin that pays enough while U is ${confirmed ? 'confirmed' : 'in the mempool'}`, async () => {
        const s = await scene()
        await s.fund(23_600, 60_000, 240_000)
        const theft = await s.theft(confirmed)
        const first = await theft.bump('anyone-can-pay', 200)
        assert.equal(first.answer, 'accepted')
        assert.ok(first.txid !== null && first.feerate !== null && first.feerate >= 200_000 && first.feerate < 300_000)
        assert.equal((await s.bitcoind.getMempoolEntry(first.txid))?.fee, 60_400n)
        // Asked again for no more, it does no more.
        assert.deepEqual(await theft.bump('anyone-can-pay', 200), { ...first, answer: 'already-known' })
        const second = await theft.bump('anyone-can-pay', 800)
        assert.equal(second.answer, 'accepted')
        assert.equal(await s.bitcoind.getMempoolEntry(first.txid), null)
        await s.mine()
        assert.ok(second.txid !== null)
        assert.equal((await s.bitcoind.getTxOut(outpointOf(second.txid, 0), false))?.confirmations, 1)
      })
    }

    it('takes no larger coin for A only because a block went by', async () => {
      const s = await scene()
      await s.fund(60_000, 240_000)
      const theft = await s.theft(true)
      const first = await theft.bump('anyone-can-pay', 200)
      assert.ok(first.feerate !== null)
      // With each block the core asks for a step more than what was paid.
      const stepped = (first.feerate + 1_000) as typeof first.feerate
      assert.deepEqual(await theft.bump('anyone-can-pay', 200, { feerate: stepped }), { ...first, answer: 'already-known' })
      assert.equal((await theft.bump('anyone-can-pay', 200, { feerate: stepped, min_fee: sats(70_000) })).answer, 'accepted')
    })

    it('pays once where two epochs ask for the same recovery, each from an envelope of its own', async () => {
      const s = await scene()
      await s.fund(60_000, 240_000, 500_000)
      const once = async (means: 'anyone-can-pay' | 'anchored'): Promise<void> => {
        const theft = await s.theft(true)
        const envelope_id = `cc${theft.envelope(means).slice(2)}` as ReturnType<typeof theft.envelope>
        s.rebuilt(envelope_id, means === 'anchored' ? theft.p.raw : theft.a.raw)
        const first = await theft.bump(means, 60)
        assert.equal(first.answer, 'accepted')
        assert.deepEqual(await theft.bump(means, 60, { envelope_id }), { ...first, answer: 'already-known' })
      }
      await once('anyone-can-pay')
      await once('anchored')
    })

    it('pays for P by a child with change, and for more by another child of the same coin', async () => {
      const s = await scene()
      await s.fund(340_000)
      const theft = await s.theft(true)
      const first = await theft.bump('anchored', 60)
      assert.deepEqual([first.answer, first.txid], ['accepted', theft.p.txid])
      assert.ok(first.feerate !== null && first.feerate >= 60_000 && first.feerate < 61_000)
      const [child] = (await s.bitcoind.getMempoolEntry(theft.p.txid))?.spentBy ?? []
      assert.deepEqual(await theft.bump('anchored', 55), { ...first, answer: 'already-known' })
      const second = await theft.bump('anchored', 500)
      assert.equal(second.answer, 'accepted')
      const [other] = (await s.bitcoind.getMempoolEntry(theft.p.txid))?.spentBy ?? []
      assert.ok(child !== undefined && other !== undefined && child !== other)
      await s.mine()
      await s.tellOf(other)
      await s.wallet.maintain()
      const { reserve } = s.wallet.reading()
      assert.ok(reserve > 150_000n && reserve < 190_000n, `${reserve}`)
    })

    it('pays for P while a rung waits in the mempool, and as much as the core says at least', async () => {
      const s = await scene()
      await s.fund(340_000)
      const theft = await s.theft(true)
      const rung = parentOf({ coin: theft.coin, fee: 42_250n })
      await s.bitcoind.sendRawTransaction(rung.raw)
      const answer = await theft.bump('anchored', 20, { min_fee: sats(90_000) })
      assert.equal(answer.answer, 'accepted')
      assert.equal(await s.bitcoind.getMempoolEntry(rung.txid), null)
      const entry = await s.bitcoind.getMempoolEntry(theft.p.txid)
      assert.ok(entry !== null && entry.descendants.fee >= 90_000n && entry.descendants.fee < 92_000n)
    })

    it('outbids a rung with A by its absolute fee, without being told what that is', async () => {
      const s = await scene()
      await s.fund(30_000, 90_000)
      const theft = await s.theft(true)
      const rung = parentOf({ coin: theft.coin, fee: 42_250n })
      await s.bitcoind.sendRawTransaction(rung.raw)
      const answer = await theft.bump('anyone-can-pay', 10)
      assert.equal(answer.answer, 'accepted')
      assert.ok(answer.txid !== null)
      assert.equal((await s.bitcoind.getMempoolEntry(answer.txid))?.fee, 90_400n)
    })

    it('waits with P while U is not confirmed, and says which', async () => {
      const s = await scene()
      await s.fund(340_000)
      const theft = await s.theft(false)
      assert.deepEqual(await theft.bump('anchored', 60), { answer: 'not-final', txid: null, feerate: null })
      await s.mine()
      assert.equal((await theft.bump('anchored', 60)).answer, 'accepted')
    })

    it('never uses a coin that is not confirmed, and has none then', async () => {
      const s = await scene()
      const waiting = async (): Promise<void> => {
        const { transaction, outpoints: [outpoint] } = await regtest().purse.pay([{ script: s.scriptAt(9), value: sats(900_000) }])
        await s.bitcoind.sendRawTransaction(transaction)
        s.tell([{ outpoint: outpoint ?? assert.fail(), script: s.scriptAt(9), value: sats(900_000) }])
      }
      const first = await s.theft(false)
      await waiting()
      assert.equal((await first.bump('anyone-can-pay', 50)).answer, 'no-coin')
      await s.mine()
      assert.equal((await first.bump('anyone-can-pay', 50)).answer, 'accepted')
      await s.fund(300_000)
      const theft = await s.theft(false)
      await waiting()
      const answer = await theft.bump('anyone-can-pay', 2_000)
      assert.equal(answer.answer, 'accepted')
      assert.ok(answer.txid !== null)
      assert.equal((await s.bitcoind.getMempoolEntry(answer.txid))?.fee, 300_400n)
      await s.wallet.maintain()
      const coins = s.wallet.reading().coins.map(({ value, status }) => [value, status])
      assert.deepEqual(coins, [[900_000n, 'unconfirmed'], [300_000n, 'spending']])
    })

    for (const outputs of [70, 600]) {
      it(`finds its coin behind ${outputs} larger ones that a stranger shows it and never lets confirm`, async () => {
        const s = await scene()
        await s.fund(30_000)
        const theft = await s.theft(false)
        await s.wallet.maintain()
        for (let shown = 0; shown < outputs; shown += 200) {
          const paid = Array.from({ length: Math.min(200, outputs - shown) }, (_, i) => ({ script: s.scriptAt(i), value: sats(100_000) }))
          const { transaction, outpoints } = await regtest().purse.pay(paid)
          await s.bitcoind.sendRawTransaction(transaction)
          s.tell(outpoints.map((outpoint, i) => ({ outpoint, script: s.scriptAt(i), value: sats(100_000) })))
        }
        assert.equal((await theft.bump('anyone-can-pay', 50)).answer, 'accepted')
        await s.wallet.maintain()
        assert.ok(s.wallet.reading().coins.some(({ status }) => status === 'spending'))
      })
    }

    it('uses what a stranger showed it once that has confirmed', async () => {
      const s = await scene()
      const theft = await s.theft(false)
      const { transaction, outpoints } = await regtest().purse.pay([{ script: s.scriptAt(0), value: sats(100_000) }])
      await s.bitcoind.sendRawTransaction(transaction)
      const coins = outpoints.map((outpoint) => ({ outpoint, script: s.scriptAt(0), value: sats(100_000) }))
      s.tell(coins)
      assert.equal((await theft.bump('anyone-can-pay', 50)).answer, 'no-coin')
      await s.mine()
      s.tell(coins)
      assert.equal((await theft.bump('anyone-can-pay', 50)).answer, 'accepted')
    })

    it('passes over a coin that was spent elsewhere', async () => {
      const s = await scene()
      const [spent] = await s.fund(200_000)
      assert.ok(spent)
      assert.equal((await (await s.theft(true)).bump('anyone-can-pay', 800)).answer, 'accepted')
      // Another wallet with the same key, which knows nothing of the first.
      const other = await scene()
      other.tell([{ outpoint: spent, script: s.scriptAt(0), value: sats(200_000) }])
      const theft = await other.theft(false)
      assert.deepEqual(await theft.bump('anyone-can-pay', 10), { answer: 'no-coin', txid: null, feerate: null })
      await other.mine()
      assert.equal((await theft.bump('anyone-can-pay', 10)).answer, 'no-coin')
      await other.fund(90_000)
      assert.equal((await theft.bump('anyone-can-pay', 10)).answer, 'accepted')
    })

    it('keeps the coin of one incident from another, until that is over', async () => {
      const s = await scene()
      await s.fund(100_000)
      const one = await s.theft(true)
      const two = await s.theft(true)
      assert.equal((await one.bump('anyone-can-pay', 50)).answer, 'accepted')
      assert.equal((await two.bump('anyone-can-pay', 50)).answer, 'no-coin')
      await s.fund(120_000)
      assert.equal((await two.bump('anyone-can-pay', 50)).answer, 'accepted')
    })

    it('keeps a coin reserved where nobody knows whether its transaction arrived, also over a restart', async () => {
      const s = await scene()
      await s.fund(100_000)
      const one = await s.theft(true)
      const two = await s.theft(true)
      const silent: BroadcastAnswer = { kind: 'unreachable', code: 'timeout', reason: 'no answer' }
      await s.interpose({ broadcast: () => Promise.resolve(silent) })
      assert.equal((await one.bump('anyone-can-pay', 50)).answer, 'unreachable')
      await s.interpose({})
      assert.equal((await two.bump('anyone-can-pay', 50)).answer, 'no-coin')
      // A block later it is plain that it did not.
      await s.mine()
      await s.wallet.maintain()
      assert.equal((await two.bump('anyone-can-pay', 50)).answer, 'accepted')
    })

    it('spends no more than the budget of an incident, and remembers that over a restart', async () => {
      const s = await scene({ max_sat_per_incident: 50_000, max_sat_per_window: 70_000 })
      await s.fund(40_000, 90_000, 45_000)
      const one = await s.theft(true)
      assert.equal((await one.bump('anyone-can-pay', 160)).answer, 'accepted')
      assert.equal((await one.bump('anyone-can-pay', 300)).answer, 'accepted')
      assert.equal((await one.bump('anyone-can-pay', 380)).answer, 'over-budget')
      await s.restart()
      const two = await s.theft(true)
      // 45,000 of the window's 70,000 are gone.
      assert.equal((await two.bump('anyone-can-pay', 160)).answer, 'over-budget')
      await s.wallet.maintain()
      assert.equal(s.wallet.reading().left_in_window, 25_000n)
      assert.ok(s.wallet.reading().bumps['over-budget'] === 1)
    })

    it('never pays more than it brings to deep cold', async () => {
      const s = await scene()
      await s.fund(340_000, 90_000)
      const theft = await s.theft(true, 60_000)
      assert.equal((await theft.bump('anyone-can-pay', 300)).answer, 'over-budget')
      const answer = await theft.bump('anchored', 900)
      assert.equal(answer.answer, 'accepted')
      const entry = await s.bitcoind.getMempoolEntry(theft.p.txid)
      assert.ok(entry !== null && entry.descendants.fee > 50_000n && entry.descendants.fee <= 60_000n, `${entry?.descendants.fee}`)
    })

    it('takes a part of a large coin where the budget allows no more', async () => {
      const s = await scene({ max_sat_per_incident: 30_000 })
      await s.fund(340_000)
      const theft = await s.theft(true)
      const answer = await theft.bump('anchored', 500)
      assert.equal(answer.answer, 'accepted')
      assert.ok(answer.feerate !== null && answer.feerate > 80_000 && answer.feerate < 100_000)
      assert.equal((await theft.bump('anchored', 500)).answer, 'over-budget')
    })

    it('has its coin again after a reorganisation took it away', async () => {
      const s = await scene()
      await s.fund(100_000)
      const tip = await s.bitcoind.getBestBlockHash()
      const theft = await s.theft(false)
      await s.bitcoind.invalidateBlock(tip)
      await s.wallet.maintain()
      assert.deepEqual(s.wallet.reading().coins.map(({ status }) => status), ['unconfirmed'])
      assert.notEqual((await theft.bump('anyone-can-pay', 50)).answer, 'accepted')
      await regtest().mine(0, 2, await regtest().freshAddress())
      const later = await s.theft(true)
      assert.equal((await later.bump('anyone-can-pay', 50)).answer, 'accepted')
    })

    it('answers for what is not rebuilt, is something else, or cannot be asked about', async () => {
      const s = await scene()
      await s.fund(100_000)
      const theft = await s.theft(true)
      const nothing = { txid: null, feerate: null }
      const missing = theft.envelope('anchored').replaceAll('aa', 'cc') as ReturnType<typeof theft.envelope>
      assert.deepEqual(await theft.bump('anchored', 50, { envelope_id: missing }), { answer: 'unreachable', ...nothing })
      assert.deepEqual(await theft.bump('anchored', 50, { txid: theft.a.txid }), { answer: 'rejected', ...nothing })
      // P is signed ALL: no A.
      const p_as_a = { envelope_id: theft.envelope('anchored'), txid: theft.p.txid }
      assert.deepEqual(await theft.bump('anyone-can-pay', 50, p_as_a), { answer: 'rejected', ...nothing })
      await s.interpose({ getMempoolInfo: () => Promise.reject(new TypeError('a bug')) })
      assert.deepEqual(await theft.bump('anchored', 50), { answer: 'unreachable', ...nothing })
      assert.ok(s.log.lines().some(({ event }) => event === 'fee-wallet-failed'))
    })
  })
