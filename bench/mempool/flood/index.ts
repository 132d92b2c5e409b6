/** Twenty thousand transactions a second through one chain watcher, and as many as it takes (P9, its first half). */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BitcoindBinary, type Regtest, startRegtest } from '../../../packages/client/src/regtest.ts'
import type { BenchContext } from '../../bench.ts'
import { type Row, peerOf, row, timeRow } from '../../output/row.ts'
import { BareSubscriber } from './bare.ts'
import { type WatchedSpend, prepareHits } from './hits.ts'
import { placesOf } from './messages.ts'
import { type Listener, Publication, type Run } from './publication.ts'
import { FloodedWatcher } from './watcher.ts'

export interface FloodResult {
  readonly rows: readonly Row[]
  readonly wrong: readonly string[]
}

/** Hits among those at 20,000 a second. */
const SAMPLES = 500
const RATE = 20_000
/** At 20,000 a second: long enough for the collector to have had its turns. */
const SECONDS = 15
const FULL_SPEED_ROUNDS = 10
const PER_ROUND = 50_000
const WARM_UP_ROUNDS = 2

type Settings = Pick<BenchContext, 'blocks' | 'signal' | 'progress'>

export async function flood(binary: BitcoindBinary, { samples, ...settings }: BenchContext): Promise<FloodResult> {
  await using cleanup = new AsyncDisposableStack()
  const { signal, progress } = settings
  progress('flood: starting a bitcoind')
  const baseDir = await mkdtemp(join(tmpdir(), 'belfry-bench-'))
  cleanup.defer(() => rm(baseDir, { recursive: true }))
  const regtest = await startRegtest({ count: 1, baseDir, binary })
  cleanup.defer(() => regtest.stopAll())
  const hits = await prepareHits(regtest, Math.min(samples ?? SAMPLES, SAMPLES))
  signal.throwIfAborted()
  const sustained = await atFullSpeed(regtest, settings)
  signal.throwIfAborted()
  const atRate = await atTheRate(regtest, hits, settings)
  return { rows: [...sustained.rows, ...atRate.rows], wrong: [...sustained.wrong, ...atRate.wrong] }
}

async function atFullSpeed(regtest: Regtest, { blocks, signal, progress }: Settings): Promise<FloodResult> {
  progress('flood: as fast as can be')
  const rates = async (publication: Publication, listener: Listener): Promise<number[]> => {
    const taken: number[] = []
    for (let round = 0; round < WARM_UP_ROUNDS + FULL_SPEED_ROUNDS; round++) {
      signal.throwIfAborted()
      const { took_ms } = await publication.run(listener, { count: PER_ROUND, rate: null })
      if (round >= WARM_UP_ROUNDS) taken.push(PER_ROUND / took_ms * 1_000)
    }
    return taken
  }
  await using publication = await Publication.start(blocks)
  const limit = row('sustained/limit', 'tx/s', await withBare(publication, (bare) => rates(publication, bare)))
  await using watcher = await FloodedWatcher.start(regtest.node(0), publication, [])
  const { gaps } = watcher
  const sustained = row('sustained', 'tx/s', await rates(publication, watcher), peerOf(limit))
  return { rows: [sustained, limit], wrong: watcher.gaps > gaps ? ['flood: gaps at full speed'] : [] }
}

async function withBare<T>(publication: Publication, work: (bare: BareSubscriber) => Promise<T>): Promise<T> {
  await using bare = new BareSubscriber(publication)
  await publication.untilHeard(bare)
  return await work(bare)
}

async function atTheRate(regtest: Regtest, hits: readonly WatchedSpend[], { blocks, progress }: Settings): Promise<FloodResult> {
  await using publication = await Publication.start(blocks)
  const run = async (listener: Listener, onWarm: () => void = () => {}): Promise<Run> => {
    await publication.run(listener, { count: RATE, rate: RATE })
    await publication.prepare(hits)
    onWarm()
    progress(`flood: ${RATE} a second`)
    return await publication.run(listener, { count: RATE * SECONDS, rate: RATE })
  }
  const bare = await withBare(publication, async (subscriber) => {
    let came_ms: readonly number[] = []
    const { sent, cores } = await run(subscriber, () => {
      came_ms = subscriber.expect(placesOf(RATE * SECONDS, hits.length))
    })
    return { cores, waits_ms: waits(sent, came_ms) }
  })
  await publication.prepare([])
  await using watcher = await FloodedWatcher.start(regtest.node(0), publication, hits)
  // Nobody tells the watcher: it listens to the publisher. When it asks, as it does of each hit, bitcoind has them.
  for (const { bytes } of hits) await regtest.node(0).bitcoind.sendRawTransaction(bytes)
  const { gaps, readings } = watcher
  const { sent, cores } = await run(watcher)
  await watcher.untilCalm()

  const told = hits.map(({ txid }) => watcher.toldOf(txid))
  const wrong = hits.flatMap(({ txid, kind }, at) => {
    const events = told[at]?.map(({ event }) => event).join(', ')
    return events === 'spend-seen' ? [] : [`flood: of ${txid} (${kind}) was told: ${events === '' ? 'nothing' : events}`]
  })
  const lost = watcher.gaps - gaps
  if (lost > 0) wrong.push(`flood: ${lost} gaps`)
  if (watcher.readings !== readings) wrong.push('flood: the mempool was read again, as after a gap')
  const wait = timeRow('at-20k/limit', bare.waits_ms)
  const cpu = row('cpu-at-20k/limit', 'cores', [bare.cores])
  return {
    rows: [
      timeRow('at-20k', waits(sent, told.map(([first]) => first?.at_ms)), peerOf(wait)), wait,
      row('cpu-at-20k', 'cores', [cores], peerOf(cpu)), cpu,
      row('gaps', 'count', [lost]),
    ],
    wrong,
  }
}

/** Of those that came at all. */
function waits({ hits_ms }: Run['sent'], came_ms: readonly (number | undefined)[]): number[] {
  return hits_ms.flatMap((at_ms, hit) => {
    const came = came_ms[hit]
    return came === undefined ? [] : [came - at_ms]
  })
}
