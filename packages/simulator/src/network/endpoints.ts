import type { Channel } from '@belfry/protocol'
import type { MemberIndex } from '@belfry/protocol/primitives'

/** One member's end of the network. */
export interface Endpoint {
  readonly index: MemberIndex
  readonly is_up: boolean
  /** A second process on the same key: the others hear it as that member, and it hears what they tell that member. */
  readonly is_beside?: boolean
  /** False where there was no room for it. With a token a verdict is awaited. */
  onFrame(peer: MemberIndex, channel: Channel, bytes: Uint8Array, token: number | null): boolean
  onPeer(member: MemberIndex, connected: boolean): void
  /** Whether it passes on what it accepted: an honest one always does. */
  passesOn(): boolean
}

/** Larger than any federation: indices count from 1. Second processes have their places above. */
const MEMBER_SLOTS = 65
export const PLACES = 2 * MEMBER_SLOTS

export function placeOf({ index, is_beside }: Pick<Endpoint, 'index' | 'is_beside'>): number {
  return is_beside ? MEMBER_SLOTS + index : index
}

/** Every process at its place. */
export class Endpoints {
  readonly #at = new Map<number, Endpoint>()

  join(endpoint: Endpoint): void {
    this.#at.set(placeOf(endpoint), endpoint)
  }

  leave(endpoint: Endpoint): void {
    this.#at.delete(placeOf(endpoint))
  }

  all(): Iterable<Endpoint> {
    return this.#at.values()
  }

  members(): MemberIndex[] {
    return [...this.#at.values()].flatMap(({ index, is_beside }) => (is_beside ? [] : [index]))
  }

  processesOf(member: MemberIndex): Endpoint[] {
    const [first, second] = [this.#at.get(member), this.#at.get(MEMBER_SLOTS + member)]
    return [...(first ? [first] : []), ...(second ? [second] : [])]
  }

  /** Its true process has ended. */
  isDown(member: MemberIndex): boolean {
    return this.#at.get(member)?.is_up === false
  }

  /** One of its processes runs. */
  isUp(member: MemberIndex): boolean {
    return this.#at.get(member)?.is_up === true || this.#at.get(MEMBER_SLOTS + member)?.is_up === true
  }
}
