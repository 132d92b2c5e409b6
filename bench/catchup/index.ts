/** A day of full blocks that were missed, fetched and scanned (P10): `pnpm bench catchup`. */
import type { BlockHash } from '../../packages/client/src/regtest.ts'
import {
  AnnouncedBlocks, BlockSources, createRestSource, createRpcSource, fetchAhead,
} from '../../packages/node/src/chain/sources/index.ts'
import type { BenchContext, BenchResult } from '../bench.ts'
import { peerOf, row, timeRow } from '../output/row.ts'
import { type BlockStage, WatchedCoins, startBlockStage } from '../support/full-blocks/index.ts'

const BLOCKS = 144
const SAMPLES = 5
const PROGRESS_EVERY = 36

interface Missed {
  readonly hash: BlockHash
  readonly bytes: number
  /** The watched outpoint that is spent in it. */
  readonly watched: number
}

interface Run {
  readonly took_s: number
  /** Processor time of this thread within the scanner. */
  readonly scan_ms: number
}

export async function catchup({ samples, progress, signal }: BenchContext): Promise<BenchResult> {
  progress('starting a bitcoind')
  await using stage = await startBlockStage({ progress, signal })
  const coins = new WatchedCoins()
  const missed = await mine(stage, coins, { progress, signal })
  const wrong: string[] = []
  const runs: Run[] = []
  const follow = new CatchUp(stage, coins, missed, wrong)
  // The first is not counted: code that has never run is slow.
  for (let i = 0; i <= (samples ?? SAMPLES); i++) {
    signal.throwIfAborted()
    const run = await follow.run()
    progress(`${missed.length} blocks in ${run.took_s.toFixed(2)} s`)
    if (i > 0) runs.push(run)
  }
  progress('the same in hex')
  const hex = row('rpc-hex', 's', [await follow.runInHex()])
  const memcpy = timeRow('memcpy', runs.map(() => copyTime(missed)))
  return {
    rows: [
      row('catchup', 's', runs.map(({ took_s }) => took_s), peerOf(hex)),
      timeRow('catchup-cpu-scan', runs.map(({ scan_ms }) => scan_ms), peerOf(memcpy)),
      hex,
      memcpy,
    ],
    wrong,
    bitcoind: stage.binary.version,
  }
}

async function mine(
  { blocks }: BlockStage, coins: WatchedCoins, { progress, signal }: Pick<BenchContext, 'progress' | 'signal'>,
): Promise<Missed[]> {
  const missed: Missed[] = []
  for (let i = 1; i <= BLOCKS; i++) {
    signal.throwIfAborted()
    const block = blocks.build()
    await blocks.give(block)
    missed.push({ hash: block.hash, bytes: block.bytes.length, watched: coins.watch(block) })
    if (i % PROGRESS_EVERY === 0) progress(`${i} of ${BLOCKS} full blocks`)
  }
  return missed
}

class CatchUp {
  readonly #stage: BlockStage
  readonly #coins: WatchedCoins
  readonly #missed: readonly Missed[]
  readonly #wrong: string[]

  constructor(stage: BlockStage, coins: WatchedCoins, missed: readonly Missed[], wrong: string[]) {
    this.#stage = stage
    this.#coins = coins
    this.#missed = missed
    this.#wrong = wrong
  }

  /** As the follower does: announced blocks first, which are none, then REST, several ahead. */
  run(): Promise<Run> {
    const { bitcoind } = this.#stage.node
    const sources = [new AnnouncedBlocks(), createRestSource(bitcoind), createRpcSource(bitcoind)]
    return this.#follow(new BlockSources(sources), {})
  }

  /** One after the other. */
  async runInHex(): Promise<number> {
    const { took_s } = await this.#follow(new BlockSources([createRpcSource(this.#stage.node.bitcoind)]), { maxBlocks: 1 })
    return took_s
  }

  async #follow(sources: BlockSources, ahead: { maxBlocks?: number }): Promise<Run> {
    const before_ms = performance.now()
    let scan_us = 0
    let at = 0
    let previous: string | null = null
    for await (const { outcome } of fetchAhead(hashesOf(this.#missed), sources, ahead)) {
      const expected = this.#missed[at]
      at += 1
      if (outcome.kind !== 'block') break
      const scanned = process.threadCpuUsage()
      const found = this.#coins.scan(outcome.block.bytes)
      const { user, system } = process.threadCpuUsage(scanned)
      scan_us += user + system
      if (found !== expected?.watched) this.#wrong.push(`the scan did not find what is spent in block ${at}`)
      if (previous !== null && outcome.block.previous !== previous) this.#wrong.push(`block ${at} is not on the one before`)
      previous = outcome.block.hash
    }
    if (at !== this.#missed.length || previous !== this.#missed.at(-1)?.hash) this.#wrong.push(`only ${at} blocks came`)
    return { took_s: (performance.now() - before_ms) / 1_000, scan_ms: scan_us / 1_000 }
  }
}

async function* hashesOf(missed: readonly Missed[]): AsyncGenerator<BlockHash> {
  for (const { hash } of missed) yield hash
}

/** As many bytes as all blocks have, from memory to memory. */
function copyTime(missed: readonly Missed[]): number {
  const longest = new Uint8Array(Math.max(...missed.map(({ bytes }) => bytes))).fill(1)
  const copy = new Uint8Array(longest.length).fill(2)
  const before_ms = performance.now()
  for (const { bytes } of missed) copy.set(longest.subarray(0, bytes))
  return performance.now() - before_ms
}
