/** A chain watcher as a node has it, between a real bitcoind and the publisher. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { RegtestNode } from '../../../packages/client/src/regtest.ts'
import { type Chain, WatchSet, createChain, keyOfOutpoint } from '../../../packages/node/src/chain/index.ts'
import { genesisHashOf } from '../../../packages/protocol/src/index.ts'
import { monotonic_ms } from '../../reaction/clock.ts'
import { each, keysOf } from '../../watchset/keys.ts'
import { type WatchedSpend, keyHashScript } from './hits.ts'
import type { Listener, Publication } from './publication.ts'

const OUTPOINTS = 1_000_000
const SCRIPTS = 10_000
/** Rounds of questions that go by the clock are not what is measured; those that a message calls for are. */
const NEVER_MS = 3_600_000
const CALM_LIMIT_MS = 60_000
const CALM_STEP_MS = 100
/** bitcoind was asked for nothing so long: longer than the watcher waits for a message of acceptance. */
const CALM_STEPS = 5
/** The two topics that the publisher has: each begins with what may have been missed. */
const FIRST_GAPS = 2

/** What was told of one transaction. */
interface Told {
  readonly event: string
  readonly at_ms: number
}

export class FloodedWatcher implements Listener, AsyncDisposable {
  readonly #chain: Chain
  readonly #told = new Map<string, Told[]>()

  /** Hears the publisher, and has nothing to ask any more. */
  static async start(node: RegtestNode, publication: Publication, hits: readonly WatchedSpend[]): Promise<FloodedWatcher> {
    const watcher = new FloodedWatcher(node, publication, hits)
    await publication.untilHeard(watcher)
    await watcher.untilCalm()
    return watcher
  }

  private constructor(node: RegtestNode, { rawtx, sequence }: Publication, hits: readonly WatchedSpend[]) {
    this.#chain = createChain(
      {
        genesis: genesisHashOf('regtest'),
        zmq: { rawblock: node.zmq.rawblock, rawtx, sequence },
        timing: { mempool_ms: NEVER_MS, health_ms: NEVER_MS },
        watchSet: watchSetOf(hits),
        movements: () => ({
          extend: () => [],
          tell: (event) => {
            this.#note(event.event, event.event === 'spend-evicted' ? event.txid : 'tx' in event ? event.tx.txid : null)
            return []
          },
          found: () => [],
          known: () => [],
          gone: () => [],
          connected: () => [],
        }),
      },
      { bitcoind: node.bitcoind },
    )
    const core = hits.filter(({ kind }) => kind === 'core')
    this.#chain.start(
      { position: null, recent: [], watched: core.map(({ outpoint }) => ({ outpoint, mempool_txid: null, confirmed: null })) },
      {
        event: (event) => {
          if (event.event === 'spend-evicted') this.#note(event.event, event.txid)
          else if ('tx' in event) this.#note(event.event, event.tx.txid)
        },
        rows: () => {},
      },
    )
  }

  get messages(): number {
    return this.#chain.counters().zmq_messages
  }

  get isLive(): boolean {
    return this.gaps >= FIRST_GAPS
  }

  get gaps(): number {
    return this.#chain.counters().zmq_gaps
  }

  /** Whole readings of bitcoind's mempool. */
  get readings(): number {
    return this.#chain.counters().mempool_readings
  }

  /** What was told of a transaction, in its order. */
  toldOf(txid: string): readonly Told[] {
    return this.#told.get(txid) ?? []
  }

  /** Until it has nothing to ask any more. */
  async untilCalm(): Promise<void> {
    const end_ms = monotonic_ms() + CALM_LIMIT_MS
    let before = this.#questions()
    for (let calm = 0; calm < CALM_STEPS; calm++) {
      if (monotonic_ms() > end_ms) throw new Error('the watcher does not come to rest')
      await sleep(CALM_STEP_MS)
      const now = this.#questions()
      if (now !== before) calm = 0
      before = now
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#chain.stop()
    await this.#chain.finished
  }

  #questions(): number {
    const { mempool_passes, mempool_readings } = this.#chain.counters()
    return mempool_passes + mempool_readings
  }

  #note(event: string, txid: string | null): void {
    if (txid === null) return
    const told = this.#told.get(txid) ?? []
    told.push({ event, at_ms: monotonic_ms() })
    this.#told.set(txid, told)
  }
}

function watchSetOf(hits: readonly WatchedSpend[]): WatchSet {
  const watchSet = new WatchSet()
  const { outpoints, scripts } = watchSet
  for (const key of each(keysOf('flood', OUTPOINTS))) outpoints.add(viewOf(key), 0)
  for (let i = 0; i < SCRIPTS; i++) scripts.add(keyHashScript(`watched ${i}`))
  for (const { kind, outpoint, script } of hits) {
    if (kind === 'list') outpoints.add(viewOf(keyOfOutpoint(outpoint)), 0)
    if (kind === 'payment') scripts.add(script)
  }
  watchSet.settle()
  return watchSet
}

function viewOf({ buffer, byteOffset, length }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, length)
}
