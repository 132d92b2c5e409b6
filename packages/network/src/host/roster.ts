import type { MemberIndex } from '@belfry/protocol/primitives'
import { NetworkError } from '../errors.ts'
import { checkPeerId } from '../identity/peer-id.ts'
import type { NetworkInit } from '../network-init.ts'

const MEMBERS_MAX = 64
/** Each owner has budgets in memory. */
const OWNERS_MAX = 1024

/** Who may connect, and as what. Fixed for the life of the host. */
export class Roster {
  readonly self: MemberIndex | null
  /** Everybody but this host, by index. */
  readonly others: readonly { readonly index: MemberIndex; readonly peerId: string }[]
  readonly #members: ReadonlyMap<string, MemberIndex>
  readonly #owners: ReadonlySet<string>

  /** @throws NetworkError `bad-identity`, `bad-option` */
  constructor(init: Pick<NetworkInit, 'self' | 'members' | 'owners'>, ownPeerId: string) {
    if (init.members.length > MEMBERS_MAX) throw badOption(`a federation has at most ${MEMBERS_MAX} members`)
    if (init.owners.length > OWNERS_MAX) throw badOption(`at most ${OWNERS_MAX} owners can be admitted`)
    for (const peerId of [...init.members.map((member) => member.peerId), ...init.owners]) checkPeerId(peerId)
    this.#members = new Map(init.members.map((member) => [member.peerId, member.index]))
    this.#owners = new Set(init.owners)
    this.self = init.self
    this.others = init.members.filter((member) => member.index !== init.self).toSorted((a, b) => a.index - b.index)
    this.#check(init, ownPeerId)
  }

  memberOf(peerId: string): MemberIndex | null {
    return this.#members.get(peerId) ?? null
  }

  isOwner(peerId: string): boolean {
    return this.#owners.has(peerId)
  }

  #check(init: Pick<NetworkInit, 'self' | 'members'>, ownPeerId: string): void {
    const indices = new Set(init.members.map((member) => member.index))
    if (this.#members.size < init.members.length) throw badOption('two members have one peer id')
    if (indices.size < init.members.length) throw badOption('two members have one index')
    for (const owner of this.#owners) {
      if (this.#members.has(owner)) throw badOption(`${owner} is both a member and an owner`)
    }
    if (this.memberOf(ownPeerId) !== this.self) {
      throw new NetworkError('bad-identity', 'the identity key is not that of the member this host is to be',
        'Check that the key file and the lock belong together.')
    }
  }
}

function badOption(sentence: string): NetworkError {
  return new NetworkError('bad-option', sentence, 'Correct the lock or the configuration.')
}
