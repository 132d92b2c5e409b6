import type { BelfryCore, Durable, Incident } from '@belfry/protocol'
import type { Height, MemberIndex } from '@belfry/protocol/primitives'
import type { PlantedBug } from './planted-bug.ts'

/** Blocks behind the tip at which a vote still counts with any other. */
const COUNTS_YET = 5

export const staleCertificate: PlantedBug = {
  name: 'stale-certificate',
  what: 'votes of others never grow old',
  caught_by: ['S1', 'S4', 'S2'],
  within_seeds: 6,
  shown_in: ({ siege }) => siege === 'late',
  core: (core, { index }): BelfryCore => ({
    ...core,
    step(state, input) {
      const changed = rejuvenate(state.durable, index)
      const output = core.step(state, input)
      // The log knows nothing of it.
      for (const { votes, member, young, old } of changed) if (votes.get(member) === young) votes.set(member, old)
      return output
    },
  }),
}

type HeldVote = Incident['votes'] extends Map<MemberIndex, infer Vote> ? Vote : never

interface Changed {
  readonly votes: Incident['votes']
  readonly member: MemberIndex
  readonly young: HeldVote
  readonly old: HeldVote
}

function rejuvenate({ incidents, position }: Durable, self: MemberIndex): Changed[] {
  const anchor_height = ((position?.height ?? 0) - COUNTS_YET) as Height
  const changed: Changed[] = []
  for (const { votes } of incidents.values()) {
    for (const [member, old] of votes) {
      if (member === self || old.anchor_height >= anchor_height) continue
      const young = { ...old, anchor_height }
      votes.set(member, young)
      changed.push({ votes, member, young, old })
    }
  }
  return changed
}
