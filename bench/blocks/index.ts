/** From bitcoind's notice of a full block to its last byte scanned, by each way that blocks come (P6): `pnpm bench blocks`. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { BenchContext, BenchResult } from '../bench.ts'
import { peerOf, timeRow } from '../output/row.ts'
import { monotonic_ms } from '../reaction/clock.ts'
import { type BlockStage, type NumberedBlock, WatchedCoins, startBlockStage } from '../support/full-blocks/index.ts'
import { Notices } from './notices.ts'
import { type Arrival, type FetchRoute, ROUTES, type Route, Routes } from './routes.ts'

const SAMPLES = 20
/** Blocks by each way that are not counted: code that has never run is slow. */
const WARM_UP = 4
const LIVE_TRIES = 100
const LIVE_STEP_MS = 50
/** bitcoind and we are busy with a block for some time after it has been scanned. */
const PAUSE_MS = 50

export async function blocks({ samples, progress, signal }: BenchContext): Promise<BenchResult> {
  progress('starting a bitcoind')
  await using stage = await startBlockStage({ progress, signal })
  const notices = new Notices(stage.hashblock)
  const coins = new WatchedCoins()
  const routes = new Routes(stage.node, coins, notices)
  try {
    await untilLive(stage, routes)
    const series = new Series(stage, coins, routes)
    const rounds = WARM_UP + (samples ?? SAMPLES)
    for (let round = 0; round < rounds; round++) {
      for (const route of ROUTES) {
        signal.throwIfAborted()
        await series.take(route, round >= WARM_UP)
      }
      if (round % 5 === 4) progress(`${round + 1} of ${rounds} blocks by each way`)
    }
    return { ...series.result(), bitcoind: stage.binary.version }
  } finally {
    await routes.close()
    await notices.close()
  }
}

/** Until ZMQ has connected, what is published is lost. */
async function untilLive({ blocks }: BlockStage, routes: Routes): Promise<void> {
  for (let tries = 0; !routes.isLive; tries++) {
    if (tries === LIVE_TRIES) throw new Error('bitcoind publishes nothing by ZMQ')
    await blocks.give(blocks.build())
    await sleep(LIVE_STEP_MS)
  }
}

class Series {
  readonly #stage: BlockStage
  readonly #coins: WatchedCoins
  readonly #routes: Routes
  readonly #times: Readonly<Record<Route, number[]>> = { 'zmq': [], 'rest': [], 'rpc-hex': [] }
  /** Fetched when bitcoind has nothing else to do, as for a gap: not while it announces the block. */
  readonly #idle: Readonly<Record<FetchRoute, number[]>> = { 'rest': [], 'rpc-hex': [] }
  readonly #copies: number[] = []
  readonly #wrong: string[] = []

  constructor(stage: BlockStage, coins: WatchedCoins, routes: Routes) {
    this.#stage = stage
    this.#coins = coins
    this.#routes = routes
  }

  async take(route: Route, counts: boolean): Promise<void> {
    const { blocks } = this.#stage
    const block = blocks.build()
    const watched = this.#coins.watch(block)
    const { notice, arrival } = await this.#routes.take(route, block, () => blocks.give(block))
    this.#check(route, arrival, { block, watched })
    if (counts) this.#times[route].push(arrival.at_ms - notice.at_ms)
    if (counts) this.#copies.push(copyTime(block))
    await sleep(PAUSE_MS)
    for (const fetched of ['rest', 'rpc-hex'] as const) {
      const before_ms = monotonic_ms()
      const again = await this.#routes.fetch(fetched, block)
      this.#check(fetched, again, { block, watched })
      if (counts) this.#idle[fetched].push(again.at_ms - before_ms)
    }
  }

  #check(route: Route, { found, bytes }: Arrival, { block, watched }: { block: NumberedBlock; watched: number }): void {
    if (found !== watched) this.#wrong.push(`${route}: the scan did not find what is spent in block ${block.height}`)
    if (Buffer.compare(bytes, block.bytes) !== 0) this.#wrong.push(`${route}: block ${block.height} came with other bytes`)
  }

  result(): Pick<BenchResult, 'rows' | 'wrong'> {
    const rpc = timeRow('rpc-hex', this.#times['rpc-hex'])
    const others = (['zmq', 'rest'] as const).map((route) => timeRow(route, this.#times[route], peerOf(rpc)))
    const rpcIdle = timeRow('rpc-hex-idle', this.#idle['rpc-hex'])
    const restIdle = timeRow('rest-idle', this.#idle.rest, peerOf(rpcIdle))
    return { rows: [...others, rpc, restIdle, rpcIdle, timeRow('memcpy', this.#copies)], wrong: this.#wrong }
  }
}

/** Into memory that has been written to before: the second of two. */
function copyTime({ bytes }: NumberedBlock): number {
  const copy = new Uint8Array(bytes.length)
  copy.set(bytes)
  const before_ms = performance.now()
  copy.set(bytes)
  return performance.now() - before_ms
}
