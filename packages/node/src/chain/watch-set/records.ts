import { ChainError } from '../errors.ts'
import { MAX_IDS } from './slots.ts'

/** Twice what a node is measured with, in half a gigabyte. Above it something is wrong with whoever asks. */
export const MAX_ENTRIES = 10_000_000

/** Small enough to be had at once (150 kB of outpoints), large enough to be few. */
const CHUNK_BITS = 12
const CHUNK_RECORDS = 1 << CHUNK_BITS

/** Records of so many words each, in chunks: growing copies nothing and leaves no half empty. Freed numbers are used again. */
export class Records {
  /** So many at a time. */
  declare readonly limit: number
  declare readonly words: number
  private readonly chunks: Int32Array[] = []
  /** All numbers below it were given out once. */
  private end = 0
  private taken = 0
  /** The last freed; the first word of a freed record is the one freed before, and of the first freed, −1. */
  private free = -1

  constructor(words: number, limit: number) {
    if (limit > MAX_IDS) throw new RangeError(`at most ${MAX_IDS} entries have numbers`)
    this.words = words
    this.limit = limit
  }

  get size(): number {
    return this.taken
  }

  get bytes(): number {
    return this.chunks.length * CHUNK_RECORDS * this.words * Int32Array.BYTES_PER_ELEMENT
  }

  /** The words in which this record is, from `offsetOf` on. */
  chunkOf(id: number): Int32Array {
    const chunk = this.chunks[id >>> CHUNK_BITS]
    if (chunk === undefined) throw new RangeError(`there is no entry ${id}`)
    return chunk
  }

  offsetOf(id: number): number {
    return (id & CHUNK_RECORDS - 1) * this.words
  }

  /** @throws ChainError too-many-watched */
  take(): number {
    if (this.taken >= this.limit) throw new ChainError('too-many-watched', `at most ${this.limit} can be watched of a kind`)
    this.taken++
    if (this.free < 0) {
      if (this.end === this.chunks.length * CHUNK_RECORDS) this.chunks.push(new Int32Array(CHUNK_RECORDS * this.words))
      return this.end++
    }
    const id = this.free
    this.free = this.chunkOf(id)[this.offsetOf(id)] ?? -1
    return id
  }

  release(id: number): void {
    this.chunkOf(id)[this.offsetOf(id)] = this.free
    this.free = id
    this.taken--
  }
}
