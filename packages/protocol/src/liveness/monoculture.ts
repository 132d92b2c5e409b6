/** Whether one bug of one bitcoind could stop the federation. */
import type { Turn } from '../state/turn.ts'

export interface Monoculture {
  readonly implementation: string
  readonly members: number
}

/**
 * The implementation and version that more than n−t members ran when they were heard last: without them too few are left for a clawback.
 * Null where none is.
 */
export function monocultureOf({ volatile, config: { self, federation } }: Pick<Turn, 'volatile' | 'config'>): Monoculture | null {
  const counts = new Map<string, number>()
  for (const [member, { heartbeat }] of volatile.peers) {
    const implementation = member === self ? volatile.implementation : (heartbeat?.implementation ?? '')
    if (implementation !== '') counts.set(implementation, (counts.get(implementation) ?? 0) + 1)
  }
  const most = [...counts].toSorted(([a, many], [b, more]) => more - many || (a < b ? -1 : 1)).at(0)
  const spare = federation.members.length - federation.thresholds.clawback.t
  return most && most[1] > spare ? { implementation: most[0], members: most[1] } : null
}

/** Told once, and no louder than advice: it is how the operators have set up their nodes, and calls nobody out of bed. */
export function judgeMonoculture(turn: Turn): void {
  const found = monocultureOf(turn)
  const { volatile, config: { federation } } = turn
  if ((found?.implementation ?? null) === volatile.monoculture) return
  volatile.monoculture = found?.implementation ?? null
  if (found) {
    const detail = `${found.members} of ${federation.members.length} members run ${found.implementation}`
    turn.tell({ level: 'info', event: 'monoculture', detail })
  } else {
    turn.tell({ level: 'info', event: 'monoculture-ended' })
  }
}
