/** A rejected message weighs half as much after this long. */
const HALF_LIFE_MS = 5 * 60_000
/** Below this a past rejection no longer counts. */
const FORGIVEN = 0.5

/**
 * How much invalid gossip each member sent lately. Kept here and not in gossipsub, which starts a peer's score anew
 * when it reconnects. Only rejections count: what honest members do (be late, be many on one host, restart) is free.
 */
export class Standing {
  readonly #rejections = new Map<string, { readonly weight: number; readonly at_ms: number }>()
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  rejected(peerId: string): void {
    this.#rejections.set(peerId, { weight: this.#weight(peerId) + 1, at_ms: this.#now() })
  }

  /** 0 for a member in good standing, else minus the weight of its rejected messages. */
  scoreOf(peerId: string): number {
    const weight = this.#weight(peerId)
    return weight < FORGIVEN ? 0 : -weight
  }

  #weight(peerId: string): number {
    const last = this.#rejections.get(peerId)
    return last ? last.weight * 0.5 ** ((this.#now() - last.at_ms) / HALF_LIFE_MS) : 0
  }
}
