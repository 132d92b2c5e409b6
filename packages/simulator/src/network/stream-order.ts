/** What a stream keeps whole: nothing of it overtakes another part, and no end of an answer arrives without its beginning. */
import type { MemberIndex } from '@belfry/protocol/primitives'

/** One way of one connection between two processes. */
export class Stream {
  /** When the last frame arrives. */
  #arrives_ms = 0
  #ends_ms = Number.POSITIVE_INFINITY

  /** When a frame arrives that would at `at_ms`: not before those that were sent earlier. */
  arrival(at_ms: number): number {
    this.#arrives_ms = Math.max(at_ms, this.#arrives_ms)
    return this.#arrives_ms
  }

  /** What would arrive later never does. */
  end(at_ms: number): void {
    this.#ends_ms = Math.min(at_ms, this.#ends_ms)
  }

  hasEnded(now_ms: number): boolean {
    return now_ms > this.#ends_ms
  }
}

export class StreamOrder {
  /** By sender and place of the hearer. */
  readonly #streams = new Map<string, Stream>()
  /** By sender and hearer: when a frame was lost last. */
  readonly #lost_ms = new Map<string, number>()

  streamOf(from: MemberIndex, place: number): Stream {
    const key = `${from}>${place}`
    const stream = this.#streams.get(key) ?? new Stream()
    this.#streams.set(key, stream)
    return stream
  }

  /** The connection begins anew: nothing waits for what is under way by the old one. */
  forget(from: MemberIndex, place: number): void {
    this.#streams.delete(`${from}>${place}`)
  }

  lose(from: MemberIndex, to: MemberIndex, now_ms: number): void {
    this.#lost_ms.set(`${from}>${to}`, now_ms)
  }

  /** It, or what was written with it at once. */
  isLost(from: MemberIndex, to: MemberIndex, now_ms: number): boolean {
    return this.#lost_ms.get(`${from}>${to}`) === now_ms
  }
}
