import assert from 'node:assert/strict'
import { toHex } from '@belfry/protocol/primitives'
import * as fc from 'fast-check'
import { useRegtest } from '../../../bitcoind/test/support/regtest-suite.ts'
import { readTold } from '../../src/movements/index.ts'
import { read } from '../wallets/support.ts'
import { Hand, move, type Move } from './support/hand.ts'
import { Oracle } from './support/oracle.ts'
import { PAID_SCRIPT } from './support/subjects.ts'
import { TestWatcher } from './support/watcher.ts'
import { startZmqRelay, type ZmqRelay } from './support/zmq-relay.ts'

const WALKS = 6
const MAX_TOLD = 10_000

const step = fc.oneof(
  { weight: 16, arbitrary: move },
  { weight: 4, arbitrary: fc.record({ does: fc.constantFrom('stop' as const, 'kill' as const, 'start' as const, 'start' as const, 'wait' as const) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('lose' as const), messages: fc.integer({ min: 1, max: 6 }) }) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

describe('the chain watcher, on a random walk', () => {
  const regtest = useRegtest(1)
  let relay: ZmqRelay

  before(async () => {
    relay = await startZmqRelay(regtest().node(0).zmq)
  })

  after(() => relay.close())

  /** A watcher that comes, goes and dies, for a core and for wallets. */
  class Walk {
    readonly hand = new Hand(regtest())
    readonly watcher = new TestWatcher({ bitcoind: regtest().node(0).bitcoind, zmq: relay.addresses })
    private runs = false

    async begin(): Promise<void> {
      await this.hand.takeCoins()
      this.watcher.watchFromStart(...this.hand.core)
      const requests = [read('script', toHex(PAID_SCRIPT)), ...this.hand.listed.map((coin) => read('outpoint', coin))]
      await this.watcher.watchForWallet(...(await Promise.all(requests)).map(({ watch }) => watch))
      this.start()
      await this.watcher.running.watch([])
    }

    async take(one: Step): Promise<void> {
      switch (one.does) {
        case 'stop':
        case 'kill':
          await this.watcher[one.does]()
          this.runs = false
          return
        case 'start':
          return this.start()
        case 'wait':
          if (this.runs) await this.watcher.quiet()
          return
        case 'lose': {
          let left = one.messages
          relay.loses = () => left-- > 0
          return
        }
        default:
          return await this.hand.take(one satisfies Move)
      }
    }

    start(): void {
      if (!this.runs) this.watcher.start()
      this.runs = true
    }

    async end(): Promise<void> {
      await this.watcher.stop()
    }

    /** What was told is what bitcoind's blocks and mempool say, each fact once and in order. */
    async mustBeRight(): Promise<void> {
      const { bitcoind } = regtest().node(0)
      this.start()
      const best = await bitcoind.getBestBlockHash()
      await this.watcher.when('the tip', () => this.watcher.position?.hash === best)
      await this.watcher.quiet()
      const oracle = new Oracle(bitcoind, { core: this.hand.core, listed: this.hand.listed, scripts: [PAID_SCRIPT] })
      await oracle.checkFacts(this.watcher.events)
      const told = await readTold(this.watcher, 0, MAX_TOLD)
      assert.deepEqual(told.map(({ seq }) => seq), told.map((_, i) => i + 1))
      await oracle.checkMovements(told.map(({ movement }) => movement), this.watcher.events)
    }
  }

  it('tells what bitcoind\'s blocks and mempool say, once and in order, to core and wallets', async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 40 }), async (steps) => {
      relay.loses = () => false
      const walk = new Walk()
      await walk.begin()
      try {
        for (const one of steps) await walk.take(one)
        await walk.mustBeRight()
        await walk.hand.mineAll()
        await walk.mustBeRight()
      } finally {
        await walk.end()
      }
    }), { numRuns: WALKS, endOnFailure: true })
  }).timeout(120_000)
})
