/**
 * Faults by swarm (Groce et al., "Swarm Testing"): each seed draws which classes exist and how strong. Every class has a stream
 * of its own, so that one can be left out and all else is drawn as before: that is how a failing seed is made smaller.
 */
import { Random } from '../world/index.ts'
import { VIGILS, type Vigil } from './mishaps/vigil.ts'

/** Comes about every so often, and goes again. */
export interface Spell {
  /** Mean time between two. */
  readonly every_ms: number
  /** Mean time that one lasts. */
  readonly lasts_ms: number
}

/** The federation goes on to a next lock. */
export interface DrawnChange {
  /** Of the theft. */
  readonly when: 'before' | 'about' | 'after'
  readonly leaves: 'nobody' | 'healthy' | 'dead' | 'liar' | 'convicted'
  readonly joins: boolean
  /** Operators learn of the next lock within so long. */
  readonly spread_ms: number
  /** Mean time between two frames that are heard under a lock that they are not of. */
  readonly crosses_ms: number
}

/** Another lock follows the same one. */
export interface DrawnRival {
  /** Of those who could adopt either: how many are given both before they have adopted one. */
  readonly both: number
  /** How many are given the other one, too, when they have adopted one. */
  readonly too_late: number
}

interface FaultRule<T> {
  /** How many of the worlds know it. */
  readonly chance: number
  /** In the others. */
  readonly none: T
  readonly draw: (random: Random) => T
}

function fault<T>(chance: number, none: T, draw: (random: Random) => T): FaultRule<T> {
  return { chance, none, draw }
}

function upTo(most: number, chance = 0.5): FaultRule<number> {
  return fault(chance, 0, (random) => random.between(0, most))
}

function spells(chance: number, every_ms: number, lasts_ms: readonly number[]): FaultRule<Spell | null> {
  return fault<Spell | null>(chance, null, (random) => ({ every_ms: every_ms * random.between(0.3, 3), lasts_ms: random.pick(lasts_ms) }))
}

function sometimes(chance: number): FaultRule<boolean> {
  return fault(chance, false, () => true)
}

const RULES = {
  // The network.
  loss: upTo(0.25),
  duplication: upTo(0.2),
  /** A message takes twenty times as long, and is overtaken. */
  reordering: upTo(0.1),
  /** What was delivered once is delivered again, in a later life of its sender or receiver. Mean time between two. */
  replay: fault<number | null>(0.4, null, (random) => random.between(500, 10_000)),
  partitions: spells(0.4, 120_000, [3_000, 30_000, 200_000]),
  'one-way-partitions': spells(0.25, 120_000, [3_000, 30_000, 200_000]),
  /** Nothing arrives for a while, and then all of it. */
  stalls: spells(0.3, 60_000, [1_000, 20_000, 90_000]),
  // Processes and their disks.
  crashes: spells(0.55, 120_000, [200, 5_000, 120_000]),
  /** Chance that what would be a crash is an error on sync. */
  'disk-errors': upTo(0.3),
  /** Chance that a crash leaves part of the write under way. */
  'torn-tails': fault(0.4, 0, (random) => random.between(0.2, 0.8)),
  'full-disks': spells(0.15, 200_000, [2_000, 30_000]),
  /** An old backup is put back. */
  'old-disks': spells(0.15, 150_000, [1_000, 20_000]),
  // Clocks.
  'clock-offset': fault(0.75, 0, (random) => random.pick([200, 30_000, 3_600_000])),
  'clock-drift': fault(0.6, 0, (random) => random.pick([50, 300])),
  /** Lasting: by how much at most. */
  'clock-jumps': fault<{ readonly every_ms: number; readonly most_ms: number } | null>(0.25, null, (random) => ({
    every_ms: random.between(60_000, 300_000),
    most_ms: random.pick([2_000, 60_000, 7_200_000]),
  })),
  // The chain.
  outages: spells(0.5, 300_000, [5_000, 60_000]),
  'slow-blocks': upTo(0.3),
  /** A member's mempool never sees a transaction. */
  'deaf-mempools': upTo(0.6),
  /** Thieves give one part of the network another transaction than the other. */
  'split-mempools': sometimes(0.2),
  'left-out': upTo(0.3),
  /** From one block to six. */
  reorgs: upTo(0.2),
  evictions: upTo(0.1),
  'fee-drift': fault(0.66, 1, (random) => random.pick([1.1, 1.5])),
  'wrong-estimates': fault(0.66, 1, (random) => random.pick([1.5, 4])),
  /** The market goes up to its limit at once. */
  'fee-rises': spells(0.15, 200_000, [60_000]),
  /** A bitcoind answers and learns of no block. */
  stuck: spells(0.2, 200_000, [30_000, 120_000]),
  /** A bitcoind hears of nothing but a fork that somebody mines for it. */
  eclipses: spells(0.15, 200_000, [60_000, 200_000]),
  'replaced-triggers': sometimes(0.3),
  // Operators.
  /** A member runs a later version, which the others do not understand. */
  'other-versions': spells(0.35, 150_000, [10_000, 60_000]),
  /** A member is started with the lock of another federation. */
  'wrong-locks': spells(0.12, 150_000, [10_000, 60_000]),
  /** An operator puts an old backup back and says so: the next process begins in quarantine. */
  restores: spells(0.3, 100_000, [20_000, 60_000, 180_000]),
  /** A member in quarantine is adopted by its operator, about so long after it came into it. */
  adoptions: fault<number | null>(0.75, null, (random) => random.pick([10_000, 60_000, 200_000])),
  /** The same key in two processes. */
  'second-instances': spells(0.12, 150_000, [10_000, 60_000]),
  /** A member leaves, or joins, or both. Where a world is too large, or nobody may leave, nothing comes of it (run/succession.ts). */
  'membership-changes': fault<DrawnChange | null>(0.11, null, (random) => ({
    when: random.pick(['before', 'before', 'about', 'about', 'after'] as const),
    leaves: random.pick(['nobody', 'healthy', 'dead', 'dead', 'liar', 'liar', 'convicted', 'convicted'] as const),
    joins: random.chance(0.4),
    spread_ms: random.pick([5_000, 60_000, 240_000]),
    crosses_ms: random.between(200, 4_000),
  })),
  /** Of the worlds that go to a next lock: some members consent to another one, too, and operators are given the one, the other or both. */
  'rival-locks': fault<DrawnRival | null>(0.5, null, (random) => ({ both: random.pick([0, 0.2, 0.5]), too_late: random.between(0, 1) })),
  /** Of the worlds that go to a next lock: what the owner orders there he orders under that lock, too. */
  'next-orders': sometimes(0.6),
  /** Long peace in which one thing alone is wrong with one member: no other class of faults exists in these worlds. */
  vigils: fault<Vigil | null>(0.1, null, (random) => random.pick(VIGILS)),
  // People.
  liars: sometimes(0.7),
  drills: sometimes(0.4),
  panics: sometimes(0.15),
  revocations: sometimes(0.6),
  cancellations: sometimes(0.1),
  destructions: sometimes(0.1),
  /** The next generation is taken back just when it is about to become active. */
  'late-cancels': sometimes(0.15),
  /** Somebody has an owner's connection and none of his keys: asks under what he signed for other ends. */
  'stolen-sessions': sometimes(0.35),
} as const satisfies Record<string, FaultRule<unknown>>

export type FaultClass = keyof typeof RULES
export type Swarm = { readonly [K in FaultClass]: ReturnType<(typeof RULES)[K]['draw']> | (typeof RULES)[K]['none'] }

export const FAULT_CLASSES: readonly FaultClass[] = Object.keys(RULES).flatMap((name) => (isFaultClass(name) ? [name] : []))

export function isFaultClass(name: string): name is FaultClass {
  return Object.hasOwn(RULES, name)
}

/** @param without classes that do not exist, whatever the seed draws */
export function drawSwarm(seed: number, without: ReadonlySet<FaultClass> = new Set()): Swarm {
  const drawn: Partial<Record<FaultClass, unknown>> = {}
  for (const name of FAULT_CLASSES) {
    const { chance, none, draw } = RULES[name]
    const random = new Random(seed, `fault ${name}`)
    const isThere = random.chance(chance)
    drawn[name] = isThere && !without.has(name) ? draw(random) : none
  }
  // Each name got its own rule's value just above.
  return drawn as Swarm
}

/** The classes that this swarm has. */
export function classesOf(swarm: Swarm): FaultClass[] {
  return FAULT_CLASSES.filter((name) => swarm[name] !== RULES[name].none)
}
