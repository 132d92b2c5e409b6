import type { Counters } from '../counters.ts'
import type { NetworkLimits } from '../limits.ts'
import type { NetworkLog } from '../network-init.ts'
import type { Admission } from './admission.ts'
import type { Connections } from './connections.ts'
import type { Roster } from './roster.ts'

/** What nearly every part of a host is given. */
export interface Parts {
  readonly limits: NetworkLimits
  readonly counters: Counters
  readonly log: NetworkLog
  /** Milliseconds that never run backwards. */
  readonly now: () => number
  /** 0 ≤ x < 1, for jitter. */
  readonly random: () => number
}

/** And those that deal with several peers. */
export interface HostParts extends Parts {
  readonly admission: Admission
  readonly connections: Connections
}

/** And those of one lock. */
export interface FederationParts extends HostParts {
  readonly roster: Roster
}
