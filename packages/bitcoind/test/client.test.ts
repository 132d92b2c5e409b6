import assert from 'node:assert/strict'
import { type Bitcoind, isRpcFault, PURSE_ADDRESS, PURSE_SCRIPT, serialise, txidOf } from '@belfry/bitcoind'
import { type BlockHash, fromHex, outpointOf, parseTxid, sats, toHex, type Txid } from '@belfry/protocol/primitives'
import { COIN_SATS, makeCoins, spend, useRegtest } from './support/regtest-suite.ts'

const UNKNOWN_TXID = parseTxid('11'.repeat(32))
const UNKNOWN_BLOCK = '11'.repeat(32) as BlockHash
const GENESIS = '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206'

describe('Bitcoind, as a real one answers', () => {
  const regtest = useRegtest(1)
  let bitcoind: Bitcoind

  before(async () => {
    bitcoind = regtest().node(0).bitcoind
    await regtest().purse.fill()
  })

  it('tells of its chain', async () => {
    const info = await bitcoind.getBlockchainInfo()
    assert.equal(info.chain, 'regtest')
    assert.equal(info.headers, info.blocks)
    assert.equal(info.bestBlockHash, await bitcoind.getBestBlockHash())
    assert.equal(info.initialBlockDownload, false)
    assert.equal(info.pruned, false)
    assert.equal(info.pruneHeight, null)
    assert.ok(info.verificationProgress > 0.99)
    assert.equal(info.chainwork.length, 64)
  })

  it('tells of itself', async () => {
    const info = await bitcoind.getNetworkInfo()
    assert.ok(info.version >= 280_000)
    assert.match(info.subversion, /^\/Satoshi:/)
    assert.equal(info.networkActive, true)
    assert.equal(info.connections, 0)
    assert.ok(Array.isArray(info.warnings))
  })

  it('finds blocks by height, and none above the tip', async () => {
    const { blocks, bestBlockHash } = await bitcoind.getBlockchainInfo()
    assert.equal(await bitcoind.getBlockHash(0), GENESIS)
    assert.equal(await bitcoind.getBlockHash(blocks), bestBlockHash)
    assert.equal(await bitcoind.getBlockHash(blocks + 1), null)
  })

  it('gives headers, parsed and raw', async () => {
    const { blocks, bestBlockHash, chainwork } = await bitcoind.getBlockchainInfo()
    const tip = await bitcoind.getBlockHeader(bestBlockHash)
    assert.ok(tip !== null && tip.previousBlockHash !== null)
    assert.deepEqual(
      [tip.hash, tip.height, tip.confirmations, tip.transactionCount, tip.chainwork, tip.nextBlockHash],
      [bestBlockHash, blocks, 1, 1, chainwork, null])
    const before = await bitcoind.getBlockHeader(tip.previousBlockHash)
    assert.equal(before?.nextBlockHash, bestBlockHash)
    const genesis = await bitcoind.getBlockHeader(GENESIS as BlockHash)
    assert.equal(genesis?.previousBlockHash, null)
    const raw = await bitcoind.getBlockHeaderBytes(bestBlockHash)
    assert.equal(toHex((raw ?? new Uint8Array()).slice(4, 36).toReversed()), tip.previousBlockHash)
    assert.equal(await bitcoind.getBlockHeader(UNKNOWN_BLOCK), null)
    assert.equal(await bitcoind.getBlockHeaderBytes(UNKNOWN_BLOCK), null)
  })

  it('gives a block over REST that has the bytes of RPC', async () => {
    const hash = await bitcoind.getBestBlockHash()
    const overRpc = fromHex(String(await bitcoind.rpc.call('getblock', [hash, 0])))
    assert.deepEqual(await bitcoind.getBlockOverRest(hash), overRpc)
    assert.deepEqual(await bitcoind.getBlockOverRpc(hash), overRpc)
    assert.equal(await bitcoind.getBlockOverRest(UNKNOWN_BLOCK), null)
    assert.equal(await bitcoind.getBlockOverRpc(UNKNOWN_BLOCK), null)
  })

  it('tells of a transaction in the mempool', async () => {
    const { outpoints } = await makeCoins(regtest(), 2)
    const [coin, other] = outpoints
    assert.ok(coin !== undefined && other !== undefined)
    const before = await bitcoind.getRawMempool()
    const parent = spend(coin, 500)
    const child = spend(outpointOf(txidOf(parent), 0), 700, { value: COIN_SATS - 500 })
    assert.equal(await bitcoind.sendRawTransaction(serialise(parent)), txidOf(parent))
    assert.equal(await bitcoind.sendRawTransaction(serialise(child)), txidOf(child))

    const after = await bitcoind.getRawMempool()
    assert.deepEqual([...after.txids].sort(), [...before.txids, txidOf(parent), txidOf(child)].sort())
    assert.ok(after.mempoolSequence >= before.mempoolSequence + 2)

    const entry = await bitcoind.getMempoolEntry(txidOf(parent))
    assert.ok(entry !== null)
    assert.deepEqual([entry.fee, entry.depends, entry.spentBy], [500n, [], [txidOf(child)]])
    assert.deepEqual(entry.descendants, { count: 2, vsize: 2 * entry.vsize, fee: 1200n })
    assert.deepEqual((await bitcoind.getMempoolEntry(txidOf(child)))?.ancestors, entry.descendants)
    assert.equal(entry.unbroadcast, true)
    assert.equal(await bitcoind.getMempoolEntry(UNKNOWN_TXID), null)

    assert.deepEqual(await bitcoind.getTxSpendingPrevout([other, coin]), [
      { outpoint: other, spender: null }, { outpoint: coin, spender: txidOf(parent) },
    ])
    assert.deepEqual(await bitcoind.getTxSpendingPrevout([]), [])

    assert.equal(toHex(await bitcoind.getRawTransaction(txidOf(child)) ?? new Uint8Array()), toHex(serialise(child)))
    assert.equal(await bitcoind.getRawTransaction(UNKNOWN_TXID), null)
    assert.equal((await bitcoind.getMempoolInfo()).size, after.txids.length)
    await regtest().mine(0, 1)
  })

  it('finds a transaction in the block that is said to hold it', async () => {
    const { txid, transaction } = await makeCoins(regtest(), 1)
    const block = await bitcoind.getBestBlockHash()
    assert.deepEqual(await bitcoind.getRawTransaction(txid, { block }), transaction)
    assert.equal(await bitcoind.getRawTransaction(txid, { block: GENESIS as BlockHash }), null)
  })

  it('tells of an output while it is unspent', async () => {
    const { txid, outpoints: [coin] } = await makeCoins(regtest(), 1)
    assert.ok(coin !== undefined)
    assert.deepEqual(await bitcoind.getTxOut(coin, false), {
      value: sats(COIN_SATS),
      script: PURSE_SCRIPT,
      confirmations: 1,
      bestBlock: await bitcoind.getBestBlockHash(),
      coinbase: false,
    })
    await bitcoind.sendRawTransaction(serialise(spend(coin, 500)))
    assert.ok(await bitcoind.getTxOut(coin, false) !== null)
    assert.equal(await bitcoind.getTxOut(coin, true), null)
    assert.equal(await bitcoind.getTxOut(outpointOf(txid, 99), true), null)
    await regtest().mine(0, 1)
  })

  it('tells feerates in sat/kvB', async () => {
    const info = await bitcoind.getMempoolInfo()
    assert.equal(info.loaded, true)
    assert.equal(info.minRelayFeerate, 1000)
    assert.equal(info.incrementalRelayFeerate, 1000)
    assert.equal(info.minFeerate, 1000)
    assert.equal(await bitcoind.estimateSmartFee(2), null)
  })

  it('tells of each transaction of a package', async () => {
    const { outpoints: [coin] } = await makeCoins(regtest(), 1)
    assert.ok(coin !== undefined)
    const parent = spend(coin, 500)
    const child = spend(outpointOf(txidOf(parent), 0), 1, { value: COIN_SATS - 500 })
    const both = [serialise(parent), serialise(child)]
    assert.deepEqual(await bitcoind.testMempoolAccept([serialise(parent)]), [
      { txid: txidOf(parent), allowed: true, rejectReason: null, packageError: null },
    ])
    const [ofParent, ofChild] = await bitcoind.testMempoolAccept(both)
    assert.deepEqual([ofParent?.allowed, ofChild?.allowed], [null, false])
    assert.equal(ofChild?.txid, txidOf(child))
    const { message, transactions } = await bitcoind.submitPackage(both)
    assert.notEqual(message, 'success')
    assert.deepEqual(transactions.map(({ txid }): Txid => txid), [txidOf(parent), txidOf(child)])
    assert.deepEqual(transactions.map(({ error }) => error === null), [true, false])
  })

  it('tells where it publishes events', async () => {
    const { zmq } = regtest().node(0)
    const published = new Map((await bitcoind.getZmqNotifications()).map(({ type, address }) => [type, address]))
    assert.deepEqual(published, new Map([
      ['pubrawblock', zmq.rawblock], ['pubrawtx', zmq.rawtx], ['pubsequence', zmq.sequence],
    ]))
  })

  it('mines exactly the transactions given', async () => {
    const { outpoints: [coin] } = await makeCoins(regtest(), 1)
    assert.ok(coin !== undefined)
    const transaction = spend(coin, 500)
    const hash = await bitcoind.generateBlock(PURSE_ADDRESS, [serialise(transaction)])
    assert.equal((await bitcoind.getBlockHeader(hash))?.transactionCount, 2)
    assert.deepEqual(await bitcoind.getRawTransaction(txidOf(transaction), { block: hash }), serialise(transaction))
  })

  it('takes a block out of the chain and in again', async () => {
    const [orphan, onTop] = await regtest().mine(0, 2)
    assert.ok(orphan !== undefined && onTop !== undefined)
    await bitcoind.invalidateBlock(orphan)
    const [other] = await regtest().mine(0, 1, await regtest().freshAddress())
    assert.equal(await bitcoind.getBestBlockHash(), other)
    assert.equal((await bitcoind.getBlockHeader(orphan))?.confirmations, -1)
    await bitcoind.reconsiderBlock(orphan)
    assert.equal(await bitcoind.getBestBlockHash(), onTop)
  })

  it('takes headers that connect, and refuses others', async () => {
    const tip = await bitcoind.getBlockHeaderBytes(await bitcoind.getBestBlockHash())
    assert.ok(tip !== null)
    await bitcoind.submitHeader(tip)
    const unconnected = tip.with(10, (tip[10] ?? 0) ^ 1)
    await assert.rejects(bitcoind.submitHeader(unconnected), (error) => isRpcFault(error, -25))
  })

  it('throws what bitcoind refuses as a coded error with its words', async () => {
    await assert.rejects(bitcoind.sendRawTransaction(Uint8Array.of(0)), { code: 'rpc-error' })
    await assert.rejects(bitcoind.rpc.call('nosuchmethod'), (error) =>
      isRpcFault(error, -32601) && error.rpc?.message === 'Method not found')
  })
})

describe('Bitcoind without the REST interface', () => {
  const regtest = useRegtest(1, () => ['-rest=0'])

  it('gives blocks over RPC', async () => {
    const { bitcoind } = regtest().node(0)
    assert.equal(await bitcoind.getBlockOverRest(GENESIS as BlockHash), null)
    assert.equal((await bitcoind.getBlockOverRpc(GENESIS as BlockHash))?.length, 285)
  })
})

describe('Bitcoind with blocks only', () => {
  const regtest = useRegtest(1, () => ['-blocksonly=1'])

  it('estimates no feerate', async () => {
    assert.equal(await regtest().node(0).bitcoind.estimateSmartFee(3), null)
  })
})
