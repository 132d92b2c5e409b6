/** A first-in first-out queue that grows by doubling up to its limit and then refuses. */
export class Ring<T> {
  readonly #limit: number
  #slots: (T | undefined)[] = []
  #head = 0
  #length = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  get length(): number {
    return this.#length
  }

  /** False when full: nothing is added. */
  push(item: T): boolean {
    if (this.#length >= this.#limit) return false
    if (this.#length === this.#slots.length) this.#grow()
    this.#slots[(this.#head + this.#length) % this.#slots.length] = item
    this.#length++
    return true
  }

  shift(): T | undefined {
    if (this.#length === 0) return undefined
    const item = this.#slots[this.#head]
    this.#slots[this.#head] = undefined
    this.#head = (this.#head + 1) % this.#slots.length
    this.#length--
    return item
  }

  #grow(): void {
    const size = Math.min(this.#limit, Math.max(8, 2 * this.#slots.length))
    const slots = Array.from<T | undefined>({ length: size })
    for (let i = 0; i < this.#length; i++) slots[i] = this.#slots[(this.#head + i) % this.#slots.length]
    this.#slots = slots
    this.#head = 0
  }
}
