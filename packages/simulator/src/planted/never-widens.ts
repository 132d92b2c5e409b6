import { type ImmediateEffect, broadcasterOrder } from '@belfry/protocol'
import type { SimMember } from '../member/index.ts'
import type { PlantedBug } from './planted-bug.ts'

export const neverWidens: PlantedBug = {
  name: 'never-widens',
  what: 'shares go to the first member in the order alone, however long nothing comes of it',
  caught_by: ['L1'],
  within_seeds: 50,
  core: (core, member) => ({
    ...core,
    step(state, input) {
      const output = core.step(state, input)
      return { ...output, immediate: output.immediate.filter((effect) => isForFirst(effect, member)) }
    },
  }),
}

function isForFirst(effect: ImmediateEffect, { options, ports }: SimMember): boolean {
  if (effect.effect !== 'seal-share') return true
  const { lock_hash, members } = options.config.federation
  const order = broadcasterOrder(ports, lock_hash, effect.incident_id, members.map(({ index }) => index))
  return effect.to === order[0]
}
