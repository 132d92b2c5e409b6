/** How often members speak, and after how much silence they are called suspect and dead. */
import { type Infer, type Millis, s } from '../primitives/index.ts'
import { FederationError } from './errors.ts'
import type { Network } from './network.ts'

/** Below, heartbeats would crowd out votes on an ordinary line. Regtest runs on one machine. */
const MIN_HEARTBEAT_MS = { regtest: 100, elsewhere: 1_000 } as const
/** Slower, and a dead member would be noticed only after a block or more. */
const MAX_HEARTBEAT_MS = 60_000
/** One lost heartbeat is ordinary. */
const MIN_SUSPECT_PERIODS = 2
const MAX_PERIODS = 100

export const timingSchema = s.struct({
  heartbeat_ms: s.uint<Millis>(MAX_HEARTBEAT_MS, MIN_HEARTBEAT_MS.regtest),
  /** Silent heartbeat periods after which a member is suspect. */
  suspect_periods: s.uint(MAX_PERIODS, MIN_SUSPECT_PERIODS),
  /** Likewise dead. */
  dead_periods: s.uint(MAX_PERIODS, MIN_SUSPECT_PERIODS + 1),
})
export type Timing = Infer<typeof timingSchema>

export const DEFAULT_TIMING: Timing = { heartbeat_ms: 10_000 as Millis, suspect_periods: 3, dead_periods: 6 }

export function checkTiming(network: Network, timing: Timing): readonly FederationError[] {
  const { heartbeat_ms, suspect_periods, dead_periods } = timing
  const shortest = MIN_HEARTBEAT_MS[network === 'regtest' ? 'regtest' : 'elsewhere']
  const findings: FederationError[] = []
  if (heartbeat_ms < shortest) {
    findings.push(
      new FederationError(
        'heartbeat-too-short',
        `heartbeat_ms is ${heartbeat_ms}, on ${network} it is at least ${shortest}.`,
        `Set heartbeat_ms to ${shortest} or more.`,
      ),
    )
  }
  if (dead_periods <= suspect_periods) {
    findings.push(
      new FederationError(
        'periods-out-of-order',
        `A member would be dead after ${dead_periods} silent periods, no later than suspect after ${suspect_periods}.`,
        `Set dead_periods to at least ${suspect_periods + 1}.`,
      ),
    )
  }
  return findings
}
