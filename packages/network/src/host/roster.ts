import type { MemberIndex } from '@belfry/protocol/primitives'
import { NetworkError } from '../errors.ts'
import { checkPeerId } from '../identity/peer-id.ts'
import type { FederationInit } from '../network-init.ts'

const MEMBERS_MAX = 64

/** The members of one lock. Fixed for the life of the host. */
export class Roster {
  readonly self: MemberIndex | null
  /** Everybody but this host, by index. */
  readonly others: readonly { readonly index: MemberIndex; readonly peerId: string }[]
  readonly #members: ReadonlyMap<string, MemberIndex>

  /** @throws NetworkError `bad-identity`, `bad-option` */
  constructor(init: Pick<FederationInit, 'self' | 'members'>, ownPeerId: string) {
    if (init.members.length > MEMBERS_MAX) throw badOption(`a federation has at most ${MEMBERS_MAX} members`)
    for (const { peerId } of init.members) checkPeerId(peerId)
    this.#members = new Map(init.members.map((member) => [member.peerId, member.index]))
    this.self = init.self
    this.others = init.members.filter((member) => member.index !== init.self).toSorted((a, b) => a.index - b.index)
    this.#check(init, ownPeerId)
  }

  memberOf(peerId: string): MemberIndex | null {
    return this.#members.get(peerId) ?? null
  }

  /** @throws NetworkError `bad-option` where there is no other member with this index */
  peerIdOf(index: MemberIndex): string {
    const other = this.others.find((one) => one.index === index)
    if (other) return other.peerId
    throw new NetworkError('bad-option', `there is no other member ${index}`, 'Check the index in the lock.')
  }

  #check(init: Pick<FederationInit, 'members'>, ownPeerId: string): void {
    const indices = new Set(init.members.map((member) => member.index))
    if (this.#members.size < init.members.length) throw badOption('two members have one peer id')
    if (indices.size < init.members.length) throw badOption('two members have one index')
    if (this.memberOf(ownPeerId) !== this.self) {
      throw new NetworkError('bad-identity', 'the identity key is not that of the member this host is to be',
        'Check that the key file and the lock belong together.')
    }
  }
}

export function badOption(sentence: string): NetworkError {
  return new NetworkError('bad-option', sentence, 'Correct the lock or the configuration.')
}
