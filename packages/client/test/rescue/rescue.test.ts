import assert from 'node:assert/strict'
import { type Bitcoind, PURSE_ADDRESS } from '@belfry/bitcoind'
import { type Feerate, type Height, outpointOf } from '@belfry/protocol/primitives'
import { type SignedRecoverySet, type SignedTransaction, buildColdSpend, buildHotSpend, scriptOfAddress, scriptsOf } from '@belfry/vault'
import { useRegtest } from '../../../bitcoind/test/support/regtest-suite.ts'
import type { RescueEnd } from '../../src/index.ts'
import { CSV, Running, coldKeys, fundedSet, part, sentIds, signDigest } from './scene.ts'

const ELSEWHERE = scriptOfAddress('bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080', 'regtest')
const ENOUGH = 6
/** More than are searched again after a search in vain. */
const REORG = 13

function coldTheft(set: SignedRecoverySet, feerate = 20_000) {
  return buildColdSpend(set.plan, coldKeys.slice(1), ELSEWHERE, feerate as Feerate, signDigest)
}

// Core always enforces the rules for version 3; Knots by default takes such transactions by the older rules.
const POLICIES = { 'that enforces TRUC': ['-mempooltruc=enforce'], 'with its default policy': [] } as const

for (const [policy, knotsArgs] of Object.entries(POLICIES)) describe(`a rescue by the owner alone, on a real bitcoind ${policy}, without a transaction index`, () => {
  const regtest = useRegtest(1, ({ flavour }) => ['-txindex=0', '-rest=0', ...(flavour === 'knots' ? knotsArgs : [])])
  const bitcoind = (): Bitcoind => regtest().node(0).bitcoind
  const mine = (blocks = 1) => regtest().mine(0, blocks)
  /** A block that holds nothing, as where miners ask for more. */
  const mineEmpty = () => bitcoind().generateBlock(PURSE_ADDRESS, [])

  async function confirm(transaction: { readonly raw: Uint8Array }): Promise<void> {
    await bitcoind().generateBlock(PURSE_ADDRESS, [transaction.raw])
  }

  async function assertSaved(set: SignedRecoverySet, end: RescueEnd, id: string): Promise<SignedTransaction> {
    assert.equal(end.end, 'recovered')
    assert.ok(end.end === 'recovered' && end.id === id && end.depth >= ENOUGH, JSON.stringify(end))
    const rung = set.transactions.find((one) => one.id === id) ?? assert.fail()
    const coin = await bitcoind().getTxOut(outpointOf(rung.txid, 0), false)
    assert.deepEqual(coin?.script, scriptsOf(set.plan).deep_cold.script)
    return rung
  }

  it('claws a confirmed unvault back, and ends when that is deep enough', async () => {
    const set = await fundedSet(regtest())
    await confirm(part(set, 'unvault-0'))
    const running = new Running(bitcoind(), set)
    await running.until('sent', () => true, 0)
    await mine()
    await running.until('depth', ({ depth }) => depth === 1, 0)
    await mine(ENOUGH - 1)
    await assertSaved(set, await running.end, 'clawback-0-0')
  })

  it('waits for an unvault to confirm, so that a clawback is not known before it must be', async () => {
    const set = await fundedSet(regtest())
    await bitcoind().sendRawTransaction(part(set, 'unvault-0').raw)
    const running = new Running(bitcoind(), set)
    const { until } = await running.until('waiting', () => true, 0)
    assert.equal(until, 'unvault-confirms')
    assert.deepEqual(sentIds(running), [])
    await mine()
    await running.until('sent', () => true, 0)
    await mine(ENOUGH)
    await assertSaved(set, await running.end, 'clawback-0-0')
  })

  it('sends both as a package where the vault acts in the mempool, and goes over to the unvault that replaces the first', async () => {
    const set = await fundedSet(regtest(), { act_at: 'mempool' })
    await bitcoind().sendRawTransaction(part(set, 'unvault-0').raw)
    const running = new Running(bitcoind(), set)
    await running.until('sent', ({ rung }) => rung.id === 'clawback-0-0', 0)
    // The clawback vanishes from the mempool without a word.
    await bitcoind().sendRawTransaction(part(set, 'unvault-1').raw)
    await running.until('sent', ({ rung }) => rung.id === 'clawback-1-0', 0)
    assert.equal(await bitcoind().getMempoolEntry(part(set, 'clawback-0-0').txid), null)
    await mine(ENOUGH)
    await assertSaved(set, await running.end, 'clawback-1-0')
  })

  it('climbs beside an unvault that no block takes, by what both pay together', async () => {
    const set = await fundedSet(regtest(), { act_at: 'mempool', csv: 144 })
    await bitcoind().sendRawTransaction(part(set, 'unvault-0').raw)
    const running = new Running(bitcoind(), set)
    await running.until('sent', ({ rung }) => rung.id === 'clawback-0-0', 0)
    // Above the lowest rung with its unvault, and below the next.
    running.estimate = 5_000 as Feerate
    await mineEmpty()
    await running.until('sent', ({ rung }) => rung.id === 'clawback-0-1', 0)
    assert.equal(await bitcoind().getMempoolEntry(part(set, 'clawback-0-0').txid), null)
    await mine(ENOUGH)
    await assertSaved(set, await running.end, 'clawback-0-1')
  })

  it('answers the variant that confirmed, whichever it saw waiting', async () => {
    const set = await fundedSet(regtest())
    await bitcoind().sendRawTransaction(part(set, 'unvault-0').raw)
    const running = new Running(bitcoind(), set)
    await running.until('waiting', () => true, 0)
    await confirm(part(set, 'unvault-1'))
    await running.until('sent', () => true, 0)
    assert.deepEqual(sentIds(running), ['clawback-1-0'])
    await mine(ENOUGH)
    await assertSaved(set, await running.end, 'clawback-1-0')
  })

  it('climbs with the blocks that pass it by: the top at half the window, and says when time is short', async () => {
    const set = await fundedSet(regtest())
    await confirm(part(set, 'unvault-0'))
    const running = new Running(bitcoind(), set)
    await running.until('sent', () => true, 0)
    for (let blocks = 1; blocks < CSV; blocks++) {
      const heard = running.events.length
      await mineEmpty()
      await running.until('sent', () => true, heard)
      if (blocks === CSV / 2) assert.equal(sentIds(running).at(-1), 'clawback-0-3')
    }
    assert.deepEqual(sentIds(running), ['clawback-0-0', 'clawback-0-1', 'clawback-0-2', 'clawback-0-3'])
    const late = await running.until('late', () => true, 0)
    assert.equal(late.blocks_left, 0)
    await mine(ENOUGH)
    await assertSaved(set, await running.end, 'clawback-0-3')
  })

  it('goes at most one rung above what time asks for, as far as the market asks', async () => {
    const set = await fundedSet(regtest(), { csv: 144 })
    await confirm(part(set, 'unvault-0'))
    const running = new Running(bitcoind(), set, {}, 200_000 as Feerate)
    await running.until('sent', () => true, 0)
    await mine(ENOUGH)
    await assertSaved(set, await running.end, 'clawback-0-1')
  })

  it('climbs when the market rises while a clawback is waiting, and not back when it falls', async () => {
    const set = await fundedSet(regtest(), { csv: 144 })
    await confirm(part(set, 'unvault-0'))
    const running = new Running(bitcoind(), set)
    await running.until('sent', ({ rung }) => rung.id === 'clawback-0-0', 0)
    running.estimate = 8_000 as Feerate
    await mineEmpty()
    await running.until('sent', ({ rung }) => rung.id === 'clawback-0-1', 0)
    running.estimate = 1_000 as Feerate
    const heard = running.events.length
    await mineEmpty()
    const { rung, again } = await running.until('sent', () => true, heard)
    assert.deepEqual([rung.id, again], ['clawback-0-1', true])
    await mine(ENOUGH)
    await assertSaved(set, await running.end, 'clawback-0-1')
  })

  it('sends again with each block what is waiting', async () => {
    const set = await fundedSet(regtest(), { csv: 144 })
    await confirm(part(set, 'unvault-0'))
    const running = new Running(bitcoind(), set)
    await running.until('sent', () => true, 0)
    const heard = running.events.length
    await mineEmpty()
    const { rung, again } = await running.until('sent', () => true, heard)
    assert.deepEqual([rung.id, again], ['clawback-0-0', true])
    await mine(ENOUGH)
    await assertSaved(set, await running.end, 'clawback-0-0')
  })

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

  it('brings the deposit to deep cold where that is ordered', async () => {
    const set = await fundedSet(regtest())
    const running = new Running(bitcoind(), set, { emergency: true })
    await running.until('sent', () => true, 0)
    await mine(ENOUGH)
    await assertSaved(set, await running.end, 'emergency-1')
  })

  it('says that a stranger is spending the deposit, and outbids him where that is ordered', async () => {
    const set = await fundedSet(regtest())
    const theft = coldTheft(set)
    await bitcoind().sendRawTransaction(theft.raw)
    const idle = await new Running(bitcoind(), set).end
    assert.ok(idle.end === 'nothing-to-do' && idle.spent_by === theft.txid && idle.being_spent, JSON.stringify(idle))
    const running = new Running(bitcoind(), set, { emergency: true })
    await running.until('sent', () => true, 0)
    assert.equal(await bitcoind().getMempoolEntry(theft.txid), null)
    await mine(ENOUGH)
    await assertSaved(set, await running.end, 'emergency-1')
  })

  it('takes an unconfirmed unvault by emergency where that is ordered, and a confirmed one by clawback', async () => {
    const set = await fundedSet(regtest())
    await bitcoind().sendRawTransaction(part(set, 'unvault-0').raw)
    const running = new Running(bitcoind(), set, { emergency: true })
    await running.until('sent', ({ rung }) => rung.id === 'emergency-1', 0)
    await confirm(part(set, 'unvault-0'))
    await running.until('sent', ({ rung }) => rung.id === 'clawback-0-0', 0)
    await mine(ENOUGH)
    await assertSaved(set, await running.end, 'clawback-0-0')
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

  it('takes the coin after all when a reorganisation gives it back from such a thief', async () => {
    const set = await fundedSet(regtest())
    const theft = coldTheft(set)
    await confirm(theft)
    const running = new Running(bitcoind(), set, { emergency: true })
    await running.until('coin', ({ coin }) => coin.where === 'taken', 0)
    await bitcoind().invalidateBlock(await bitcoind().getBestBlockHash())
    await running.until('sent', ({ rung }) => rung.id === 'emergency-1', 0)
    await regtest().mine(0, ENOUGH + 1, await regtest().freshAddress())
    await assertSaved(set, await running.end, 'emergency-1')
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

  it('goes on after a reorganisation that takes the unvault and the clawback out of the chain', async () => {
    const set = await fundedSet(regtest())
    await confirm(part(set, 'unvault-0'))
    const unvaulted = await bitcoind().getBestBlockHash()
    const running = new Running(bitcoind(), set)
    await running.until('sent', () => true, 0)
    await mine(2)
    await running.until('depth', ({ depth }) => depth === 2, 0)
    const heard = running.events.length
    await bitcoind().invalidateBlock(unvaulted)
    const { coin } = await running.until('coin', () => true, heard)
    assert.ok(coin.where === 'unvaulted' && coin.height === null)
    await regtest().mine(0, ENOUGH, await regtest().freshAddress())
    await assertSaved(set, await running.end, 'clawback-0-0')
  })

  it('goes over to another unvault that the other branch of a reorganisation has', async () => {
    const set = await fundedSet(regtest())
    await confirm(part(set, 'unvault-0'))
    const unvaulted = await bitcoind().getBestBlockHash()
    const running = new Running(bitcoind(), set)
    await running.until('sent', () => true, 0)
    await mine(1)
    await running.until('depth', () => true, 0)
    await bitcoind().invalidateBlock(unvaulted)
    const address = await regtest().freshAddress()
    await bitcoind().generateBlock(address, [part(set, 'unvault-1').raw])
    await running.until('sent', ({ rung }) => rung.id === 'clawback-1-0', 0)
    await regtest().mine(0, ENOUGH, address)
    await assertSaved(set, await running.end, 'clawback-1-0')
  })

  it('may be killed and started again at any moment', async () => {
    const set = await fundedSet(regtest())
    const killedAt = async (event: 'coin' | 'sent' | 'depth', depth?: number): Promise<void> => {
      const running = new Running(bitcoind(), set)
      await running.until(event, (told) => told.event !== 'depth' || depth === undefined || told.depth >= depth, 0)
      await running.kill()
    }
    await bitcoind().sendRawTransaction(part(set, 'unvault-0').raw)
    await killedAt('coin')
    await mine()
    await killedAt('sent')
    await killedAt('sent')
    await mine()
    await killedAt('depth', 1)
    await mine(ENOUGH - 2)
    await killedAt('depth', ENOUGH - 1)
    await mine()
    const last = new Running(bitcoind(), set)
    await assertSaved(set, await last.end, 'clawback-0-0')
    assert.deepEqual(sentIds(last), [])
  })

  it('goes on when bitcoind was killed and has forgotten its mempool', async () => {
    const set = await fundedSet(regtest())
    await confirm(part(set, 'unvault-0'))
    // On disk, so that a kill does not take the chain back.
    await regtest().node(0).restart()
    const running = new Running(bitcoind(), set)
    await running.until('sent', () => true, 0)
    const heard = running.events.length
    await regtest().node(0).kill()
    await running.until('trouble', () => true, heard)
    await regtest().node(0).restart()
    await running.until('sent', () => true, heard)
    await mine(ENOUGH)
    await assertSaved(set, await running.end, 'clawback-0-0')
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

describe('a rescue where blocks ask for more than the lower rungs pay', () => {
  const regtest = useRegtest(1, () => ['-minrelaytxfee=0.0003', '-txindex=0', '-blockfilterindex=1'])

  it('climbs to the first rung that bitcoind takes', async () => {
    const { bitcoind } = regtest().node(0)
    const set = await fundedSet(regtest())
    await bitcoind.generateBlock(PURSE_ADDRESS, [part(set, 'unvault-0').raw])
    const running = new Running(bitcoind, set)
    await running.until('sent', () => true, 0)
    const refused = running.events.flatMap((one) => (one.event === 'refused' ? [`${one.rung.id} ${one.answer}`] : []))
    // What bitcoind asks lifts it by one rung above the lowest, as members go, and its refusals the rest.
    assert.deepEqual(refused, ['clawback-0-1 fee-too-low'])
    assert.deepEqual(sentIds(running), ['clawback-0-2'])
    await regtest().mine(0, ENOUGH)
    assert.equal((await running.end).end, 'recovered')
  })

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
