/** The federation that a node serves: the trusted view of a verified lock. */
import type { Hasher, Verifier } from '../crypto/index.ts'
import { type LockHash, type MemberIndex, invariant } from '../primitives/index.ts'
import { refuseOn } from './errors.ts'
import type { EncryptionKey, NodeKey } from './keys.ts'
import { type Lock, lockPrefix, verifyLock } from './lock.ts'
import type { Network } from './network.ts'
import type { PeerId } from './peer-id.ts'
import { verifyChain } from './succession.ts'
import { type Action, type ActionThresholds, derive } from './thresholds.ts'
import type { Timing } from './timing.ts'

export interface Member {
  readonly index: MemberIndex
  readonly name: string
  readonly node_key: NodeKey
  readonly peer_id: PeerId
  readonly encryption_key: EncryptionKey
  /** Multiaddr text; may be empty, then the member dials the others. */
  readonly addresses: readonly string[]
}

export class Federation {
  readonly lock_hash: LockHash
  /** The first 8 bytes of lock_hash, hex. */
  readonly lock_prefix: string
  readonly epoch: number
  /** Of the epoch before; null in the first. */
  readonly previous_lock_hash: LockHash | null
  readonly name: string
  readonly network: Network
  /** In the order of their indices, 1..n. */
  readonly members: readonly Member[]
  /** Lying members to be safe against. */
  readonly b: number
  /** A drill rehearses a clawback, so it needs as many. */
  readonly thresholds: Readonly<Record<Action | 'drill', ActionThresholds>>
  readonly timing: Readonly<Timing>
  // Private, so that no object literal is taken for one: there is no way here but through verifyLock.
  readonly #byPeerId: ReadonlyMap<string, Member>

  /** @throws FederationError the first thing that is wrong with the lock */
  static fromLock(ports: Hasher & Verifier, lock: Lock): Federation {
    refuseOn(verifyLock(ports, lock))
    return new Federation(lock)
  }

  /**
   * The epochs of one federation, oldest first. The first may be any lock that the operator trusts, such as that of the
   * epoch in which this member joined; each next one follows the one before.
   * @throws FederationError the first thing that is wrong; `two-successors` where two locks follow the same one
   */
  static fromLocks(ports: Hasher & Verifier, locks: readonly Lock[]): readonly Federation[] {
    refuseOn(verifyChain(ports, locks))
    return locks.map((lock) => new Federation(lock))
  }

  private constructor({ lock_hash, epoch, previous_lock_hash, definition }: Lock) {
    const { name, network, members, thresholds, timing } = definition
    const { b, clawback, emergency, succession } = thresholds
    const n = members.length
    this.lock_hash = lock_hash
    this.lock_prefix = lockPrefix(lock_hash)
    this.epoch = epoch
    this.previous_lock_hash = previous_lock_hash
    this.name = name
    this.network = network
    this.members = members.map(({ index, name, node_key, peer_id, encryption_key, addresses }) => {
      return { index, name, node_key, peer_id, encryption_key, addresses: [...addresses] }
    })
    this.b = b
    this.thresholds = {
      clawback: derive(n, b, clawback),
      emergency: derive(n, b, emergency),
      succession: derive(n, b, succession),
      drill: derive(n, b, clawback),
    }
    this.timing = { ...timing }
    this.#byPeerId = new Map(this.members.map((member) => [member.peer_id, member]))
  }

  /** For an index known to be a member's. @throws InvariantError for any other */
  memberOf(index: MemberIndex): Member {
    const member = this.members[index - 1]
    invariant(member !== undefined, `the federation has a member ${index}`)
    return member
  }

  memberByPeerId(peerId: string): Member | undefined {
    return this.#byPeerId.get(peerId)
  }
}
