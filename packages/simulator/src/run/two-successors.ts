/**
 * Two locks that follow the same one. More than b members consented to both: those that lie, and others who lost what they had
 * consented to. Operators are given the one, the other or both, and do what the node does (packages/node, epochs/adoption.ts):
 * whoever has adopted one goes on with it, and whoever is given both before adopts neither.
 */
import { FederationError, type SuccessionConflict, conflictOf } from '@belfry/protocol'
import type { MemberIndex } from '@belfry/protocol/primitives'
import { type CryptoSuite, portsOf } from '../crypto/index.ts'
import { type SimFederation, consentsWanted, nextFederation } from '../federation/index.ts'
import type { MachineNumber } from '../network/index.ts'
import type { Random } from '../world/index.ts'
import type { DrawnRival } from './swarm.ts'

export const SUCCESSORS = {
  name: 'successors',
  sentence: 'two locks rightly follow the same one only where more than b of its members consented to both, and who they are is told',
}

/** What a rival lock is made from. */
export interface RivalInit {
  readonly before: SimFederation
  readonly next: SimFederation
  /** Who may be voted out by it. */
  readonly leavers: readonly MemberIndex[]
  readonly liars: readonly MemberIndex[]
  /** Honest, consented to `next`, and are able to consent once more. */
  readonly forgetful: readonly MemberIndex[]
}

export interface Rival {
  readonly built: SimFederation
  readonly leaves: MemberIndex
  /** Who consented to both, sorted: as the world knows it. */
  readonly twice: readonly MemberIndex[]
  /** What is told of it. Undefined where the two would not be told for what they are. */
  readonly conflict: SuccessionConflict | undefined
}

/** Null where nobody can leave, or too few consent. */
export function makeRival({ before, next, leavers, liars, forgetful }: RivalInit, modules: { suite: CryptoSuite; random: Random }): Rival | null {
  const { suite, random } = modules
  const [leaves] = random.sample(leavers, 1)
  const [any] = before.keys.values()
  if (leaves === undefined || any === undefined) return null
  const consenting = [...liars, ...random.sample(forgetful)].slice(0, Math.max(consentsWanted(before), liars.length))
  try {
    const built = nextFederation({ before, leaves, joins: null, consenting }, modules)
    const twice = consenting.filter((index) => forgetful.includes(index)).toSorted((a, b) => a - b)
    return { built, leaves, twice, conflict: conflictOf(portsOf(suite, any.node), before.lock, next.lock, built.lock) }
  } catch (error) {
    if (!(error instanceof FederationError)) throw error
    return null
  }
}

/** What one operator is given at first, and what some time after that. */
export interface Handout<T> {
  readonly first: readonly T[]
  readonly later: readonly T[]
}

/** Of those who could adopt either, half are given the one first, and half the other, but for those who are given both at once. */
export function handOut<T>(
  { both, too_late }: DrawnRival,
  places: ReadonlyMap<MachineNumber, readonly T[]>,
  random: Random,
): ReadonlyMap<MachineNumber, Handout<T>> {
  let turn = random.int(0, 1)
  return new Map(
    random.sample([...places]).map(([machine, nexts]) => {
      if (nexts.length > 1) turn += 1
      const given = turn % 2 === 0 ? nexts : nexts.toReversed()
      const first = random.chance(both) ? given : given.slice(0, 1)
      const others = given.slice(first.length)
      return [machine, { first, later: random.chance(too_late) ? others : [] }]
    }),
  )
}
