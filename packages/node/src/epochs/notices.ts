/** What a node says of its epochs: at its start, and of shares out of hand whenever that changes. */
import { type FederationError, type Lock, lostShares } from '@belfry/protocol'
import type { Logger } from '../logging/index.ts'
import type { OpenedEpoch } from './open.ts'
import type { Seat } from './seat.ts'
import { vaultsThere } from './unserved.ts'

export function tellConflicts(conflicts: readonly FederationError[], logger: Logger): void {
  for (const { message, remedy } of conflicts) logger.error('two-successors', { detail: message, remedy })
}

/** @param vaults by name */
export function tellUnserved({ epoch, lock_hash }: Lock, vaults: readonly string[], logger: Logger): void {
  if (vaults.length === 0) return
  logger.warn('epoch-not-served', {
    epoch, lock_hash, vaults,
    remedy: 'Put its lock back under previous_locks, until the owner of each of these vaults has confirmed that it is renewed under a newer lock '
      + 'with all unvaults that were ever made for it, or its coin has left. That members hold something for it there confirms nothing.',
  })
}

/** @param locks all that are served, by epoch @param epochs those of them in which this member takes part */
export function tellServed(locks: readonly Lock[], epochs: readonly OpenedEpoch[], logger: Logger): void {
  const newest = locks.at(-1)
  if (newest && newest.lock_hash !== epochs[0]?.federation.lock_hash) {
    logger.warn('member-removed', { epoch: newest.epoch, lock_hash: newest.lock_hash })
  }
  for (const { federation: { epoch, lock_hash, members }, self } of epochs) {
    logger.info('epoch-served', { epoch, lock_hash, member: self, members: members.length })
  }
}

/** Those who left keep their shares. Where they and the convicted are enough to open a recovery, only moving the coin helps. */
export class LostSharesAlarm {
  readonly #locks: readonly Lock[]
  readonly #logger: Logger
  /** By lock hash: a member against whom there is more evidence is no news. */
  readonly #told = new Map<string, string>()

  /** @param locks all that are served, by epoch */
  constructor(locks: readonly Lock[], logger: Logger) {
    this.#locks = locks
    this.#logger = logger
  }

  /** At the start, and whenever a member is convicted. */
  look(seen: readonly Pick<Seat, 'federation' | 'durable'>[]): void {
    const locks = this.#locks
    const convicted = seen.flatMap(({ federation, durable }) => [...durable.evidence.values()].map(({ member }) => federation.memberOf(member).encryption_key))
    for (const { epoch, lock_hash, holders, within_reach } of lostShares(locks, locks.at(-1)?.definition.members ?? [], convicted)) {
      const guarding = seen.find(({ federation }) => federation.lock_hash === lock_hash)
      const vaults = guarding ? vaultsThere(guarding.durable) : []
      const found = { members: holders.map(({ name }) => name), actions: within_reach, vaults }
      const news = JSON.stringify(found)
      if (within_reach.length === 0 || vaults.length === 0 || this.#told.get(lock_hash) === news) continue
      this.#told.set(lock_hash, news)
      this.#logger.warn('shares-out-of-hand', {
        epoch, ...found,
        remedy: 'Tell the owners of these vaults to move their coins: these former or convicted members could open recoveries together.',
      })
    }
  }
}
