import type { BelfryCore, ImmediateEffect } from '@belfry/protocol'
import type { PlantedBug } from './planted-bug.ts'

export const rejectsLaterVersions: PlantedBug = {
  name: 'rejects-later-versions',
  what: 'a message of another version is rejected instead of ignored',
  caught_by: ['S10'],
  within_seeds: 16,
  shown_in: ({ swarm }) => swarm['other-versions'] !== null,
  core: (core): BelfryCore => ({
    ...core,
    step(state, input) {
      const output = core.step(state, input)
      const harsh = (effect: ImmediateEffect): ImmediateEffect =>
        effect.effect === 'verdict' && effect.code === 'unknown-version' ? { ...effect, verdict: 'reject' } : effect
      return { ...output, immediate: output.immediate.map(harsh) }
    },
  }),
}
