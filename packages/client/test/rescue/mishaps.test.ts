import assert from 'node:assert/strict'
import { ENOUGH, coldTheft, onEachPolicy } from './ground.ts'
import { Running, fundedSet, part, sentIds } from './scene.ts'

onEachPolicy('a rescue through reorganisations and crashes', ({ regtest, bitcoind, mine, confirm, assertSaved }) => {
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
})
