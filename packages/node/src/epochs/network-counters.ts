import { MEMBER_FAULTS, type MemberFault, type NetworkCounters } from '@belfry/network'
import type { Federation } from '@belfry/protocol'
import { invariant } from '@belfry/protocol/primitives'
import type { ShownNetwork } from '../metrics/index.ts'
import { memberLabel } from './label.ts'

interface Counted {
  readonly federation: Federation
  readonly counters: NetworkCounters
}

/** Of a host that serves these epochs, the newest first. What is of now is the newest's; faults and queues are of all. */
export function networkCountersOf(counted: readonly Counted[]): ShownNetwork {
  const [newest] = counted
  invariant(newest !== undefined, 'a node that runs serves an epoch')
  const faults = MEMBER_FAULTS.map((fault) => [fault, faultsOf(fault, newest.federation, counted)])
  return {
    ...newest.counters,
    queued_frames: counted.reduce((sum, { counters }) => sum + counters.queued_frames, 0),
    faults: Object.fromEntries(faults) as ShownNetwork['faults'],
  }
}

/** Of each member, under all locks together. */
function faultsOf(fault: MemberFault, newest: Federation, counted: readonly Counted[]): Map<string, number> {
  const sums = new Map<string, number>()
  for (const { federation, counters } of counted) {
    for (const [index, count] of counters.faults[fault]) {
      const label = memberLabel(newest, federation, index)
      sums.set(label, (sums.get(label) ?? 0) + count)
    }
  }
  return sums
}
