import type { BelfryCore, ImmediateEffect } from '@belfry/protocol'
import { changeOf } from '../run/succession.ts'
import type { PlantedBug } from './planted-bug.ts'

export const foreignLockRejected: PlantedBug = {
  name: 'foreign-lock-rejected',
  what: 'a message of another epoch is rejected instead of ignored',
  caught_by: ['epochs', 'S10'],
  within_seeds: 4,
  shown_in: (plan) => changeOf(plan) !== null,
  core: (core): BelfryCore => ({
    ...core,
    step(state, input) {
      const output = core.step(state, input)
      const harsh = (effect: ImmediateEffect): ImmediateEffect =>
        effect.effect === 'verdict' && effect.code === 'foreign-lock' ? { ...effect, verdict: 'reject' } : effect
      return { ...output, immediate: output.immediate.map(harsh) }
    },
  }),
}
