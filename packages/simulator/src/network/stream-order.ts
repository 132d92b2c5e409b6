/** What a stream keeps whole: nothing of it overtakes another part, and no end of an answer arrives without its beginning. */
import type { MemberIndex } from '@belfry/protocol/primitives'

export class StreamOrder {
  /** By sender and place of the hearer: when the last frame arrives. */
  readonly #arrives_ms = new Map<string, number>()
  /** By sender and hearer: when a frame was lost last. */
  readonly #lost_ms = new Map<string, number>()

  /** When a frame arrives that would at `at_ms`: not before those that were sent earlier. */
  arrival(from: MemberIndex, place: number, at_ms: number): number {
    const key = `${from}>${place}`
    const arrives_ms = Math.max(at_ms, this.#arrives_ms.get(key) ?? 0)
    this.#arrives_ms.set(key, arrives_ms)
    return arrives_ms
  }

  /** The connection begins anew. */
  forget(from: MemberIndex, place: number): void {
    this.#arrives_ms.delete(`${from}>${place}`)
  }

  lose(from: MemberIndex, to: MemberIndex, now_ms: number): void {
    this.#lost_ms.set(`${from}>${to}`, now_ms)
  }

  /** It, or what was written with it at once. */
  isLost(from: MemberIndex, to: MemberIndex, now_ms: number): boolean {
    return this.#lost_ms.get(`${from}>${to}`) === now_ms
  }
}
