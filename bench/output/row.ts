/** One line of a result: what was measured, beside what it is measured against. */
import { summarise } from '../statistics.ts'

/** Bytes, times, blocks, fees, cores, counts: less is better. Rates (`…/s`): more is. */
export type Unit = 'ms' | 's' | 'bytes' | 'tx/s' | 'MB/s' | 'cores' | 'count' | 'blocks' | 'percent' | 'sat/vB'

/** A comparable system or a physical limit, measured in the same run. */
export interface Peer {
  readonly name: string
  readonly median: number
}

export interface Row {
  readonly name: string
  readonly unit: Unit
  readonly n: number
  readonly median: number
  readonly p99: number
  readonly peer: Peer | null
  /** How many times better than the peer; null without one. */
  readonly ratio: number | null
}

/** A microsecond: below it is noise. */
const DECIMALS = 3

/** In milliseconds. */
export function timeRow(name: string, samples_ms: readonly number[], peer: Peer | null = null): Row {
  return row(name, 'ms', samples_ms, peer)
}

export function row(name: string, unit: Unit, samples: readonly number[], peer: Peer | null = null): Row {
  const { n, median, p99 } = summarise(samples)
  return {
    name,
    unit,
    n,
    median: rounded(median),
    p99: rounded(p99),
    peer: peer && { name: peer.name, median: rounded(peer.median) },
    ratio: peer && ratioOf(unit, median, peer.median),
  }
}

/** Null where nothing can be said: none of something is not so many times better than some. */
function ratioOf(unit: Unit, ours: number, peers: number): number | null {
  const [better, worse] = unit.endsWith('/s') ? [peers, ours] : [ours, peers]
  return better === 0 ? null : rounded(worse / better)
}

/** A row of this run as the peer of others. */
export function peerOf({ name, median }: Row): Peer {
  return { name, median }
}

function rounded(value: number): number {
  return Number(value.toFixed(DECIMALS))
}
