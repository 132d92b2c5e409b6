import type { BelfryCore, Output } from '@belfry/protocol'
import type { SimMember } from '../member/index.ts'
import { changeOf } from '../run/succession.ts'
import type { PlantedBug } from './planted-bug.ts'

export const oldEpochDropped: PlantedBug = {
  name: 'old-epoch-dropped',
  what: 'a member that is given the next lock does nothing more for the vaults of the one before',
  caught_by: ['L1'],
  within_seeds: 18,
  // A theft that nobody had answered when the change came.
  shown_in: (plan) => changeOf(plan) !== null && plan.story === 'theft' && plan.siege !== 'none',
  core: (core, member): BelfryCore => ({
    ...core,
    step: (state, input) => withoutVotes(core.step(state, input), member),
  }),
}

/** What it signed is not sent, and no share is sealed. */
function withoutVotes(output: Output, member: SimMember): Output {
  if (member.machine.seats.at(-1) === member) return output
  const afterDurable = output.afterDurable.filter(({ effect }) => effect !== 'gossip' && effect !== 'send')
  return { ...output, afterDurable, immediate: output.immediate.filter(({ effect }) => effect !== 'seal-share') }
}
