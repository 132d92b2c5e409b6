import type { MemberIndex } from '@belfry/protocol/primitives'

/** Every count that this package keeps, by cause. The names double as metric labels. */
export const COUNTERS = [
  'connections_opened', 'connections_closed', 'connections_replaced',
  'connections_refused_address_rate', 'connections_refused_stranger', 'connections_refused_owner_rate',
  'connections_refused_owner_limit',
  'dials_started', 'dials_failed',
  'gossip_published', 'gossip_unpublished', 'gossip_published_again', 'gossip_oversize_unsent',
  'gossip_received', 'gossip_received_bytes', 'gossip_accepted', 'gossip_rejected', 'gossip_ignored', 'gossip_ignored_overload',
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

/** Those that speak against one member: kept by member, so that the culprit can be named. */
export const MEMBER_FAULTS = [
  'gossip_rejected', 'gossip_ignored_overload', 'gossip_reads_paused',
  'frames_dropped_budget', 'frame_reads_paused', 'member_streams_malformed',
] as const satisfies readonly CounterName[]

export type MemberFault = (typeof MEMBER_FAULTS)[number]
/** Those that speak against nobody. */
export type PlainCounterName = Exclude<CounterName, MemberFault>
/** Without the members that have none. */
export type FaultCounts = Readonly<Record<MemberFault, ReadonlyMap<MemberIndex, number>>>

export class Counters {
  readonly #counts: Map<CounterName, number>
  readonly #faults = Object.fromEntries(MEMBER_FAULTS.map((name) => [name, new Map()])) as
    Record<MemberFault, Map<MemberIndex, number>>

  constructor(counts = new Map<CounterName, number>(COUNTERS.map((name) => [name, 0]))) {
    this.#counts = counts
  }

  /** Counts together with this one, but keeps its own members' faults. */
  withOwnFaults(): Counters {
    return new Counters(this.#counts)
  }

  add(name: PlainCounterName, by = 1): void {
    this.#count(name, by)
  }

  blame(member: MemberIndex, fault: MemberFault, by = 1): void {
    if (by === 0) return
    this.#count(fault, by)
    this.#faults[fault].set(member, (this.#faults[fault].get(member) ?? 0) + by)
  }

  faults(): FaultCounts {
    return this.#faults
  }

  snapshot(): Record<CounterName, number> {
    const entries = COUNTERS.map((name) => [name, this.#counts.get(name) ?? 0])
    return Object.fromEntries(entries) as Record<CounterName, number>
  }

  #count(name: CounterName, by: number): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + by)
  }
}
