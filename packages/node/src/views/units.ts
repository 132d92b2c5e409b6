/** What is written at the edges: UTC times, sat/vB, satoshis as integers. */
import type { Sats } from '@belfry/protocol/primitives'

/** sat/kvB inside, sat/vB at the edges: 12345 → 12.345. */
export function satVb(sat_kvb: number): number {
  return sat_kvb / 1_000
}

/** ISO 8601 in UTC with milliseconds. */
export function utc(at_ms: number): string {
  return new Date(at_ms).toISOString()
}

/** 21e14 at most, so exact as a number. */
export function satsNumber(value: Sats): number {
  return Number(value)
}
