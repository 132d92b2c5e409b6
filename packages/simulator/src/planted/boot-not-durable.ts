import type { PlantedBug } from './planted-bug.ts'

export const bootNotDurable: PlantedBug = {
  name: 'boot-not-durable',
  what: 'a member that starts again counts its messages from the beginning under the same boot number',
  caught_by: ['sound', 'S6', 'S7'],
  within_seeds: 1,
  core: (core) => ({
    ...core,
    restore(from) {
      const state = core.restore(from)
      state.durable.boot = 0
      return state
    },
  }),
}
