/** One line of a result: what was measured, beside what it is measured against. */
import { summarise } from '../statistics.ts'

export type Unit = 'ms'

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

/** A time: the ratio is the peer's over ours. */
export function timeRow(name: string, samples_ms: readonly number[], peer: Peer | null = null): Row {
  const { n, median, p99 } = summarise(samples_ms)
  return {
    name,
    unit: 'ms',
    n,
    median: rounded(median),
    p99: rounded(p99),
    peer: peer && { name: peer.name, median: rounded(peer.median) },
    ratio: peer && rounded(peer.median / median),
  }
}

/** A row of this run as the peer of others. */
export function peerOf({ name, median }: Row): Peer {
  return { name, median }
}

function rounded(value: number): number {
  return Number(value.toFixed(DECIMALS))
}
