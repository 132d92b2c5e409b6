/** Which of the locks in the configuration are served: those that follow each other, and none that is one of two successors. */
import { FederationError, type Hasher, type Lock, type Verifier, conflictOf, refuseOn, verifyChain } from '@belfry/protocol'

export interface Adoption {
  /** By epoch. */
  readonly served: readonly Lock[]
  /** Of locks that follow the same one. The one that was served before is served on; none is adopted. */
  readonly conflicts: readonly FederationError[]
  /** Those of them that are not adopted. */
  readonly refused: readonly Lock[]
}

/**
 * @param configured each holds in itself
 * @param known adopted earlier, with this data directory
 * @throws FederationError where the configured ones do not follow each other, or what was adopted
 */
export function adopt(ports: Hasher & Verifier, configured: readonly Lock[], known: readonly Lock[]): Adoption {
  const wasAdopted = ({ lock_hash }: Lock): boolean => known.some((lock) => lock.lock_hash === lock_hash)
  const all = byEpoch([...known, ...configured])
  const rivals = (lock: Lock): Lock[] => all.filter((other) => isRival(ports, all, lock, other))
  const contested = all.filter((lock) => rivals(lock).length > 0)
  const heldBack = new Set<string>()
  for (const lock of all) {
    const follows = lock.previous_lock_hash !== null && heldBack.has(lock.previous_lock_hash)
    if (follows || (contested.includes(lock) && !wasAdopted(lock))) heldBack.add(lock.lock_hash)
  }
  const isAsked = (lock: Lock): boolean => configured.some(({ lock_hash }) => lock_hash === lock.lock_hash)
  // One that was adopted goes on although its place in the configuration was given to the other.
  const served = all.filter((lock) => !heldBack.has(lock.lock_hash) && (isAsked(lock) || contested.includes(lock)))
  refuseOn(verifyChain(ports, withAncestor(served, known)))
  const refused = contested.filter(({ lock_hash }) => heldBack.has(lock_hash))
  return { served, refused, conflicts: refused.map((lock) => conflict(lock, rivals(lock))) }
}

function byEpoch(locks: readonly Lock[]): Lock[] {
  const unique = new Map(locks.map((lock) => [lock.lock_hash, lock]))
  return [...unique.values()].toSorted((a, b) => a.epoch - b.epoch || (a.lock_hash < b.lock_hash ? -1 : 1))
}

/** Where the lock that both follow is not there, nobody can tell that one of them does so wrongly. */
function isRival(ports: Hasher & Verifier, all: readonly Lock[], lock: Lock, other: Lock): boolean {
  const { previous_lock_hash } = lock
  if (previous_lock_hash === null || previous_lock_hash !== other.previous_lock_hash || lock.lock_hash === other.lock_hash) return false
  const previous = all.find(({ lock_hash }) => lock_hash === previous_lock_hash)
  return previous === undefined || conflictOf(ports, previous, lock, other) !== undefined
}

/** What was adopted last of the same federation is what the oldest of them has to follow. */
function withAncestor(served: readonly Lock[], known: readonly Lock[]): readonly Lock[] {
  const [oldest] = served
  if (oldest === undefined) return served
  const { name, genesis_hash } = oldest.definition
  const ancestor = known.findLast(({ epoch, definition }) =>
    epoch < oldest.epoch && definition.name === name && definition.genesis_hash === genesis_hash)
  return ancestor ? [ancestor, ...served] : served
}

function conflict({ lock_hash, epoch }: Lock, rivals: readonly Lock[]): FederationError {
  const others = rivals.map((rival) => rival.lock_hash).join(' and ')
  return new FederationError(
    'two-successors',
    `the lock ${lock_hash} of epoch ${epoch} is not adopted: ${others} follows the same lock`,
    'Find out with the other operators, by voice, which of them is right and who consented to both; until then serve what was served.',
  )
}
