/** Callers who wait for an answer of the core: gossip for its verdict, an owner's request for its reply. */
export class PendingAnswers<T> {
  readonly #limit: number
  readonly #waiting = new Map<number, (answer: T) => void>()
  #next = 1

  constructor(limit: number) {
    this.#limit = limit
  }

  get size(): number {
    return this.#waiting.size
  }

  /** A number to be answered, and the promise of the answer; null where too many wait already. */
  open(): { id: number; answer: Promise<T> } | null {
    if (this.#waiting.size >= this.#limit) return null
    const id = this.#next++
    const { promise, resolve } = Promise.withResolvers<T>()
    this.#waiting.set(id, resolve)
    return { id, answer: promise }
  }

  settle(id: number, answer: T): void {
    this.#waiting.get(id)?.(answer)
    this.#waiting.delete(id)
  }

  /** The caller went away, or the core was too busy to take the question. */
  drop(id: number): void {
    this.#waiting.delete(id)
  }
}
