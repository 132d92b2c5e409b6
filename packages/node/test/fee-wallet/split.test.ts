import assert from 'node:assert/strict'
import { type Feerate, sats } from '@belfry/protocol/primitives'
import { poolTargets } from '@belfry/vault'
import { useRegtest } from '../../../bitcoind/test/support/regtest-suite.ts'
import { Scene } from './scene.ts'

const BOTH = poolTargets({ anyone_can_pay: true, anchored: true })

describe('splits of the fee wallet at a real bitcoind', () => {
  const regtest = useRegtest(1)

  async function splitTxid(s: Scene) {
    const line = s.log.lines().findLast(({ event }) => event === 'fee-wallet-split')
    return (line?.['txid'] ?? null) as Parameters<Scene['tellOf']>[0] | null
  }

  it('make coins of the planned sizes out of one large coin, once', async () => {
    const s = await Scene.of(regtest())
    await s.fund(5_000_000)
    await s.wallet.maintain()
    const txid = await splitTxid(s)
    assert.ok(txid !== null)
    // While it waits there is no second.
    await s.wallet.maintain()
    assert.equal(s.wallet.reading().splits, 1)
    assert.equal(s.wallet.reading().reserve, 0n)
    await s.mine()
    await s.tellOf(txid)
    await s.wallet.maintain()
    const reading = s.wallet.reading()
    const values = reading.coins.map(({ value }) => value)
    for (const target of BOTH) assert.ok(values.includes(target))
    assert.equal(reading.splits, 1)
    assert.ok(reading.carries.anchored >= 1_000_000 && reading.carries.anyone_can_pay >= 4_000_000)
    assert.ok(reading.reserve > 4_990_000n && reading.reserve < 5_000_000n)
    assert.equal(reading.spent_in_window, sats(5_000_000n - reading.reserve))
  })

  it('wait while an incident is open, while fees are high, while they are switched off, and for confirmation', async () => {
    const s = await Scene.of(regtest())
    await s.fund(5_000_000)
    const theft = await s.theft(true)
    await s.wallet.maintain()
    assert.equal(await splitTxid(s), null)
    s.open.delete(theft.id)
    await s.interpose({ estimateSmartFee: () => Promise.resolve(10_001 as Feerate) })
    await s.wallet.maintain()
    assert.equal(await splitTxid(s), null)

    const off = await Scene.of(regtest(), { split_max_sat_vb: 0 })
    await off.fund(5_000_000)
    await off.wallet.maintain()
    assert.equal(await splitTxid(off), null)

    const unconfirmed = await Scene.of(regtest())
    const { transaction, outpoints: [outpoint] } = await regtest().purse.pay([{ script: s.scriptAt(3), value: sats(5_000_000) }])
    await s.bitcoind.sendRawTransaction(transaction)
    unconfirmed.tell([{ outpoint: outpoint ?? assert.fail(), script: s.scriptAt(3), value: sats(5_000_000) }])
    await unconfirmed.wallet.maintain()
    assert.equal(await splitTxid(unconfirmed), null)
    assert.equal(unconfirmed.wallet.reading().coins.length, 1)
  })

  it('give their coin back to the A of an incident that begins before they are mined', async () => {
    const s = await Scene.of(regtest())
    s.needs = { anyone_can_pay: false, anchored: true }
    await s.fund(900_000)
    const theft = await s.theft(true)
    s.open.delete(theft.id)
    await s.wallet.maintain()
    const txid = await splitTxid(s)
    assert.ok(txid !== null && (await s.bitcoind.getMempoolEntry(txid)) !== null)
    s.open.add(theft.id)
    // bitcoind lets no transaction with an unconfirmed parent of its own replace the split: P's child has one.
    assert.equal((await theft.bump('anchored', 300)).answer, 'no-coin')
    const answer = await theft.bump('anyone-can-pay', 300)
    assert.equal(answer.answer, 'accepted', s.log.text())
    assert.equal(await s.bitcoind.getMempoolEntry(txid), null)
  })

  it('give their coin back also where they have waited for longer than the window of the budget', async () => {
    const s = await Scene.of(regtest(), { window_blocks: 1 })
    s.needs = { anyone_can_pay: false, anchored: true }
    await s.fund(900_000)
    const theft = await s.theft(true)
    s.open.delete(theft.id)
    await s.wallet.maintain()
    const txid = await splitTxid(s)
    assert.ok(txid !== null)
    const tip = await s.bitcoind.getBestBlockHash()
    // An empty block: miners have something better.
    await regtest().node(0).bitcoind.rpc.call('generateblock', [await regtest().freshAddress(), []])
    assert.notEqual(await s.bitcoind.getBestBlockHash(), tip)
    await s.wallet.maintain()
    s.open.add(theft.id)
    assert.equal((await theft.bump('anyone-can-pay', 300)).answer, 'accepted', s.log.text())
  })

  it('pay for P once they are mined', async () => {
    const s = await Scene.of(regtest())
    await s.fund(2_000_000)
    await s.wallet.maintain()
    const txid = await splitTxid(s)
    assert.ok(txid !== null)
    const theft = await s.theft(true)
    await s.tellOf(txid)
    assert.equal((await theft.bump('anchored', 300)).answer, 'accepted')
  })

  it('are hurried where fees have risen and an incident needs their coins, and else are not', async () => {
    const s = await Scene.of(regtest())
    await s.fund(2_000_000)
    await s.wallet.maintain()
    const slow = await splitTxid(s)
    assert.ok(slow !== null)
    await s.interpose({ estimateSmartFee: () => Promise.resolve(60_000 as Feerate) })
    await s.wallet.maintain()
    assert.equal(await splitTxid(s), slow)
    // Of an incident whose transactions nobody mines here: its funding would confirm the split.
    s.open.add('ee'.repeat(32) as Parameters<typeof s.open.add>[0])
    await s.wallet.maintain()
    const quick = await splitTxid(s)
    assert.ok(quick !== null && quick !== slow)
    assert.equal(await s.bitcoind.getMempoolEntry(slow), null)
    const entry = await s.bitcoind.getMempoolEntry(quick)
    assert.ok(entry !== null && entry.fee * 1_000n >= BigInt(entry.vsize) * 60_000n)
    // Once is enough.
    await s.wallet.maintain()
    assert.equal(await splitTxid(s), quick)
    await s.interpose({ estimateSmartFee: () => Promise.resolve(3_000_000 as Feerate) })
    await s.wallet.maintain()
    assert.equal(await splitTxid(s), quick, 'more than a tenth of the coins is too dear')
    await s.mine()
    await s.tellOf(quick)
    await s.wallet.maintain()
    assert.ok(s.wallet.reading().reserve > 1_950_000n)
  })

  it('count in the budget, and are left where it is spent', async () => {
    const s = await Scene.of(regtest(), { max_sat_per_window: 500 })
    await s.fund(5_000_000)
    await s.wallet.maintain()
    assert.equal(await splitTxid(s), null)
    assert.equal(s.wallet.reading().spent_in_window, 0n)
  })

  it('do not keep the node from anything where bitcoind is away', async () => {
    const s = await Scene.of(regtest())
    await s.fund(100_000)
    const stopping = new AbortController()
    const looked = Promise.withResolvers<void>()
    await s.interpose({
      getBlockchainInfo: () => {
        looked.resolve()
        return Promise.reject(new Error('away'))
      },
    })
    const run = s.wallet.run(stopping.signal)
    await looked.promise
    stopping.abort()
    await run
    assert.ok(s.log.lines().some(({ event }) => event === 'fee-wallet-waits') || stopping.signal.aborted)
  })
})
