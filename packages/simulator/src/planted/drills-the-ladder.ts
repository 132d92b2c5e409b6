import type { BelfryCore } from '@belfry/protocol'
import type { PlantedBug } from './planted-bug.ts'

export const drillsTheLadder: PlantedBug = {
  name: 'drills-the-ladder',
  what: "the manifest's first emergency rung is taken for its drill envelope",
  caught_by: ['S13', 'S2', 'S1'],
  within_seeds: 12,
  shown_in: ({ swarm }) => swarm.drills,
  core: (core): BelfryCore => ({
    ...core,
    step(state, input) {
      for (const { manifests } of state.durable.vaults.values()) {
        for (const { manifest } of manifests) Object.assign(manifest, { drill: manifest.emergency[0] ?? manifest.drill })
      }
      return core.step(state, input)
    },
  }),
}
