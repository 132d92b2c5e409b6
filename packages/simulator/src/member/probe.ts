import type { Durable, DurableEffect, ImmediateEffect, Input, Output } from '@belfry/protocol'
import type { RuntimeError } from '@belfry/runtime'
import type { SimMember } from './sim-member.ts'

/** What is told of a member while it runs: to invariants, the trace and the statistics. None of it may change anything. */
export interface Probe {
  /** After each step; `index` is the log index of the last record so far. */
  onStep?(member: SimMember, input: Input, output: Output, index: number): void
  /** A durable effect leaves the loop. */
  onLeaving?(member: SimMember, effect: DurableEffect): void
  onImmediate?(member: SimMember, effect: ImmediateEffect): void
  /** It dies now; the loop and the disk are as they are at this moment. */
  onCrash?(member: SimMember): void
  /** It came up with this durable state. */
  onStarted?(member: SimMember, durable: Durable): void
  /** Its process ends for what its disk did not take, and says so. */
  onDiskFailed?(member: SimMember): void
  onFatal?(member: SimMember, error: RuntimeError): void
  /** An input found no room. */
  onRefused?(member: SimMember, input: Input): void
}
