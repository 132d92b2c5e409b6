/** Where the parts of a serialised transaction (BIP 144) are: offsets into the bytes it was found in. */
export interface TransactionLayout {
  readonly start: number
  /** The count of inputs, from which the part that the txid covers goes on. */
  readonly inputs: number
  /** One past the last output. */
  readonly outputsEnd: number
  /** One past the last byte. */
  readonly end: number
  readonly hasWitness: boolean
}

/** Of a layout in `Layouts.words`: start, inputs, outputsEnd, end. */
export const LAYOUT_WORDS = 4

/** Of all transactions of a block, without an object for each. */
export class Layouts {
  /** So many are in `words`, in the order of the block. */
  count = 0
  words: Uint32Array

  constructor(capacity: number) {
    // Written at once: else the system gives the memory while the first block is read.
    this.words = new Uint32Array(LAYOUT_WORDS * capacity).fill(0)
  }

  clear(): void {
    this.count = 0
  }

  /** Words for so many, or more; whoever fills them sets `count`. The bytes of a block bound how many there are. */
  room(count: number): Uint32Array {
    if (LAYOUT_WORDS * count > this.words.length) this.grow(count)
    return this.words
  }

  /** @throws RangeError unless there are more than `position` */
  of(position: number): TransactionLayout {
    if (!(position >= 0 && position < this.count)) throw new RangeError(`there is no transaction ${position}`)
    const at = LAYOUT_WORDS * position
    const [start = 0, inputs = 0, outputsEnd = 0, end = 0] = this.words.subarray(at, at + LAYOUT_WORDS)
    return { start, inputs, outputsEnd, end, hasWitness: hasWitness(start, inputs) }
  }

  startOf(position: number): number {
    return this.words[LAYOUT_WORDS * position] ?? 0
  }

  /** Of the transaction that an offset is in; it is the one at `from` or one behind. */
  positionOf(offset: number, from: number): number {
    let position = from
    while (position < this.count && offset >= (this.words[LAYOUT_WORDS * position + 3] ?? 0)) position++
    return position
  }

  private grow(count: number): void {
    const words = new Uint32Array(Math.max(LAYOUT_WORDS * count, 2 * this.words.length))
    words.set(this.words)
    this.words = words
  }
}

/** Marker and flag are between the version and the inputs where there is a witness. */
function hasWitness(start: number, inputs: number): boolean {
  return inputs - start !== 4
}
