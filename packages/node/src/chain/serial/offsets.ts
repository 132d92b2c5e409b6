/** Where things are in a block, in its order; kept from block to block, and never smaller again. */
export class Offsets {
  count = 0
  private words: Uint32Array

  constructor(capacity: number) {
    this.words = new Uint32Array(capacity)
  }

  clear(): void {
    this.count = 0
  }

  /** Makes room for so many more. The bytes of a block bound how many that are in all. */
  reserve(more: number): void {
    const needed = this.count + more
    if (needed <= this.words.length) return
    const words = new Uint32Array(Math.max(needed, 2 * this.words.length))
    words.set(this.words)
    this.words = words
  }

  /** There must be room. */
  add(offset: number): void {
    this.words[this.count++] = offset
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
}
