import type { PlantedBug } from './planted-bug.ts'

export const oneBudget: PlantedBug = {
  name: 'one-budget',
  what: 'all senders draw on one budget',
  caught_by: ['S9'],
  within_seeds: 60,
  core: (core) => ({
    ...core,
    step(state, input) {
      const { senders } = state.volatile.budgets
      const [any] = senders.values()
      if (any) for (const member of state.volatile.peers.keys()) senders.set(member, any)
      return core.step(state, input)
    },
  }),
}
