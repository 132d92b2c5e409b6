import type { PlantedBug } from './planted-bug.ts'

/** Messages at once: enough for one member in peace. */
const SMALL = 3

export const oneBudget: PlantedBug = {
  name: 'one-budget',
  what: 'all senders draw on one budget, and it is a small one',
  caught_by: ['S9'],
  within_seeds: 1,
  core: (core) => ({
    ...core,
    step(state, input) {
      const { senders } = state.volatile.budgets
      const [any] = senders.values()
      for (const bucket of any ? [any.urgent, any.routine] : []) bucket.messages = Math.min(bucket.messages, SMALL)
      if (any) for (const member of state.volatile.peers.keys()) senders.set(member, any)
      return core.step(state, input)
    },
  }),
}
