import assert from 'node:assert/strict'
import { type Bitcoind, PURSE_ADDRESS } from '@belfry/bitcoind'
import { type Feerate, type Height, outpointOf } from '@belfry/protocol/primitives'
import { buildColdSpend, buildHotSpend, scriptsOf } from '@belfry/vault'
import { useRegtest } from '../../../bitcoind/test/support/regtest-suite.ts'
import { ELSEWHERE, ENOUGH, coldTheft, onEachPolicy } from './ground.ts'
import { CSV, Running, coldKeys, fundedSet, part, sentIds, signDigest } from './scene.ts'

/** More than are searched again after a search in vain. */
const REORG = 13

onEachPolicy('what a rescue finds of the coin', ({ regtest, bitcoind, mine, mineEmpty, confirm, assertSaved }) => {
  it('sends nothing while the coin is where it should be, unless told to', async () => {
    const set = await fundedSet(regtest())
    const running = new Running(bitcoind(), set)
    const { blocks: tip } = await bitcoind().getBlockchainInfo()
    assert.deepEqual(await running.end, { end: 'nothing-to-do', spent_by: null, being_spent: false, tip })
    assert.deepEqual(running.events, [])
  })

  it('calls no coin safe while bitcoind knows of blocks that it has not', async () => {
    const set = await fundedSet(regtest())
    let behind = 3
    const lagging: Bitcoind = {
      ...bitcoind(),
      getBlockchainInfo: async (options) => {
        const info = await bitcoind().getBlockchainInfo(options)
        return { ...info, headers: (info.blocks + behind) as Height }
      },
    }
    const running = new Running(lagging, set)
    assert.equal((await running.until('behind', () => true, 0)).blocks, 3)
    assert.equal((await running.until('waiting', () => true, 0)).until, 'coin-moves')
    behind = 0
    assert.equal((await running.end).end, 'nothing-to-do')
  })

  it('calls no coin safe while bitcoind itself says that it is catching up, though it knows of no more blocks yet', async () => {
    const set = await fundedSet(regtest())
    let initialBlockDownload = true
    const started: Bitcoind = {
      ...bitcoind(),
      getBlockchainInfo: async (options) => ({ ...(await bitcoind().getBlockchainInfo(options)), initialBlockDownload }),
    }
    const running = new Running(started, set)
    assert.equal((await running.until('behind', () => true, 0)).blocks, null)
    assert.equal((await running.until('waiting', () => true, 0)).until, 'coin-moves')
    initialBlockDownload = false
    assert.equal((await running.end).end, 'nothing-to-do')
  })

  it('takes an unvault that comes between two questions for what it is', async () => {
    const set = await fundedSet(regtest())
    let isSent = false
    const racing: Bitcoind = {
      ...bitcoind(),
      getTxSpendingPrevout: async (outpoints, options) => {
        const answer = await bitcoind().getTxSpendingPrevout(outpoints, options)
        if (!isSent) await bitcoind().sendRawTransaction(part(set, 'unvault-0').raw)
        isSent = true
        return answer
      },
    }
    const running = new Running(racing, set)
    await running.until('waiting', ({ until }) => until === 'unvault-confirms', 0)
    await running.kill()
  })

  it('finds what took the coin in a block that comes while it looks', async () => {
    const set = await fundedSet(regtest())
    const unvault = part(set, 'unvault-0')
    await confirm(unvault)
    await mine(REORG + CSV)
    const spend = buildHotSpend(set.plan, unvault.txid, ELSEWHERE, 20_000 as Feerate, signDigest)
    let isSpent = false
    const racing: Bitcoind = {
      ...bitcoind(),
      getTxOut: async (outpoint, mempool, options) => {
        if (!isSpent && outpoint === outpointOf(unvault.txid, 0)) {
          isSpent = true
          await confirm(spend)
        }
        return await bitcoind().getTxOut(outpoint, mempool, options)
      },
    }
    const running = new Running(racing, set)
    const { coin } = await running.until('coin', () => true, 0)
    assert.ok(coin.where === 'taken' && coin.txid === spend.txid, JSON.stringify(coin))
    await mine(ENOUGH - 1)
    assert.equal((await running.end).end, 'lost')
  })

  it('says at once that a theft with the cold keys has confirmed, and gives up when it is buried', async () => {
    const set = await fundedSet(regtest())
    const theft = coldTheft(set)
    await confirm(theft)
    const running = new Running(bitcoind(), set, { emergency: true })
    const { coin } = await running.until('coin', () => true, 0)
    assert.equal(coin.where, 'taken')
    await mine(ENOUGH - 1)
    const end = await running.end
    assert.ok(end.end === 'lost' && end.from === 'deposit' && end.txid === theft.txid && end.id === null, JSON.stringify(end))
    assert.deepEqual(sentIds(running), [])
  })

  it('says that the hot key has spent, once nobody was there in time', async () => {
    const set = await fundedSet(regtest())
    await confirm(part(set, 'unvault-0'))
    await mine(CSV - 1)
    const spend = buildHotSpend(set.plan, part(set, 'unvault-0').txid, ELSEWHERE, 20_000 as Feerate, signDigest)
    await confirm(spend)
    await mine(ENOUGH)
    const end = await new Running(bitcoind(), set).end
    assert.ok(end.end === 'lost' && end.from === 'unvault' && end.txid === spend.txid, JSON.stringify(end))
  })

  it('knows that the coin was saved although it has long left deep cold', async () => {
    const set = await fundedSet(regtest())
    await confirm(part(set, 'unvault-0'))
    await confirm(part(set, 'clawback-0-1'))
    await mine(3)
    // Nobody spends from deep cold here: with the output out of sight the blocks must tell.
    const blind: Bitcoind = { ...bitcoind(), getTxOut: () => Promise.resolve(null) }
    await mine(ENOUGH)
    const end = await new Running(blind, set).end
    assert.ok(end.end === 'recovered' && end.id === 'clawback-0-1', JSON.stringify(end))
  })

  it('takes any transaction to deep cold for a recovery, as one with a fee coin is', async () => {
    const set = await fundedSet(regtest())
    const spend = buildColdSpend(set.plan, coldKeys.slice(0, 2), scriptsOf(set.plan).deep_cold.script, 20_000 as Feerate, signDigest)
    await confirm(spend)
    await mine(ENOUGH)
    const end = await new Running(bitcoind(), set).end
    assert.ok(end.end === 'recovered' && end.id === null && end.txid === spend.txid, JSON.stringify(end))
  })

  it('says that it found nothing where it did not search far enough', async () => {
    const set = await fundedSet(regtest())
    await confirm(coldTheft(set))
    await mine(5)
    await assert.rejects(new Running(bitcoind(), set, { look_back: 5 }).end, { code: 'coin-not-found' })
    assert.equal((await new Running(bitcoind(), set, { look_back: 6 }).end).end, 'lost')
  })

  it('does without the answer that tells what spends a coin, where that is withheld', async () => {
    const set = await fundedSet(regtest())
    const { rpc } = bitcoind()
    const withheld: Bitcoind = {
      ...bitcoind(),
      getTxSpendingPrevout: () => rpc.call('gettxspendingprevouts').then(() => assert.fail()),
    }
    const theft = coldTheft(set)
    await bitcoind().sendRawTransaction(theft.raw)
    const idle = await new Running(withheld, set).end
    assert.ok(idle.end === 'nothing-to-do' && idle.spent_by === null && idle.being_spent, JSON.stringify(idle))
    await bitcoind().generateBlock(PURSE_ADDRESS, [part(set, 'unvault-0').raw])
    const running = new Running(withheld, set)
    await running.until('sent', () => true, 0)
    await mineEmpty()
    const { again } = await running.until('sent', () => true)
    assert.equal(again, true)
    await mine(ENOUGH)
    await assertSaved(set, await running.end, 'clawback-0-0')
  })
})

describe('a rescue with block filters', () => {
  const regtest = useRegtest(1, () => ['-minrelaytxfee=0.0003', '-txindex=0', '-blockfilterindex=1'])

  it('finds what took the coin by block filters, without reading the blocks between', async () => {
    const { bitcoind } = regtest().node(0)
    const set = await fundedSet(regtest())
    await bitcoind.generateBlock(PURSE_ADDRESS, [coldTheft(set, 50_000).raw])
    await regtest().mine(0, 20)
    const read: string[] = []
    const counting: Bitcoind = {
      ...bitcoind,
      getBlockOverRest: (hash, options) => {
        read.push(hash)
        return bitcoind.getBlockOverRest(hash, options)
      },
    }
    const running = new Running(counting, set)
    assert.equal((await running.end).end, 'lost')
    assert.ok(read.length > 0 && read.length < 20, `${read.length} blocks were read`)
  })

  it('does not go by filters of which not all are made yet', async () => {
    const { bitcoind } = regtest().node(0)
    const set = await fundedSet(regtest())
    await bitcoind.generateBlock(PURSE_ADDRESS, [coldTheft(set, 50_000).raw])
    await regtest().mine(0, ENOUGH)
    const early: Bitcoind = {
      ...bitcoind,
      rpc: Object.create(bitcoind.rpc, {
        call: {
          value: (method: string, ...rest: []) => {
            if (method === 'getindexinfo') return Promise.resolve({ 'basic block filter index': { synced: false, best_block_height: 0 } })
            // As bitcoind answers then.
            if (method === 'scanblocks') return Promise.resolve({ relevant_blocks: [], completed: true })
            return bitcoind.rpc.call(method, ...rest)
          },
        },
      }) as Bitcoind['rpc'],
    }
    assert.equal((await new Running(early, set).end).end, 'lost')
  })
})
