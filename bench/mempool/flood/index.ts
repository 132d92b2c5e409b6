/** Twenty thousand transactions a second through one chain watcher, and as many as it takes (P9, its first half). */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BitcoindBinary, type Regtest, startRegtest } from '../../../packages/client/src/regtest.ts'
import type { BenchContext } from '../../bench.ts'
import { type Row, peerOf, row, timeRow } from '../../output/row.ts'
import { BareSubscriber } from './bare.ts'
import { type WatchedSpend, prepareHits } from './hits.ts'
import { Publication, type Run } from './publication.ts'
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

interface Flooded {
  /** tx/s of each round. */
  readonly sustained: readonly number[]
  readonly atRate: Run
}

export async function flood(binary: BitcoindBinary, { samples, blocks, progress, signal }: BenchContext): Promise<FloodResult> {
  await using cleanup = new AsyncDisposableStack()
  progress('flood: starting a bitcoind')
  const baseDir = await mkdtemp(join(tmpdir(), 'belfry-bench-'))
  cleanup.defer(() => rm(baseDir, { recursive: true }))
  const regtest = await startRegtest({ count: 1, baseDir, binary })
  cleanup.defer(() => regtest.stopAll())
  const hits = await prepareHits(regtest, Math.min(samples ?? SAMPLES, SAMPLES))
  signal.throwIfAborted()
  progress('flood: a bare subscriber')
  const bare = await floodBare(blocks, hits, signal)
  signal.throwIfAborted()
  progress('flood: the watcher')
  return await floodWatcher(regtest, hits, { bare, blocks, signal, progress })
}

async function floodBare(blocks: string | null, hits: readonly WatchedSpend[], signal: AbortSignal): Promise<Flooded & { readonly waits_ms: number[] }> {
  await using publication = await Publication.start(blocks)
  await using subscriber = new BareSubscriber(publication)
  await publication.untilHeard(subscriber)
  const sustained = await fullSpeed(publication, subscriber, signal)
  await publication.prepare(hits)
  const places = hits.map((_, at) => Math.floor((at + 0.5) * RATE * SECONDS / hits.length))
  const came_ms = subscriber.expect(places)
  const atRate = await publication.run(subscriber, { count: RATE * SECONDS, rate: RATE })
  return { sustained, atRate, waits_ms: atRate.sent.hits_ms.map((at_ms, hit) => (came_ms[hit] ?? Number.NaN) - at_ms) }
}

async function fullSpeed(publication: Publication, listener: BareSubscriber | FloodedWatcher, signal: AbortSignal): Promise<number[]> {
  const rates: number[] = []
  for (let round = 0; round < WARM_UP_ROUNDS + FULL_SPEED_ROUNDS; round++) {
    signal.throwIfAborted()
    const { took_ms } = await publication.run(listener, { count: PER_ROUND, rate: null })
    if (round >= WARM_UP_ROUNDS) rates.push(PER_ROUND / took_ms * 1_000)
  }
  return rates
}

interface WatcherInit extends Pick<BenchContext, 'blocks' | 'signal' | 'progress'> {
  readonly bare: Awaited<ReturnType<typeof floodBare>>
}

async function floodWatcher(regtest: Regtest, hits: readonly WatchedSpend[], { bare, blocks, signal, progress }: WatcherInit): Promise<FloodResult> {
  const { bitcoind } = regtest.node(0)
  await using publication = await Publication.start(blocks)
  await using watcher = new FloodedWatcher(regtest.node(0), publication, hits)
  await publication.untilHeard(watcher)
  await watcher.untilCalm()
  const { gaps, readings } = watcher
  // Nobody tells the watcher: it listens to the publisher. When it asks, as it does of each hit, bitcoind has them.
  for (const { bytes } of hits) await bitcoind.sendRawTransaction(bytes)
  const sustained = await fullSpeed(publication, watcher, signal)
  progress(`flood: ${RATE} a second`)
  await publication.prepare(hits)
  const { sent, cores } = await publication.run(watcher, { count: RATE * SECONDS, rate: RATE })
  await watcher.untilCalm()

  const told = hits.map(({ txid }) => watcher.toldOf(txid))
  const wrong = hits.flatMap(({ txid, kind }, at) => {
    const events = told[at]?.map(({ event }) => event).join(', ')
    return events === 'spend-seen' ? [] : [`flood: of ${txid} (${kind}) was told: ${events === '' ? 'nothing' : events}`]
  })
  const lost = watcher.gaps - gaps
  if (lost > 0) wrong.push(`flood: ${lost} gaps`)
  if (watcher.readings !== readings) wrong.push('flood: the mempool was read again, as after a gap')
  const waits_ms = sent.hits_ms.flatMap((at_ms, hit) => told[hit]?.slice(0, 1).map((one) => one.at_ms - at_ms) ?? [])
  const bareRate = row('sustained/limit', 'tx/s', bare.sustained)
  const bareWait = timeRow('at-20k/limit', bare.waits_ms)
  const bareCpu = row('cpu-at-20k/limit', 'cores', [bare.atRate.cores])
  return {
    rows: [
      row('sustained', 'tx/s', sustained, peerOf(bareRate)), bareRate,
      timeRow('at-20k', waits_ms, peerOf(bareWait)), bareWait,
      row('cpu-at-20k', 'cores', [cores], peerOf(bareCpu)), bareCpu,
      row('gaps', 'count', [lost]),
    ],
    wrong,
  }
}
