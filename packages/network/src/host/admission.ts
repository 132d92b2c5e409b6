import { checkPeerId } from '../identity/peer-id.ts'
import { type Roster, badOption } from './roster.ts'

/** Each owner has budgets in memory. */
const OWNERS_MAX = 1024

/** Who may connect, under whichever lock. Fixed for the life of the host. */
export class Admission {
  /** False for an owner's client, which dials only. */
  readonly acceptsInbound: boolean
  readonly #rosters: readonly Roster[]
  readonly #owners: ReadonlySet<string>

  /** @throws NetworkError `bad-identity`, `bad-option` */
  constructor(rosters: readonly Roster[], owners: readonly string[]) {
    if (owners.length > OWNERS_MAX) throw badOption(`at most ${OWNERS_MAX} owners can be admitted`)
    for (const owner of owners) checkPeerId(owner)
    this.#rosters = rosters
    this.#owners = new Set(owners)
    this.acceptsInbound = rosters.some(({ self }) => self !== null)
    for (const owner of this.#owners) if (this.isMember(owner)) throw badOption(`${owner} is both a member and an owner`)
  }

  isMember(peerId: string): boolean {
    return this.#rosters.some((roster) => roster.memberOf(peerId) !== null)
  }

  isOwner(peerId: string): boolean {
    return this.#owners.has(peerId)
  }
}
