/**
 * How one lock follows another. All members of the next one sign it, and of the previous one's so many consent that
 * neither a dead member nor a lying one can veto its removal, and no liars can change the federation alone. Two locks
 * that follow the same one need a member more than b to have consented twice.
 */
import { type Hasher, type Verifier, hashOf } from '../crypto/index.ts'
import { type Hash32, type LockHash, type MemberIndex, fromHex, s } from '../primitives/index.ts'
import type { Definition } from './definition.ts'
import { FederationError } from './errors.ts'
import { type Lock, lockHash, lockHashSchema, nameOf, verifyLock } from './lock.ts'
import { derive } from './thresholds.ts'

const consentedSchema = s.struct({ previous_lock_hash: lockHashSchema, lock_hash: lockHashSchema })

/** What a member of the previous lock signs: its own domain, so that no signature of a lock is taken for a consent. */
export function consentDigest(hasher: Hasher, consented: { previous_lock_hash: LockHash; lock_hash: LockHash }): Hash32 {
  return hashOf(hasher, 'consent', consentedSchema, consented) as Hash32
}

/**
 * Of the previous lock's members: max(n−d, ⌊(n+b)/2⌋+1) with the n, b and clawback's d of that lock. As many as can act
 * at all, and so many that any two such sets share an honest member.
 */
export function consentsNeeded({ members, thresholds: { b, clawback } }: Definition): number {
  const n = members.length
  return Math.max(n - derive(n, b, clawback).d, Math.floor((n + b) / 2) + 1)
}

/** Everything wrong with `next` as what follows `previous`, which is trusted; none means that it may be adopted. */
export function verifySuccession(ports: Hasher & Verifier, previous: Lock, next: Lock): readonly FederationError[] {
  const apart = checkNext(previous, next)
  // Nobody can say whose consents they are, where the lock follows another one.
  const consents = apart.length > 0 ? [] : checkConsents(ports, previous, next)
  return [...verifyLock(ports, next), ...apart, ...checkSameFederation(previous.definition, next.definition), ...consents]
}

/** Everything wrong with the epochs of one federation, oldest first; the first is trusted if it holds in itself. */
export function verifyChain(ports: Hasher & Verifier, locks: readonly Lock[]): readonly FederationError[] {
  const forks = locks.flatMap((lock, at) => locks.slice(0, at).flatMap((other) => checkFork(ports, locks, other, lock)))
  if (forks.length > 0) return forks
  return locks.flatMap((lock, at) => {
    const previous = locks[at - 1]
    return previous ? verifySuccession(ports, previous, lock) : verifyLock(ports, lock)
  })
}

/** Proof that a federation was split: whoever sees it adopts neither lock and rings. */
export interface SuccessionConflict {
  readonly previous_lock_hash: LockHash
  /** Of both successors. */
  readonly epoch: number
  /** The smaller first, so that all who see both say the same. */
  readonly lock_hashes: readonly [LockHash, LockHash]
  /** Members of the previous lock that consented to both: more than b of them, so these lie or lost their memory. */
  readonly twice: readonly MemberIndex[]
}

/** Where both rightly follow `previous` and are not the same lock. */
export function conflictOf(
  ports: Hasher & Verifier,
  previous: Lock,
  a: Lock,
  b: Lock,
): SuccessionConflict | undefined {
  const hashes = [lockHash(ports, a), lockHash(ports, b)] as const
  if (hashes[0] === hashes[1]) return undefined
  if ([a, b].some((next) => verifySuccession(ports, previous, next).length > 0)) return undefined
  return {
    previous_lock_hash: previous.lock_hash,
    epoch: a.epoch,
    lock_hashes: hashes[0] < hashes[1] ? hashes : [hashes[1], hashes[0]],
    twice: a.consents.map(({ index }) => index).filter((index) => b.consents.some((one) => one.index === index)),
  }
}

function checkFork(ports: Hasher & Verifier, locks: readonly Lock[], a: Lock, b: Lock): FederationError[] {
  if (a.previous_lock_hash === null || a.previous_lock_hash !== b.previous_lock_hash) return []
  const previous = locks.find(({ lock_hash }) => lock_hash === a.previous_lock_hash)
  const conflict = previous && conflictOf(ports, previous, a, b)
  if (!conflict) return []
  const both = previous.definition.members.filter(({ index }) => conflict.twice.includes(index))
  return [
    new FederationError(
      'two-successors',
      `The lock ${conflict.previous_lock_hash} is followed by two locks, ${conflict.lock_hashes.join(' and ')}; ` +
        `consented to both: ${both.map(nameOf).join(', ')}.`,
      'Adopt neither. Serve the last epoch that all agree on, ask those members, and tell the owners.',
    ),
  ]
}

function checkNext(previous: Lock, next: Lock): FederationError[] {
  if (next.previous_lock_hash === previous.lock_hash && next.epoch === previous.epoch + 1) return []
  return [
    new FederationError(
      'lock-not-next',
      `The lock of epoch ${next.epoch} follows ${next.previous_lock_hash ?? 'none'}; ` +
        `it does not follow the lock ${previous.lock_hash} of epoch ${previous.epoch}.`,
      'Give the locks of all epochs, oldest first.',
    ),
  ]
}

export function checkSameFederation(before: Definition, after: Definition): FederationError[] {
  const differs = (['name', 'network', 'genesis_hash'] as const).filter((field) => before[field] !== after[field])
  if (differs.length === 0) return []
  return [
    new FederationError(
      'federation-differs',
      `The next lock has another ${differs.join(' and ')}: a federation keeps its name and network.`,
      'Make the next definition with: belfry federation change',
    ),
  ]
}

function checkConsents(ports: Hasher & Verifier, { lock_hash, definition }: Lock, next: Lock): FederationError[] {
  const { members } = definition
  const digest = fromHex(
    consentDigest(ports, { previous_lock_hash: lock_hash, lock_hash: lockHash(ports, next) }),
  )
  const wrong = next.consents.flatMap(({ index, signature }) => checkConsent(ports, definition, digest, index, signature))
  const needed = consentsNeeded(definition)
  const silent = members.filter(({ index }) => !next.consents.some((one) => one.index === index))
  const given = members.length - silent.length
  if (given >= needed) return wrong
  return [
    ...wrong,
    new FederationError(
      'consents-missing',
      `${needed} of the ${members.length} members of the previous lock must consent, ${given} did; ` +
        `not yet: ${silent.map(nameOf).join(', ')}.`,
      `Ask ${needed - given} more of them to run: belfry federation consent. Then assemble the lock again.`,
    ),
  ]
}

/** Of one member of the previous lock. */
export function checkConsent(
  verifier: Verifier,
  { members }: Definition,
  digest: Uint8Array,
  index: number,
  signature: Uint8Array,
): FederationError[] {
  const member = members.find((one) => one.index === index)
  if (!member) {
    return [
      new FederationError(
        'consent-of-stranger',
        `There is a consent of member ${index}, but the previous lock has the members 1 to ${members.length}.`,
        'Leave that consent out.',
      ),
    ]
  }
  if (verifier.verifyNode(member.node_key, digest, signature)) return []
  return [
    new FederationError(
      'consent-wrong',
      `The consent of ${nameOf(member)} is not by its node key for this lock.`,
      `Leave it out, or ask ${member.name} to consent again with: belfry federation consent`,
    ),
  ]
}
