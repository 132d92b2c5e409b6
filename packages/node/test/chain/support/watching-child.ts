/**
 * Run as a process: watches the chain as a node does, on a real store and through the real loop, until it is killed; it can be
 * told at which of its own steps it shall kill itself. Prints `running`, then a line for each write that is on disk.
 */
import { writeSync } from 'node:fs'
import { connectBitcoind } from '@belfry/bitcoind'
import type { BlockHash, Millis, Outpoint } from '@belfry/protocol/primitives'
import { type Disk, Loop, LOOP_LIMITS, restoreLog } from '@belfry/runtime'
import { createChain, type ZmqAddresses } from '../../../src/chain/index.ts'
import { coreInputs } from '../../../src/effects/inputs.ts'
import { SystemClock } from '../../../src/effects/system-clock.ts'
import { Ingress } from '../../../src/ingress.ts'
import { MovementBook } from '../../../src/movements/index.ts'
import { Store } from '../../../src/store/index.ts'
import { createLogger } from '../../../src/logging/index.ts'
import { loadWatching } from '../../../src/watching/load.ts'
import { Rescan } from '../../../src/watching/rescan.ts'
import { type Told, factsCore } from './facts-core.ts'
import { Knowledge } from './knowledge.ts'
import { QUICK, REGTEST_GENESIS } from './watcher.ts'

export interface ChildOrders {
  readonly store: string
  readonly rpcPort: number
  readonly cookieFile: string
  readonly zmq: ZmqAddresses
  /** Coins of the core. */
  readonly watched: readonly Outpoint[]
  /** Each fact is written before the next is taken, so that it can die in between; else as the loop likes it. */
  readonly writesApart?: boolean
  /** Null: somebody else kills it. */
  readonly dies: Death | null
  /** Ends by itself, and well, when it has stood at this block for some rounds, and has searched all old blocks. */
  readonly until: BlockHash | null
}

export interface Death {
  /** How many steps of its kind are taken before. */
  readonly after: number
  readonly at: 'event' | 'rows' | 'before-write' | 'during-write' | 'after-write'
}

/** Two for a round that is under way, and more for those that look once again. */
const ROUNDS_AT_END = 10

export function knowledgeOf({ facts }: Told, watched: readonly Outpoint[]): Knowledge {
  const knowledge = new Knowledge()
  knowledge.watch(...watched)
  for (const fact of facts) if (fact.event !== 'chain-health') knowledge.learn(fact)
  return knowledge
}

async function main({ store: dir, rpcPort: port, cookieFile, zmq, watched, writesApart = false, dies, until }: ChildOrders): Promise<void> {
  let left = dies?.after ?? 0
  const step = (at: Death['at']): void => {
    if (dies?.at !== at) return
    left -= 1
    if (left < 0) process.kill(process.pid, 'SIGKILL')
  }

  const { store, log: loaded } = await Store.open(dir)
  const log = restoreLog(factsCore, loaded)
  const { position, recent, known } = knowledgeOf(log.durable, watched)
  const { watchSet, watches, movements, headers } = await loadWatching(store, 'regtest', { onEntries: () => {} })
  const disk: Disk = {
    append(entries, riders, done) {
      step('before-write')
      store.append(entries, riders, (error) => {
        step('after-write')
        writeSync(1, 'written\n')
        done(error)
      })
      step('during-write')
    },
    snapshot(index, bytes, done) {
      store.snapshot(index, bytes, done)
      step('during-write')
    },
  }
  const clock = new SystemClock()
  const stopping = new AbortController()
  let onIdle = (): void => {}
  const limits = writesApart ? { ...LOOP_LIMITS, turn_bytes: 1 } : LOOP_LIMITS
  const loop = new Loop({ limits, snapshot_rule: { every_records: 30, every_bytes: 1_000_000 } }, {
    core: factsCore, log, disk, clock, inputs: coreInputs,
    effects: { performDurable: () => {}, performImmediate: () => {} },
    observer: { onFatal: fail, onIdle: () => onIdle() },
  })
  const ingress = new Ingress({
    offer: (input, riders) => loop.offer(input, riders),
    offerRiders: (riders) => loop.offerRiders(riders),
    now: () => clock.now(),
  })
  const rounds = Promise.withResolvers<void>()
  let atEnd = 0
  const bitcoind = connectBitcoind({ port, cookieFile })
  const counting = {
    ...bitcoind,
    async getBestBlockHash(options?: Parameters<typeof bitcoind.getBestBlockHash>[0]) {
      const best = await bitcoind.getBestBlockHash(options)
      const last = knowledgeOf(loop.state.durable, watched).position
      if (until !== null && last?.hash === until && best === until) atEnd += 1
      if (atEnd === ROUNDS_AT_END) rounds.resolve()
      return best
    },
  }
  const chain = createChain({
    genesis: REGTEST_GENESIS, zmq, timing: QUICK, watchSet,
    movements: (modules) => new MovementBook(movements, { ...modules, watches, now: () => Date.now() as Millis }),
  }, { bitcoind: counting })
  chain.finished.catch(fail)
  chain.start({ position, recent, watched: [...known.values()], headers }, {
    event(event, _position, riders) {
      step('event')
      return ingress.chain(event, riders, stopping.signal)
    },
    rows(riders) {
      step('rows')
      return ingress.rows(riders, stopping.signal)
    },
  })
  const logger = createLogger({ level: 'error', destination: { fd: 2 } })
  const rescanned = new Rescan({ retry_ms: 20 }, { bitcoind, chain, watchSet, watches, logger, signal: stopping.signal }).run()
  rescanned.catch(fail)
  // Without a position it has to know bitcoind's tip before it sees a block.
  await chain.watch([])
  writeSync(1, 'running\n')

  await rescanned
  await rounds.promise
  await chain.stop()
  const idle = Promise.withResolvers<void>()
  onIdle = idle.resolve
  // Wakes the loop, so that it says when it is idle.
  loop.offerRiders([])
  await idle.promise
  loop.stop()
  await store.close()
  bitcoind.close()
}

function fail(error: unknown): never {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
  process.exit(1)
}

const [, script, orders] = process.argv
if (script === import.meta.filename && orders !== undefined) await main(JSON.parse(orders) as ChildOrders).catch(fail)
