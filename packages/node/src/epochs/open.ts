/** From the locks in the configuration to the epochs in which this member takes part, with the log of each. */
import type { FederationError, Lock } from '@belfry/protocol'
import type { LockHash } from '@belfry/protocol/primitives'
import type { NodeKeys } from '@belfry/keystore'
import type { LoadedLog } from '@belfry/runtime'
import { NodeError } from '../errors.ts'
import type { Logger } from '../logging/index.ts'
import { type Place, placesOf, verifier } from '../membership.ts'
import type { OpenedLog, Store } from '../store/index.ts'
import { adopt } from './adoption.ts'
import { forgetLeft, leftBehind } from './left-behind.ts'
import { tellConflicts, tellServed, tellUnserved } from './notices.ts'
import { type KnownEpoch, noteEpochs, openLogOf, readEpochs } from './registry.ts'
import { doubtAdded } from './restored.ts'

export interface OpenedEpoch extends Place {
  readonly opened: OpenedLog
  /** The lock that follows, where this node adopted one, be it without a place of its own there. */
  readonly next_lock: LockHash | null
  /** Locks that follow, too, and which this node was given and did not adopt: there are two of them, or one is adopted. */
  readonly refused_locks: readonly LockHash[]
}

export interface EpochsInit {
  /** As configured. */
  readonly locks: readonly Lock[]
  readonly keys: NodeKeys
  readonly store: Store
  /** What the store's first log held when it was opened. */
  readonly first: LoadedLog
  readonly logger: Logger
}

export interface OpenedEpochs {
  /** All that are served, by epoch: this member need not be in each. */
  readonly locks: readonly Lock[]
  /** The newest first. */
  readonly epochs: readonly [OpenedEpoch, ...OpenedEpoch[]]
}

/**
 * @throws FederationError where the locks do not follow each other; NodeError not-a-member; StoreError
 */
export async function openEpochs({ locks, keys, store, first, logger }: EpochsInit): Promise<OpenedEpochs> {
  const before = await readEpochs(store)
  const { served, conflicts, refused } = adopt(verifier, locks, before.map(({ lock }) => lock))
  tellConflicts(conflicts, logger)
  const known = await noteEpochs(store, served.filter((lock) => placesOf([lock], keys).length > 0), before,
    (added) => doubtAdded(store, first, before, added))
  const open = async (lock: Lock): Promise<OpenedEpoch[]> => {
    const [place] = placesOf([lock], keys)
    const following = (locks: readonly Lock[]): LockHash[] =>
      locks.flatMap(({ previous_lock_hash, lock_hash }) => (previous_lock_hash === lock.lock_hash ? [lock_hash] : []))
    const [next_lock = null] = following(served)
    return place ? [{ ...place, next_lock, refused_locks: following(refused), opened: await openLogOf(store, first, epochOf(known, lock)) }] : []
  }
  const isServed = ({ lock }: KnownEpoch): boolean => served.some(({ lock_hash }) => lock_hash === lock.lock_hash)
  await forgetLeft(store, known.filter(isServed))
  for (const one of known) if (!isServed(one)) tellUnserved(one.lock, await leftBehind(store, first, one), logger)
  const [newest, ...older] = (await Promise.all(served.toReversed().map(open))).flat()
  if (newest === undefined) throw nothingServed(conflicts)
  tellServed(served, [newest, ...older], logger)
  return { locks: served, epochs: [newest, ...older] }
}

function epochOf(known: readonly KnownEpoch[], { lock_hash }: Lock): KnownEpoch {
  const found = known.find(({ lock }) => lock.lock_hash === lock_hash)
  if (found) return found
  throw new Error('every epoch in which this member has a place is noted')
}

function nothingServed([conflict]: readonly FederationError[]): Error {
  return conflict ?? new NodeError('not-a-member', 'this node is a member of none of the locks that follow each other', 'Check lock and previous_locks.')
}
