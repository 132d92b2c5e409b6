import assert from 'node:assert/strict'
import { type Bitcoind, createPurse, PURSE_ADDRESS, PURSE_SCRIPT, PURSE_WITNESS_SCRIPT } from '@belfry/bitcoind'
import { fromHex, sats, splitOutpoint, toHex } from '@belfry/protocol/primitives'
import { Fields } from '../../src/parse.ts'
import { useRegtest } from '../support/regtest-suite.ts'

const SOME_SCRIPT = fromHex('0014'.concat('ab'.repeat(20)))

describe('the regtest purse', () => {
  const regtest = useRegtest(1)
  let bitcoind: Bitcoind

  before(() => {
    bitcoind = regtest().node(0).bitcoind
  })

  it('has the address and script that bitcoind derives', async () => {
    const params = [toHex(PURSE_WITNESS_SCRIPT)]
    const segwit = new Fields(await bitcoind.rpc.call('decodescript', params), 'decodescript').object('segwit')
    assert.equal(segwit.text('address'), PURSE_ADDRESS)
    assert.equal(toHex(segwit.bytes('hex')), toHex(PURSE_SCRIPT))
  })

  it('pays what is asked, confirmed, from coins that it mines itself', async () => {
    const outputs = [{ script: SOME_SCRIPT, value: sats(50_000_000) }, { script: PURSE_SCRIPT, value: sats(1_000) }]
    const { txid, outpoints, transaction } = await regtest().purse.fund(outputs)
    for (const [i, outpoint] of outpoints.entries()) {
      const output = await bitcoind.getTxOut(outpoint, true)
      assert.equal(output?.value, outputs[i]?.value)
      assert.deepEqual(output?.script, outputs[i]?.script)
      assert.equal(output?.confirmations, 1)
      assert.deepEqual(splitOutpoint(outpoint), { txid, vout: i })
    }
    assert.deepEqual(await bitcoind.getRawTransaction(txid), transaction)
  })

  it('pays several at once from different coins', async () => {
    const fundings = await Promise.all([1, 2, 3].map((n) =>
      regtest().purse.fund([{ script: SOME_SCRIPT, value: sats(n * 1_000_000) }])))
    for (const { outpoints: [outpoint] } of fundings) {
      assert.ok(outpoint !== undefined && await bitcoind.getTxOut(outpoint, false) !== null)
    }
  })

  it('joins coins for a large amount', async () => {
    await regtest().mine(0, 5)
    const { outpoints: [outpoint] } = await regtest().purse.fund([{ script: SOME_SCRIPT, value: sats(12_000_000_000) }])
    assert.ok(outpoint !== undefined)
    assert.equal((await bitcoind.getTxOut(outpoint, false))?.value, 12_000_000_000n)
  })

  it('makes a payment without sending it, whose coins stay free until it is sent', async () => {
    const { txid, transaction } = await regtest().purse.pay([{ script: SOME_SCRIPT, value: sats(1_000_000) }])
    const coinsBefore = await regtest().purse.coins()
    assert.equal(await bitcoind.getMempoolEntry(txid), null)
    assert.deepEqual(await bitcoind.broadcast(transaction), { kind: 'accepted' })
    assert.equal((await regtest().purse.coins()).length, coinsBefore.length - 1)
  })

  it('says that it holds too little, and goes on after', async () => {
    const tooMuch = [{ script: SOME_SCRIPT, value: sats(10n ** 14n) }]
    await assert.rejects(regtest().purse.fund(tooMuch), { code: 'purse-empty' })
    assert.equal((await createPurse(bitcoind).fund([{ script: SOME_SCRIPT, value: sats(1_000) }])).outpoints.length, 1)
    assert.equal((await regtest().purse.fund([{ script: SOME_SCRIPT, value: sats(1_000) }])).outpoints.length, 1)
  })
})
