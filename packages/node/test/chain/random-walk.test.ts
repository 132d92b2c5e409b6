import assert from 'node:assert/strict'
import { serialise } from '@belfry/bitcoind'
import type { WatchedOutpoint } from '@belfry/protocol'
import type { Height, Outpoint, Txid } from '@belfry/protocol/primitives'
import * as fc from 'fast-check'
import { spend, useRegtest } from '../../../bitcoind/test/support/regtest-suite.ts'
import { Stage } from './support/stage.ts'
import { startZmqRelay, type ZmqRelay } from './support/zmq-relay.ts'

const DEPOSITS = 6
const WALKS = 6
/** Deeper than any reorganisation of the walk. */
const BURIED = 4

const which = fc.nat(DEPOSITS - 1)
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ does: fc.constant('send' as const), which }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('mine' as const), blocks: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('mine-other' as const), which }) },
  { weight: 2, arbitrary: fc.record({
    does: fc.constant('reorganise' as const),
    depth: fc.integer({ min: 1, max: BURIED - 1 }),
    more: fc.integer({ min: 0, max: 2 }),
  }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constantFrom('stop' as const, 'start' as const, 'wait' as const) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('lose' as const), messages: fc.integer({ min: 1, max: 6 }) }) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** A watcher that comes and goes, and the coins it watches. */
class Walk {
  readonly stage: Stage
  runs = false
  /** Rises with each spend, so that each may replace the last. */
  fee = 1_000
  private deposits: readonly Outpoint[] = []
  private start_height = 0

  constructor(stage: Stage) {
    this.stage = stage
  }

  async begin(): Promise<void> {
    const names = Array.from({ length: DEPOSITS }, (_, i) => `deposit${i}`)
    this.deposits = Object.values(await this.stage.deposits(...names))
    await this.stage.mine(BURIED)
    await this.stage.begin()
    this.start_height = this.stage.height - BURIED
    this.runs = true
  }

  outpoint(which: number): Outpoint {
    return this.deposits[which] ?? assert.fail()
  }

  spendOf(which: number): Uint8Array {
    return serialise(spend(this.outpoint(which), this.fee))
  }

  start(): void {
    if (!this.runs) this.stage.watcher.start()
    this.runs = true
  }

  async stop(): Promise<void> {
    await this.stage.watcher.stop()
    this.runs = false
  }

  async mustBeRight(): Promise<void> {
    const { watcher, bitcoind } = this.stage
    this.start()
    const best = await bitcoind.getBestBlockHash()
    await watcher.when('the tip', () => watcher.position?.hash === best)
    await watcher.quiet()
    const confirmed = await this.confirmedSpends()
    const spenders = await bitcoind.getTxSpendingPrevout(this.deposits)
    for (const { outpoint, spender } of spenders) {
      const known = watcher.known.get(outpoint)
      assert.deepEqual([known?.mempool_txid, known?.confirmed ?? null], [spender, confirmed.get(outpoint) ?? null])
    }
  }

  /** As bitcoind tells it, block by block. */
  private async confirmedSpends(): Promise<Map<string, WatchedOutpoint['confirmed']>> {
    const { bitcoind } = this.stage
    const spends = new Map<string, WatchedOutpoint['confirmed']>()
    const { blocks } = await bitcoind.getBlockchainInfo()
    for (let height = this.start_height; height <= blocks; height++) {
      const hash = await bitcoind.getBlockHash(height) ?? assert.fail()
      const block = await bitcoind.rpc.call('getblock', [hash, 2]) as
        { tx: { txid: Txid; vin: { txid?: string; vout?: number }[] }[] }
      for (const tx of block.tx) {
        for (const { txid, vout } of tx.vin) {
          spends.set(`${txid}:${vout}`, { txid: tx.txid, block: { height: height as Height, hash } })
        }
      }
    }
    return spends
  }
}

describe('the chain watcher, on a random walk', () => {
  const regtest = useRegtest(1)
  let relay: ZmqRelay

  before(async () => {
    relay = await startZmqRelay(regtest().node(0).zmq)
  })

  after(() => relay.close())

  async function take(one: Step, at: Walk): Promise<void> {
    const { stage } = at
    switch (one.does) {
      case 'send':
        at.fee += 1_000
        // Refused when the coin is spent in the chain already.
        await stage.bitcoind.broadcast(at.spendOf(one.which))
        break
      case 'mine':
        await stage.mine(one.blocks)
        break
      case 'mine-other':
        at.fee += 1_000
        if (await stage.bitcoind.getTxOut(at.outpoint(one.which), false) !== null) {
          await stage.bitcoind.generateBlock(await regtest().freshAddress(), [at.spendOf(one.which)])
        }
        break
      case 'reorganise':
        await stage.reorganise(one.depth, one.depth + one.more)
        break
      case 'stop':
        await at.stop()
        break
      case 'start':
        at.start()
        break
      case 'wait':
        if (at.runs) await stage.watcher.quiet()
        break
      case 'lose': {
        let left = one.messages
        relay.loses = () => left-- > 0
        break
      }
    }
  }

  it('ends with what is so, having told nothing that did not follow from what it told before', async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 15, maxLength: 30 }), async (steps) => {
      relay.loses = () => false
      const walk = new Walk(new Stage(regtest(), { zmq: relay.addresses }))
      await walk.begin()
      try {
        for (const one of steps) await take(one, walk)
        await walk.mustBeRight()
      } finally {
        await walk.stop()
      }
    }), { numRuns: WALKS, endOnFailure: true })
  }).timeout(120_000)
})
