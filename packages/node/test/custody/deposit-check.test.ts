import assert from 'node:assert/strict'
import { PURSE_SCRIPT, serialise, txidOf } from '@belfry/bitcoind'
import { type Outpoint, outpointOf, sats } from '@belfry/protocol/primitives'
import { checkDeposit, seenOfDeposit } from '../../src/custody/deposit-check.ts'
import { spend, useRegtest } from '../../../bitcoind/test/support/regtest-suite.ts'

const VALUE = sats(1_000_000)

describe('the look at a deposit', () => {
  const regtest = useRegtest(1)
  const bitcoind = () => regtest().node(0).bitcoind
  const check = (
    outpoint: Outpoint,
    { funding = 'after-receipts', value = VALUE, script = PURSE_SCRIPT }: Partial<Parameters<typeof checkDeposit>[1]> = {},
    confirmations = 1,
  ) => checkDeposit(bitcoind(), { outpoint, value, script, funding }, confirmations)
  /** Two outputs, so that one is left when the other is spent. */
  const outputs = [1, 2].map(() => ({ script: PURSE_SCRIPT, value: VALUE }))

  before(() => regtest().purse.fill())

  it('waits for a coin that should be there, and takes one that is to come', async () => {
    const { outpoints } = await regtest().purse.pay(outputs)
    const [outpoint] = outpoints
    assert.ok(outpoint)
    assert.equal(await check(outpoint, { funding: 'confirmed' }), 'deposit-not-yet-seen')
    assert.equal(await check(outpoint), 'ok')
  })

  it('takes one that came early, at any depth, if it is the coin that was meant', async () => {
    const funding = await regtest().purse.pay(outputs)
    await bitcoind().sendRawTransaction(funding.transaction)
    const [outpoint] = funding.outpoints
    assert.ok(outpoint)
    assert.equal(await check(outpoint), 'ok')
    assert.equal(await check(outpoint, { funding: 'confirmed' }), 'deposit-not-yet-seen')
    await regtest().mine(0, 1)
    assert.equal(await check(outpoint, {}, 6), 'ok')
    assert.equal(await check(outpoint, { funding: 'confirmed' }, 6), 'deposit-not-yet-seen')
    assert.equal(await check(outpoint, { value: sats(VALUE - 1n) }), 'deposit-differs')
    assert.equal(await check(outpoint, { script: Uint8Array.of(0x51) }), 'deposit-differs')
  })

  it('refuses one that the mempool spends, and one that a block spent', async () => {
    const { outpoints } = await regtest().purse.fund(outputs)
    const [outpoint] = outpoints
    assert.ok(outpoint)
    const spending = spend(outpoint, 10_000)
    await bitcoind().sendRawTransaction(serialise(spending))
    for (const funding of ['after-receipts', 'confirmed'] as const)
      assert.equal(await check(outpoint, { funding }), 'deposit-spent')
    await regtest().mine(0, 1)
    assert.equal(await check(outpoint), 'deposit-spent', 'its sibling is still there')
    assert.equal(await check(outpoint, { funding: 'confirmed' }), 'deposit-not-yet-seen')
    assert.equal(await check(outpointOf(txidOf(spending), 1)), 'deposit-spent', 'an output that never was is none to wait for')
  })

  it('is had again for a coin that is to come, until it has', async () => {
    const funding = await regtest().purse.pay(outputs)
    const [outpoint] = funding.outpoints
    assert.ok(outpoint)
    const deposit = { outpoint, value: VALUE, script: PURSE_SCRIPT, funding: 'after-receipts' as const }
    const seen = (change: Partial<typeof deposit> = {}) => seenOfDeposit(bitcoind(), { ...deposit, ...change })
    assert.equal(await seen(), 'nothing')
    await bitcoind().sendRawTransaction(funding.transaction)
    assert.equal(await seen(), 'deposit')
    assert.equal(await seen({ value: sats(VALUE + 1n) }), 'other')
    await regtest().mine(0, 1)
    await bitcoind().sendRawTransaction(serialise(spend(outpoint, 10_000)))
    assert.equal(await seen(), 'deposit', 'in the chain still, though the mempool spends it')
  })

  it('says so where bitcoind does not answer', async () => {
    const stranger = { getTxOut: () => Promise.reject(new Error('planted')) } as never
    const deposit = { outpoint: outpointOf(txidOf(spend(outpointOf('11'.repeat(32) as never, 0), 1)), 0), value: VALUE, script: PURSE_SCRIPT }
    assert.equal(await checkDeposit(stranger, { ...deposit, funding: 'after-receipts' }, 1), 'bitcoind-unreachable')
  })
})

describe('the look at a deposit that is to come, by a bitcoind without an index of transactions', () => {
  const regtest = useRegtest(1, () => ['-txindex=0'])
  const check = (outpoint: Outpoint) =>
    checkDeposit(regtest().node(0).bitcoind, { outpoint, value: VALUE, script: PURSE_SCRIPT, funding: 'after-receipts' }, 1)

  it('knows by what else the funding transaction paid that the coin was there and is spent', async () => {
    const { bitcoind } = regtest().node(0)
    const { txid, outpoints } = await regtest().purse.fund([1, 2].map(() => ({ script: PURSE_SCRIPT, value: VALUE })))
    const [first, second] = outpoints
    assert.ok(first && second)
    await bitcoind.sendRawTransaction(serialise(spend(first, 10_000)))
    await regtest().mine(0, 1)
    assert.equal(await bitcoind.getRawTransaction(txid), null, 'there is no index')
    assert.equal(await check(first), 'deposit-spent')
    assert.equal(await check(second), 'ok')
  })
})
