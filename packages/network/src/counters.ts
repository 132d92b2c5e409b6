/** Every count that this package keeps, by cause. The names double as metric labels. */
export const COUNTERS = [
  'connections_opened', 'connections_closed', 'connections_replaced',
  'connections_refused_stranger', 'connections_refused_owner_rate', 'connections_refused_owner_limit',
  'dials_started', 'dials_failed',
  'gossip_published', 'gossip_unpublished', 'gossip_published_again', 'gossip_oversize_unsent',
  'gossip_received', 'gossip_accepted', 'gossip_rejected', 'gossip_ignored', 'gossip_ignored_overload',
  'gossip_refused_not_member', 'gossip_reads_paused',
  'gossip_streams_opened', 'gossip_streams_failed',
  'frames_sent', 'frames_sent_bytes', 'frames_dropped_queue', 'frames_oversize_unsent',
  'frames_received', 'frames_received_bytes', 'frames_dropped_budget', 'frame_reads_paused',
  'member_streams_opened', 'member_streams_failed', 'member_streams_replaced', 'member_streams_malformed',
  'member_streams_refused',
  'requests_served', 'requests_failed', 'requests_malformed', 'requests_timed_out',
  'requests_refused_not_owner', 'requests_refused_rate', 'requests_refused_concurrent', 'requests_refused_bytes',
] as const

export type CounterName = (typeof COUNTERS)[number]

export class Counters {
  readonly #counts = new Map<CounterName, number>(COUNTERS.map((name) => [name, 0]))

  add(name: CounterName, by = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + by)
  }

  snapshot(): Record<CounterName, number> {
    const entries = COUNTERS.map((name) => [name, this.#counts.get(name) ?? 0])
    return Object.fromEntries(entries) as Record<CounterName, number>
  }
}
