import type { BelfryCore } from '@belfry/protocol'
import { inVigil } from './never-tells.ts'
import type { PlantedBug } from './planted-bug.ts'

export const missesNobody: PlantedBug = {
  name: 'misses-nobody',
  what: 'silence is never noticed: every moment a peer is taken to have spoken just now',
  caught_by: ['L2'],
  within_seeds: 3,
  shown_in: inVigil('full-disk'),
  core: (core): BelfryCore => ({
    ...core,
    step(state, input) {
      for (const peer of state.volatile.peers.values()) if (peer.heard_at !== null) peer.heard_at = input.at_ms
      return core.step(state, input)
    },
  }),
}
