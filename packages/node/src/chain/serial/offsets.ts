/** Where things are in a block, in its order; kept from block to block, and never smaller again. */
export class Offsets {
  count = 0
  private words: Uint32Array

  constructor(capacity: number) {
    // Written at once: else the system gives the memory while the first block is read.
    this.words = new Uint32Array(capacity).fill(0)
  }

  clear(): void {
    this.count = 0
  }

  /**
   * Where to put so many, or more; whoever puts them there sets `count`. The bytes of a block bound how many there are.
   */
  room(count: number): Uint32Array {
    if (count > this.words.length) this.grow(count)
    return this.words
  }

  at(i: number): number {
    return this.words[i] ?? 0
  }

  /** How many are before this offset. */
  countBefore(offset: number): number {
    let [low, high] = [0, this.count]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.at(middle) < offset) low = middle + 1
      else high = middle
    }
    return low
  }

  private grow(count: number): void {
    const words = new Uint32Array(Math.max(count, 2 * this.words.length))
    words.set(this.words)
    this.words = words
  }
}
