import type { Federation } from '@belfry/protocol'
import type { PlantedBug } from './planted-bug.ts'

/** A certificate of one vote could not even be written. */
function oneLess(q: number): number {
  return Math.max(2, q - 1)
}

export const quorumOffByOne: PlantedBug = {
  name: 'quorum-off-by-one',
  what: 'members take one vote fewer for a quorum than the lock says',
  caught_by: ['S1', 'S2', 'S4'],
  within_seeds: 18,
  federation(federation) {
    const { clawback, emergency } = federation.thresholds
    const thresholds = {
      ...federation.thresholds,
      clawback: { ...clawback, q: oneLess(clawback.q) },
      emergency: { ...emergency, q: oneLess(emergency.q) },
    }
    return new Proxy<Federation>(federation, {
      // Read from the federation itself: its private parts are not the proxy's.
      get: (target, name) => {
        const value: unknown = name === 'thresholds' ? thresholds : Reflect.get(target, name, target)
        return typeof value === 'function' ? (value.bind(target) as unknown) : value
      },
    })
  },
}
