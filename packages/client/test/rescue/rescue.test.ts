import assert from 'node:assert/strict'
import { PURSE_ADDRESS } from '@belfry/bitcoind'
import type { Feerate } from '@belfry/protocol/primitives'
import { useRegtest } from '../../../bitcoind/test/support/regtest-suite.ts'
import { ENOUGH, coldTheft, onEachPolicy } from './ground.ts'
import { CSV, Running, fundedSet, part, sentIds } from './scene.ts'

onEachPolicy('a rescue by the owner alone', ({ regtest, bitcoind, mine, mineEmpty, confirm, assertSaved }) => {
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
})

describe('a rescue where blocks ask for more than the lower rungs pay', () => {
  const regtest = useRegtest(1, () => ['-minrelaytxfee=0.0003', '-txindex=0'])

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
})
