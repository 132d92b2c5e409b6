import type { BelfryCore, Incident } from '@belfry/protocol'
import type { MemberIndex } from '@belfry/protocol/primitives'
import type { SimMember } from '../member/index.ts'
import type { PlantedBug } from './planted-bug.ts'

export const duplicateVoter: PlantedBug = {
  name: 'duplicate-voter',
  what: 'a vote that came twice counts as two',
  caught_by: ['S4', 'S1', 'S2', 'S10'],
  within_seeds: 8,
  core: (core, member): BelfryCore => ({
    ...core,
    step(state, input) {
      const twice = [...state.durable.incidents.values()].flatMap((incident) => countTwice(incident, member))
      const output = core.step(state, input)
      // The log knows nothing of it.
      for (const { votes, absent, first } of twice) if (votes.get(absent) === first) votes.delete(absent)
      return output
    },
  }),
}

/** Once more, in the place of somebody who has not voted. */
function countTwice({ votes }: Incident, { options }: SimMember) {
  const [first] = votes.values()
  const absent = options.config.federation.members.map(({ index }): MemberIndex => index).find((index) => !votes.has(index))
  if (first === undefined || absent === undefined) return []
  votes.set(absent, first)
  return [{ votes, absent, first }]
}
