import type { PlantedBug } from './planted-bug.ts'

export const ledgerLost: PlantedBug = {
  name: 'ledger-lost',
  what: 'a member that starts again has forgotten what it signed',
  caught_by: ['S6'],
  within_seeds: 5,
  shown_in: ({ swarm }) => swarm.crashes !== null,
  core: (core) => ({
    ...core,
    restore(from) {
      const state = core.restore(from)
      state.durable.ledger.clear()
      return state
    },
  }),
}
