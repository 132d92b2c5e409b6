import { flood } from '../adversary/noise.ts'
import { type PlantedBug, withLiar } from './planted-bug.ts'

export const oneBudget: PlantedBug = {
  name: 'one-budget',
  what: 'all senders draw on one budget, as large as that of one of them',
  caught_by: ['S9'],
  within_seeds: 36,
  shown_in: withLiar(flood),
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
