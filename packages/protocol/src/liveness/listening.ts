/** Time in which I was there to hear others. Whatever has to last is counted in it, so that no step of a clock makes anything last. */
import type { Timing } from '../federation/timing.ts'

/** In a step of my clock, or while my process stood still, I could hear nobody: of that one period counts. */
export function listenedIn(gap_ms: number, { heartbeat_ms, suspect_periods }: Pick<Timing, 'heartbeat_ms' | 'suspect_periods'>): number {
  return gap_ms > suspect_periods * heartbeat_ms ? heartbeat_ms : Math.max(0, gap_ms)
}
