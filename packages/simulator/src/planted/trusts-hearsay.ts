import type { Input } from '@belfry/protocol'
import type { PlantedBug } from './planted-bug.ts'

export const trustsHearsay: PlantedBug = {
  name: 'trusts-hearsay',
  what: "a transaction that came with a vote counts as seen in the member's own mempool",
  caught_by: ['S1', 'S2'],
  within_seeds: 8,
  shown_in: ({ story }) => story === 'cold-theft',
  core: (core) => ({
    ...core,
    step(state, input) {
      const { outcome } = input.kind === 'outcome' ? input : { outcome: null }
      if (outcome?.of !== 'test-sighting' || outcome.sighted === null) return core.step(state, input)
      const seen: Input = { kind: 'chain', at_ms: input.at_ms, event: { event: 'spend-seen', ...outcome.sighted } }
      return core.step(state, seen)
    },
  }),
}
