import { BoundedMap, type Millis } from '../primitives/index.ts'

/** What falls due some fixed time after it was started; the first started falls due first. */
export class Countdown<K> {
  readonly #delay_ms: number
  readonly #due: BoundedMap<K, Millis>

  constructor(delay_ms: number, limit: number) {
    this.#delay_ms = delay_ms
    this.#due = new BoundedMap(limit)
  }

  get size(): number {
    return this.#due.size
  }

  get limit(): number {
    return this.#due.limit
  }

  /** No effect while it runs for this key. */
  start(key: K, at_ms: Millis): void {
    if (!this.#due.has(key)) this.#due.set(key, (at_ms + this.#delay_ms) as Millis)
  }

  cancel(key: K): void {
    this.#due.delete(key)
  }

  /** Those that are due, each once. */
  take(at_ms: Millis): K[] {
    const taken: K[] = []
    for (const [key, due_at] of this.#due.entries()) {
      const wait_ms = due_at - at_ms
      // More than the whole of it: the clock was set back.
      if (wait_ms > 0 && wait_ms <= this.#delay_ms) break
      taken.push(key)
    }
    for (const key of taken) this.#due.delete(key)
    return taken
  }

  /** When the next falls due; Infinity while none runs. */
  get next_at(): number {
    for (const [, due_at] of this.#due.entries()) return due_at
    return Infinity
  }
}
