import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { BlockRef } from '@belfry/protocol'
import { toHex } from '@belfry/protocol/primitives'
import { restoreLog } from '@belfry/runtime'
import * as fc from 'fast-check'
import { useRegtest } from '../../../bitcoind/test/support/regtest-suite.ts'
import { HEADER_ROWS, type HeaderRow } from '../../src/chain/index.ts'
import { HeaderLog } from '../../src/chain/follower/header-log.ts'
import { readTold } from '../../src/movements/index.ts'
import { Store } from '../../src/store/index.ts'
import type { ReadRequest } from '../../src/wallets/request.ts'
import { riderOf } from '../../src/wallets/rows.ts'
import { temporaryDirectories } from '../store/support.ts'
import { read } from '../wallets/support.ts'
import { factsCore } from './support/facts-core.ts'
import { COINS, Hand, move } from './support/hand.ts'
import type { Fact } from './support/knowledge.ts'
import { Oracle } from './support/oracle.ts'
import { PAID_SCRIPT } from './support/subjects.ts'
import { type ChildOrders, type Death, knowledgeOf } from './support/watching-child.ts'

const CHILD = join(import.meta.dirname, 'support/watching-child.ts')
const LIVES = 10
const MAX_TOLD = 100_000
/** While one process lives: more than it needs to come to its end. */
const MOVES_A_LIFE = 40

const death = fc.record<Death>({
  after: fc.nat(9),
  at: fc.constantFrom('event', 'rows', 'before-write', 'during-write', 'after-write'),
})
const life = fc.record({
  writesApart: fc.boolean(),
  dies: fc.option(death, { freq: 4 }),
  /** Where it does not die by its own hand: after so many lines that it writes. */
  lines: fc.integer({ min: 1, max: 12 }),
  moves: fc.array(move, { minLength: MOVES_A_LIFE, maxLength: MOVES_A_LIFE }),
  /** While it is down. */
  down: fc.array(move, { maxLength: 4 }),
})

describe('the chain watcher, killed at any moment', () => {
  const regtest = useRegtest(1)
  const newDirectory = temporaryDirectories()
  let child: ChildProcess | null = null

  afterEach(() => child?.kill('SIGKILL'))

  /** @param onLine called with the number of lines so far */
  function start(orders: ChildOrders, onLine: (lines: number) => void): { readonly running: Promise<void>; readonly ended: Promise<void> } {
    const started = spawn(process.execPath, ['--conditions=source', CHILD, JSON.stringify(orders)], { stdio: ['ignore', 'pipe', 'inherit'] })
    child = started
    const running = Promise.withResolvers<void>()
    let lines = 0
    createInterface(started.stdout).on('line', (line) => {
      if (line === 'running') running.resolve()
      onLine(lines += 1)
    })
    const ended = once(started, 'exit').then(() => running.resolve())
    return { running: running.promise, ended }
  }

  async function live(orders: Omit<ChildOrders, 'writesApart' | 'dies' | 'until'>, hand: Hand, { writesApart, dies, lines, moves, down }: typeof life extends fc.Arbitrary<infer T> ? T : never): Promise<void> {
    const { running, ended } = start({ ...orders, writesApart, dies, until: null }, (count) => {
      if (dies === null && count > lines) child?.kill('SIGKILL')
    })
    await running
    const isAlive = (): boolean => child?.exitCode === null && child.signalCode === null
    for (const one of moves) {
      if (!isAlive()) break
      await hand.take(one)
    }
    // Where nothing of what it waited for came.
    child?.kill('SIGKILL')
    await ended
    assert.equal(child?.signalCode, 'SIGKILL', 'it did not end by itself')
    for (const one of down) await hand.take(one)
  }

  it('has told every fact once, in chain order, to core and wallets, and keeps a whole header log', async () => {
    await fc.assert(fc.asyncProperty(fc.array(life, { minLength: LIVES, maxLength: LIVES }), async (lives) => {
      const dir = join(await newDirectory(), 'store')
      const hand = new Hand(regtest())
      const { rpcPort, cookieFile, zmq, bitcoind } = regtest().node(0)
      const orders = { store: dir, rpcPort, cookieFile, zmq, watched: hand.core }
      await watch(dir, await read('script', toHex(PAID_SCRIPT)))
      for (const one of lives) {
        await hand.takeCoins()
        await watch(dir, ...await Promise.all(hand.listed.slice(0, COINS).map((coin) => read('outpoint', coin))))
        await live(orders, hand, one)
      }
      // Once with a mempool, which is to be as it was told, and once more when all is in blocks.
      for (const mineAll of [false, true]) {
        if (mineAll) await hand.mineAll()
        await start({ ...orders, dies: null, until: await bitcoind.getBestBlockHash() }, () => {}).ended
        assert.equal(child?.exitCode, 0)
        await checkAll(dir, hand)
      }
    }), { numRuns: 1, endOnFailure: true })
  }).timeout(120_000)

  async function checkAll(dir: string, hand: Hand): Promise<void> {
    const { store, log } = await Store.open(dir)
    try {
      const { durable } = restoreLog(factsCore, log)
      const facts = durable.facts.filter((fact): fact is Fact => fact.event !== 'chain-health')
      const oracle = new Oracle(regtest().node(0).bitcoind, { core: hand.core, listed: hand.listed, scripts: [PAID_SCRIPT] })
      await oracle.checkFacts(facts)
      const told = await readTold(store, 0, MAX_TOLD)
      assert.deepEqual(told.map(({ seq }) => seq), told.map((_, i) => i + 1))
      await oracle.checkMovements(told.map(({ movement }) => movement), facts)
      await checkHeaders(store, knowledgeOf(durable, hand.core).position, facts)
      const of = (event: Fact['event']): number => facts.filter((fact) => fact.event === event).length
      assert.ok(of('spend-confirmed') > 0 && of('block-connected') > LIVES && told.length > 0, 'there was something to tell')
    } finally {
      await store.close()
    }
  }

  /** As a person does while the node is stopped. */
  async function watch(dir: string, ...requests: readonly ReadRequest[]): Promise<void> {
    const { store } = await Store.open(dir)
    await store.write(requests.map((request) => riderOf(request.watch)))
    await store.close()
  }

  async function checkHeaders(store: Store, position: BlockRef | null, facts: readonly Fact[]): Promise<void> {
    const rows: HeaderRow[] = []
    for await (const row of store.rows(Uint8Array.of(HEADER_ROWS))) rows.push(row)
    const headers = new HeaderLog()
    assert.equal(headers.load(rows, position), null)
    assert.deepEqual(headers.tip?.hash, position?.hash)
    const all = headers.all()
    assert.equal(all.length, rows.length, 'there is no row besides')
    for (const [i, header] of all.entries()) {
      const before = all[i - 1]
      if (before === undefined) continue
      assert.deepEqual([header.height, header.previous], [before.height + 1, before.hash])
      assert.ok(header.work > before.work)
    }
    const heights = facts.flatMap((fact) => fact.event === 'block-connected' ? [fact.block.height] : [])
    assert.equal(all[0]?.height, Math.min(...heights), 'it goes back to the first block told')
  }
})
