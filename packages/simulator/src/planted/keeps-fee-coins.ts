import type { PlantedBug } from './planted-bug.ts'

export const keepsFeeCoins: PlantedBug = {
  name: 'keeps-fee-coins',
  what: 'no member asks its fee wallet for a coin',
  caught_by: ['L1'],
  within_seeds: 12,
  shown_in: ({ is_dear }) => is_dear,
  core: (core) => ({
    ...core,
    step(state, input) {
      const output = core.step(state, input)
      return { ...output, afterDurable: output.afterDurable.filter(({ effect }) => effect !== 'bump') }
    },
  }),
}
