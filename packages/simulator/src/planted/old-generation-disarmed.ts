import { type BelfryCore, type ImmediateEffect, type State } from '@belfry/protocol'
import type { PlantedBug } from './planted-bug.ts'

export const oldGenerationDisarmed: PlantedBug = {
  name: 'old-generation-disarmed',
  what: 'no share of a generation leaves once another one is armed',
  caught_by: ['rungs', 'L1'],
  within_seeds: 8,
  shown_in: ({ story, has_second_generation }) => story === 'theft' && has_second_generation,
  core: (core): BelfryCore => ({
    ...core,
    step(state, input) {
      const output = core.step(state, input)
      return { ...output, immediate: output.immediate.filter((effect) => isOfLast(state, effect)) }
    },
  }),
}

function isOfLast({ durable: { vaults } }: State, effect: ImmediateEffect): boolean {
  if (effect.effect !== 'seal-share') return true
  return [...vaults.values()].some(({ manifests }) => manifests.at(-1)?.hash === effect.manifest_hash)
}
