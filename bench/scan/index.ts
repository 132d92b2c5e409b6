/** Blocks scanned for what is watched: `pnpm bench scan [--blocks DIR]`. */
import { hash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { createTxidHasher } from '../../packages/node/src/chain/hashing/index.ts'
import { BlockScanner, type HitKind } from '../../packages/node/src/chain/serial/index.ts'
import { WatchSet } from '../../packages/node/src/chain/watch-set/index.ts'
import type { BenchContext, BenchResult } from '../bench.ts'
import { type Peer, type Row, row, timeRow } from '../output/row.ts'
import { type SerialisedBlock, serialisedBlocks } from '../support/serialised-blocks/index.ts'
import { summarise } from '../statistics.ts'
import { firstBlock } from './first.ts'
import { allocated, cold, hot } from './measure.ts'
import { findLocators, findSpends, parse, PEER, type PeerHit } from './peer.ts'
import { type Watched, watchLocators, watchOutpoints } from './watched.ts'

const MILLION = 1_000_000
const SAMPLES = 200
/** Fewer of what takes long. */
const COLD_PART = 8
const PEER_PART = 10
const FIRST_PART = 40
/** It does so much in each that it is compiled after a few. */
const PEER_WARM_UP_RUNS = 5
/** Scans between two looks at the heap. */
const RUNS_PER_LOOK = 50

interface Bench {
  readonly block: SerialisedBlock
  /** What comes behind the names of its rows. */
  readonly suffix: string
  readonly samples: number
  readonly rows: Row[]
  readonly wrong: string[]
}

export async function scan({ samples, blocks: folder, progress, signal }: BenchContext): Promise<BenchResult> {
  const blocks = await serialisedBlocks(folder)
  const [rows, wrong]: [Row[], string[]] = [[], []]
  const benches = blocks.map((block): Bench => {
    return { block, suffix: blocks.length > 1 ? ` ${block.name}` : '', samples: samples ?? SAMPLES, rows, wrong }
  })
  const hasher = createTxidHasher()
  const each = (what: string, measure: (bench: Bench) => void): void => {
    for (const bench of benches) {
      signal.throwIfAborted()
      progress(`${what}${bench.suffix}`)
      measure(bench)
    }
  }
  // First, as long as this process is small itself.
  for (const bench of benches) {
    progress(`first-after-ready${bench.suffix}`)
    await afterReady(bench, folder, signal)
  }
  each('limits', (bench) => limits(bench))
  each('walk', (bench) => walk(bench, new BlockScanner(new WatchSet(), hasher)))
  progress('watching a million outpoints')
  const million = watchOutpoints(blocks, MILLION, true)
  const scanner = new BlockScanner(million.watchSet, hasher)
  // With a Set of five million it takes as long, and a gigabyte.
  const peers = new Map<Bench, Peer>()
  each(PEER, (bench) => {
    const work = (): unknown => findSpends(bench.block.bytes, million.outpoints)
    peers.set(bench, peerTime(`${PEER} and a Set`, bench.samples, work))
  })
  each('scan-1m', (bench) => scanSpends(bench, '1m', scanner, million.outpoints, peers.get(bench) ?? null))
  each('allocated', (bench) => allocation(bench, scanner))
  progress('watching a million locators')
  watchLocators(million, blocks, MILLION)
  each('scan-txids', (bench) => scanTxids(bench, scanner, million))
  progress('watching five million outpoints')
  const five = new BlockScanner(watchOutpoints(blocks, 5 * MILLION, false).watchSet, hasher)
  each('scan-5m', (bench) => scanSpends(bench, '5m', five, million.outpoints, peers.get(bench) ?? null))
  return { rows, wrong, bitcoind: null }
}

function limits({ block: { bytes }, rows, suffix, samples }: Bench): void {
  const copy = new Uint8Array(bytes.length)
  rows.push(timeRow(`memcpy${suffix}`, hot(() => copy.set(bytes), samples)))
  rows.push(timeRow(`sha256${suffix}`, hot(() => hash('sha256', bytes, 'buffer'), samples)))
}

function walk({ block: { bytes }, rows, suffix, samples }: Bench, scanner: BlockScanner): void {
  const peer = peerTime(`${PEER} parse`, samples, () => parse(bytes))
  rows.push(timeRow(`walk${suffix}`, hot(() => scanner.scanBlock(bytes), samples), peer))
}

/** With warm caches and with cold ones. */
function scanSpends(
  bench: Bench, size: '1m' | '5m', scanner: BlockScanner, watched: ReadonlySet<string>, peer: Peer | null,
): void {
  const { block: { bytes }, rows, suffix, samples } = bench
  const work = (): void => {
    scanner.scanBlock(bytes)
  }
  rows.push(timeRow(`scan-${size}${suffix}`, hot(work, samples), peer))
  rows.push(timeRow(`cold-${size}${suffix}`, cold(work, partOf(samples, COLD_PART)), peer))
  check(bench, scanner, 'spend', findSpends(bytes, watched))
}

function scanTxids(bench: Bench, scanner: BlockScanner, { outpoints, locators }: Watched): void {
  const { block: { bytes }, rows, suffix, samples } = bench
  const peer = peerTime(`${PEER}, txids and a Set`, samples, () => findLocators(bytes, locators))
  rows.push(timeRow(`scan-txids${suffix}`, hot(() => scanner.scanBlock(bytes), samples), peer))
  check(bench, scanner, 'spend', findSpends(bytes, outpoints))
  check(bench, scanner, 'txid-locator', findLocators(bytes, locators))
}

function allocation({ block: { bytes }, rows, suffix, samples }: Bench, scanner: BlockScanner): void {
  const looks = partOf(samples, PEER_PART)
  const ours = allocated(() => scanner.scanBlock(bytes), looks, RUNS_PER_LOOK)
  const peers = allocated(() => parse(bytes), looks, 1)
  rows.push(row(`allocated${suffix}`, 'bytes', ours, { name: `${PEER} parse`, median: summarise(peers).median }))
}

/** In processes of their own. */
async function afterReady(bench: Bench, folder: string | null, signal: AbortSignal): Promise<void> {
  const { block: { name }, rows, suffix, samples } = bench
  const processes = partOf(samples, FIRST_PART)
  const unprepared = await firstBlock({ folder, name, signal }, 'unprepared', processes)
  const warm = await firstBlock({ folder, name, signal }, 'warm', processes)
  const peer = { name: 'not warmed up', median: summarise(unprepared).median }
  rows.push(timeRow(`first-after-ready${suffix}`, warm, peer))
}

/** What is found, and what the peer finds. */
function check(bench: Bench, scanner: BlockScanner, kind: HitKind, expected: readonly PeerHit[]): void {
  const { block: { bytes, name }, wrong } = bench
  const hits = scanner.scanBlock(bytes)
  const found: PeerHit[] = []
  for (let i = 0; i < hits.count; i++) {
    if (hits.kind(i) === kind) found.push({ position: hits.position(i), index: hits.index(i) })
  }
  if (expected.length === 0) wrong.push(`${name}: ${PEER} finds no ${kind}, so that nothing was compared`)
  if (!isDeepStrictEqual(found, expected)) wrong.push(`${name}: another ${kind} is found than ${PEER} finds`)
}

function peerTime(name: string, samples: number, work: () => void): Peer {
  return { name, median: summarise(hot(work, partOf(samples, PEER_PART), PEER_WARM_UP_RUNS)).median }
}

function partOf(samples: number, part: number): number {
  return Math.max(1, Math.ceil(samples / part))
}
