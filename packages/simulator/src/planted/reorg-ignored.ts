import type { BelfryCore } from '@belfry/protocol'
import type { PlantedBug } from './planted-bug.ts'

export const reorgIgnored: PlantedBug = {
  name: 'reorg-ignored',
  what: 'what was confirmed once stays confirmed',
  caught_by: ['reorgs', 'S1'],
  within_seeds: 32,
  core: (core): BelfryCore => ({
    ...core,
    step(state, input) {
      const event = input.kind === 'chain' ? input.event.event : null
      const isUndoing = event === 'block-disconnected' || event === 'spend-unconfirmed'
      return core.step(state, isUndoing ? { kind: 'tick', at_ms: input.at_ms } : input)
    },
  }),
}
