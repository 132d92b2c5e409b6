import type { BelfryCore } from '@belfry/protocol'
import type { PlantedBug } from './planted-bug.ts'

export const drillsTheLadder: PlantedBug = {
  name: 'drills-the-ladder',
  what: "the manifest's first emergency rung is taken for its drill envelope",
  caught_by: ['S13', 'S2', 'S1'],
  within_seeds: 13,
  shown_in: ({ swarm }) => swarm.drills,
  core: (core): BelfryCore => ({
    ...core,
    step(state, input) {
      const swapped = [...state.durable.vaults.values()].flatMap(({ manifests }) => manifests.map(({ manifest }) => ({ manifest, drill: manifest.drill })))
      for (const { manifest, drill } of swapped) Object.assign(manifest, { drill: manifest.emergency[0] ?? drill })
      const output = core.step(state, input)
      // The log knows nothing of it.
      for (const { manifest, drill } of swapped) Object.assign(manifest, { drill })
      return output
    },
  }),
}
