import { Heap } from './heap.ts'

/** Virtual time, and everything that is going to happen. Nothing here knows of clocks or randomness outside. */
export class World {
  readonly #heap = new Heap()
  #now_ms = 0
  #sequence = 0
  #events = 0

  /** Milliseconds since the world began. */
  get now_ms(): number {
    return this.#now_ms
  }

  /** Things that have happened. */
  get events(): number {
    return this.#events
  }

  get pending(): number {
    return this.#heap.size
  }

  /** Negative delays count as none: what is asked for never happens in the past. */
  after(delay_ms: number, run: () => void): void {
    const at_ms = this.#now_ms + Math.max(0, Math.round(delay_ms))
    this.#sequence += 1
    this.#heap.push({ at_ms, sequence: this.#sequence, run })
  }

  /** Lets the next thing happen; false where nothing is left. */
  next(): boolean {
    const item = this.#heap.pop()
    if (item === undefined) return false
    this.#now_ms = item.at_ms
    this.#events += 1
    item.run()
    return true
  }
}
