/** Three ways by which a new block comes to the scanner. */
import {
  AnnouncedBlocks, type BlockSource, BlockSources, ZmqSubscriber, createRestSource, createRpcSource,
} from '../../packages/node/src/chain/sources/index.ts'
import type { RegtestNode } from '../../packages/client/src/regtest.ts'
import { monotonic_ms } from '../reaction/clock.ts'
import type { NumberedBlock, WatchedCoins } from '../support/full-blocks/index.ts'
import type { BlockNotice, Notices } from './notices.ts'

export const ROUTES = ['zmq', 'rest', 'rpc-hex'] as const
export type Route = (typeof ROUTES)[number]
export type FetchRoute = Exclude<Route, 'zmq'>

/** A block that was scanned. */
export interface Arrival {
  readonly at_ms: number
  readonly bytes: Uint8Array
  /** What the scan found. */
  readonly found: number | null
}

const LIMIT_MS = 30_000

export class Routes {
  readonly #coins: WatchedCoins
  readonly #notices: Notices
  readonly #fetchers: Readonly<Record<FetchRoute, BlockSources>>
  readonly #announced = new AnnouncedBlocks()
  readonly #stop = new AbortController()
  readonly #run: Promise<void>
  readonly #live: ZmqSubscriber
  #isScanning = false
  #onAnnounced: ((arrival: Arrival & { hash: string }) => void) | null = null

  constructor(node: RegtestNode, coins: WatchedCoins, notices: Notices) {
    this.#coins = coins
    this.#notices = notices
    const only = (source: BlockSource): BlockSources => new BlockSources([source])
    this.#fetchers = { 'rest': only(createRestSource(node.bitcoind)), 'rpc-hex': only(createRpcSource(node.bitcoind)) }
    const counters = { zmq_messages: 0, zmq_malformed: 0, zmq_gaps: 0 }
    this.#live = new ZmqSubscriber(node.zmq, { counters, signal: this.#stop.signal })
    // All that a node hears comes here, too: bitcoind announces each of a block's transactions before the block.
    this.#run = this.#live.run({
      onBlock: (bytes) => this.#onBlock(bytes),
      onTransaction: (bytes) => coins.scanTransaction(bytes),
      onSequence: () => {},
      onGap: () => {},
    })
  }

  get isLive(): boolean {
    return this.#live.isLive && this.#notices.hasHeard
  }

  /** @param give called when everything is ready to hear of it */
  async take(route: Route, block: NumberedBlock, give: () => Promise<void>): Promise<{ notice: BlockNotice; arrival: Arrival }> {
    const notice = this.#notices.of(block.hash)
    const arrival = route === 'zmq' ? this.#announcement(block.hash) : notice.then(() => this.fetch(route, block))
    const [noticed, arrived] = await Promise.all([notice, arrival, give()])
    return { notice: noticed, arrival: arrived }
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#run
  }

  #onBlock(bytes: Uint8Array): void {
    const { hash } = this.#announced.keep(bytes)
    if (!this.#isScanning) return
    const found = this.#coins.scan(bytes)
    this.#onAnnounced?.({ hash, at_ms: monotonic_ms(), bytes, found })
  }

  async #announcement(hash: string): Promise<Arrival> {
    const { promise, resolve, reject } = Promise.withResolvers<Arrival>()
    const tooLong = setTimeout(() => reject(new Error('bitcoind announced no block')), LIMIT_MS)
    this.#isScanning = true
    this.#onAnnounced = (arrival) => {
      if (arrival.hash === hash) resolve(arrival)
    }
    try {
      return await promise
    } finally {
      clearTimeout(tooLong)
      this.#isScanning = false
    }
  }

  /** One that bitcoind has. */
  async fetch(route: FetchRoute, { hash }: NumberedBlock): Promise<Arrival> {
    const outcome = await this.#fetchers[route].fetch(hash, { timeout_ms: LIMIT_MS })
    if (outcome.kind !== 'block') throw new Error(`${route} gave no block: ${outcome.kind}`)
    const { bytes } = outcome.block
    const found = this.#coins.scan(bytes)
    return { at_ms: monotonic_ms(), bytes, found }
  }
}
