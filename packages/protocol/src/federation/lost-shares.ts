/** Whose shares of earlier epochs are out of the federation's hands: a member that leaves takes its shares with it. */
import type { DefinitionMember } from './definition.ts'
import type { EncryptionKey } from './keys.ts'
import type { Lock } from './lock.ts'
import { ACTIONS, type Action } from './thresholds.ts'

export interface LostShares {
  readonly epoch: number
  readonly lock_hash: Lock['lock_hash']
  /** Of that epoch's members: those that left since, came back with another key, or are known to lie. */
  readonly holders: readonly DefinitionMember[]
  /** What these could open of vaults that were enrolled in that epoch: t of its shares are theirs. */
  readonly within_reach: readonly Action[]
}

/**
 * For each epoch, since each has shares of its own and those of two epochs do not add up. A share is sealed to a key, so
 * whoever held the key of an earlier card counts as gone, even where the same operator came back with a new one.
 * @param locks the epochs before, oldest first
 * @param members of the epoch to come
 * @param convicted encryption keys of members that stay although they are known to lie: a name may be another's by now
 */
export function lostShares(
  locks: readonly Lock[],
  members: readonly DefinitionMember[],
  convicted: readonly EncryptionKey[] = [],
): readonly LostShares[] {
  const kept = new Set(members.map((one) => one.encryption_key))
  for (const key of convicted) kept.delete(key)
  return locks.map(({ epoch, lock_hash, definition }) => {
    const holders = definition.members.filter(({ encryption_key }) => !kept.has(encryption_key))
    const within_reach = ACTIONS.filter((each) => holders.length >= definition.thresholds[each].t)
    return { epoch, lock_hash, holders, within_reach }
  })
}
