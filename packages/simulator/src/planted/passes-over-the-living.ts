import type { MemberIndex } from '@belfry/protocol/primitives'
import type { PlantedBug } from './planted-bug.ts'

export const passesOverTheLiving: PlantedBug = {
  name: 'passes-over-the-living',
  what: 'a member holds the next one for lost, whatever it hears of it, when it chooses whom to hand its shares',
  caught_by: ['rungs'],
  within_seeds: 15,
  shown_in: ({ story }) => story === 'theft',
  core: (core, { options: { config: { federation, self } } }) => ({
    ...core,
    step(state, input) {
      const next = state.volatile.peers.get(((self % federation.members.length) + 1) as MemberIndex)
      const silence = next?.silence
      if (next) next.silence = 'dead'
      const output = core.step(state, input)
      if (next?.silence === 'dead' && silence) next.silence = silence
      return output
    },
  }),
}
