import type { PlantedBug } from './planted-bug.ts'

export const sendBeforeSync: PlantedBug = {
  name: 'send-before-sync',
  what: 'what must wait for the disk is performed at once',
  caught_by: ['S5'],
  within_seeds: 3,
  core: (core, member) => ({
    ...core,
    step(state, input) {
      const output = core.step(state, input)
      for (const effect of output.afterDurable) member.performDurable(effect)
      return { ...output, afterDurable: [] }
    },
  }),
}
