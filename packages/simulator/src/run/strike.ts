/** What the thief does first, by the story of the seed. */
import type { Random, World } from '../world/index.ts'
import type { Plan } from './plan.ts'
import type { Thief } from './thief.ts'

export interface StrikeModules {
  readonly world: World
  readonly random: Random
  readonly thief: Thief
  readonly besiege: () => void
}

export function strike({ story, siege, is_besieged_first, bitcoin: { block_ms }, swarm }: Plan, { world, random, thief, besiege }: StrikeModules): void {
  switch (story) {
    case 'theft':
      if (siege !== 'none' && is_besieged_first) besiege()
      thief.unvault({ isMined: true })
      if (swarm['split-mempools']) thief.unvault({ isMined: true, isElsewhere: true })
      if (swarm['replaced-triggers']) world.after(random.int(1_000, block_ms), () => thief.unvault({ isMined: true }))
      if (siege !== 'none' && !is_besieged_first) world.after(random.int(0, block_ms), besiege)
      return
    case 'vanishing':
      thief.unvault({ isMined: false })
      world.after(random.int(5_000, block_ms * 3), () => thief.vanish())
      return
    case 'cold-theft':
      thief.stealCold()
      if (swarm['split-mempools']) thief.stealCold({ isElsewhere: true })
      if (swarm['replaced-triggers']) world.after(random.int(1_000, block_ms), () => thief.stealCold())
      return
    case 'quiet':
  }
}
