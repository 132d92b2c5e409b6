import type { BelfryCore, ImmediateEffect } from '@belfry/protocol'
import type { PlantedBug } from './planted-bug.ts'

export const rungNotCumulative: PlantedBug = {
  name: 'rung-not-cumulative',
  what: 'of the rungs that are due only the highest is released',
  caught_by: ['rungs', 'L1'],
  within_seeds: 8,
  shown_in: ({ story, deal }) => story === 'theft' && deal.clawback.length > 1,
  core: (core): BelfryCore => ({
    ...core,
    step(state, input) {
      const output = core.step(state, input)
      const served = new Set<string>()
      // The highest comes first.
      const isHighest = (effect: ImmediateEffect): boolean => {
        if (effect.effect !== 'seal-share') return true
        const name = `${effect.incident_id}/${effect.manifest_hash}/${effect.to}`
        return !served.has(name) && served.add(name).size > 0
      }
      return { ...output, immediate: output.immediate.filter(isHighest) }
    },
  }),
}
