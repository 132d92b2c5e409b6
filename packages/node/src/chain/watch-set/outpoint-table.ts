import { type RandomWords, randomWords, secrets, spread } from './keyed-hash.ts'
import { MAX_ENTRIES, Records } from './records.ts'
import { SlotIndex } from './slot-index.ts'
import type { Hashed, Slots } from './slots.ts'

export const OUTPOINT_BYTES = 36
const WORDS = OUTPOINT_BYTES / 4

export interface TableInit {
  /** To make room for from the start. */
  readonly capacity?: number
  readonly limit?: number
  readonly random?: RandomWords
}

/** Outpoints as an input names them: 32 bytes of txid in the order in which they are hashed, and the number in 4, little-endian. */
export class OutpointTable implements Hashed {
  private readonly records: Records
  private readonly index: SlotIndex
  private readonly hash: OutpointHash

  constructor({ capacity = 0, limit = MAX_ENTRIES, random = randomWords }: TableInit = {}) {
    this.records = new Records(WORDS, limit)
    this.index = new SlotIndex(this, capacity)
    this.hash = new OutpointHash(random)
  }

  get size(): number {
    return this.records.size
  }

  get limit(): number {
    return this.records.limit
  }

  /** Of all memory whose size follows the number of entries. */
  get bytes(): number {
    return this.records.bytes + this.index.bytes
  }

  /**
   * The number of this outpoint, which it has already or gets now.
   * @throws ChainError too-many-watched
   */
  add(view: DataView, offset: number): number {
    const hash = this.hash.of(view, offset)
    const known = this.search(hash, view, offset)
    if (known >= 0) return known
    const id = this.records.take()
    const chunk = this.records.chunkOf(id)
    const start = this.records.offsetOf(id)
    for (let i = 0; i < WORDS; i++) chunk[start + i] = view.getInt32(offset + 4 * i, true)
    this.index.add(hash, id)
    return id
  }

  /** @throws RangeError where no outpoint has this number */
  remove(id: number): void {
    if (!this.index.remove(this.hashOf(id), id)) throw new RangeError(`there is no outpoint ${id}`)
    this.records.release(id)
  }

  /** Its number; −1 where it is not in the table. Allocates nothing. */
  find(view: DataView, offset: number): number {
    return this.search(this.hash.of(view, offset), view, offset)
  }

  copyKey(id: number, into: Uint8Array, at: number): void {
    const view = new DataView(into.buffer, into.byteOffset + at, OUTPOINT_BYTES)
    const chunk = this.records.chunkOf(id)
    const start = this.records.offsetOf(id)
    for (let i = 0; i < WORDS; i++) view.setInt32(4 * i, chunk[start + i] ?? 0, true)
  }

  /** In no order; not while entries are added or removed. */
  ids(): Iterable<number> {
    return this.index.ids()
  }

  /** Makes room for so many in all, at once. */
  reserve(capacity: number): void {
    this.index.reserve(Math.min(capacity, this.limit))
  }

  /** Ends a growth that is under way, so that searches ask one table only. */
  settle(): void {
    this.index.settle()
  }

  hashOf(id: number): number {
    return this.hash.ofWords(this.records.chunkOf(id), this.records.offsetOf(id))
  }

  private search(hash: number, view: DataView, offset: number): number {
    const { current, previous } = this.index
    const id = current.mayHold(hash) ? this.searchIn(current, hash, view, offset) : -1
    if (id >= 0 || previous === null || !previous.mayHold(hash)) return id
    return this.searchIn(previous, hash, view, offset)
  }

  private searchIn(slots: Slots, hash: number, view: DataView, offset: number): number {
    let at = slots.seek(hash, slots.homeOf(hash))
    while (at >= 0) {
      const id = slots.idAt(at)
      if (this.equals(id, view, offset)) return id
      at = slots.seek(hash, slots.after(at))
    }
    return -1
  }

  private equals(id: number, view: DataView, offset: number): boolean {
    const chunk = this.records.chunkOf(id)
    const start = this.records.offsetOf(id)
    for (let i = 0; i < WORDS; i++) if (chunk[start + i] !== view.getInt32(offset + 4 * i, true)) return false
    return true
  }
}

/** Each secret in a field of its own: reading it takes no check of bounds. */
export class OutpointHash {
  private readonly c: number
  private readonly m0: number
  private readonly m1: number
  private readonly m2: number
  private readonly m3: number
  private readonly m4: number
  private readonly m5: number
  private readonly m6: number
  private readonly m7: number
  private readonly m8: number
  private readonly n0: number
  private readonly n1: number
  private readonly n2: number
  private readonly n3: number
  private readonly n4: number
  private readonly n5: number
  private readonly n6: number
  private readonly n7: number
  private readonly n8: number

  constructor(random: RandomWords) {
    const words = secrets(2 * WORDS + 1, random)
    let drawn = 0
    const next = (): number => words[drawn++] ?? 0
    this.c = next()
    this.m0 = next()
    this.m1 = next()
    this.m2 = next()
    this.m3 = next()
    this.m4 = next()
    this.m5 = next()
    this.m6 = next()
    this.m7 = next()
    this.m8 = next()
    this.n0 = next()
    this.n1 = next()
    this.n2 = next()
    this.n3 = next()
    this.n4 = next()
    this.n5 = next()
    this.n6 = next()
    this.n7 = next()
    this.n8 = next()
  }

  of(view: DataView, at: number): number {
    return this.ofNine(
      view.getInt32(at, true),
      view.getInt32(at + 4, true),
      view.getInt32(at + 8, true),
      view.getInt32(at + 12, true),
      view.getInt32(at + 16, true),
      view.getInt32(at + 20, true),
      view.getInt32(at + 24, true),
      view.getInt32(at + 28, true),
      view.getInt32(at + 32, true),
    )
  }

  ofWords(words: Int32Array, at: number): number {
    return this.ofNine(
      words[at] ?? 0,
      words[at + 1] ?? 0,
      words[at + 2] ?? 0,
      words[at + 3] ?? 0,
      words[at + 4] ?? 0,
      words[at + 5] ?? 0,
      words[at + 6] ?? 0,
      words[at + 7] ?? 0,
      words[at + 8] ?? 0,
    )
  }

  private ofNine(
    w0: number, w1: number, w2: number, w3: number, w4: number, w5: number, w6: number, w7: number, w8: number,
  ): number {
    const words =
      Math.imul(this.m0, w0) + Math.imul(this.m1, w1) + Math.imul(this.m2, w2) +
      Math.imul(this.m3, w3) + Math.imul(this.m4, w4) + Math.imul(this.m5, w5) +
      Math.imul(this.m6, w6) + Math.imul(this.m7, w7) + Math.imul(this.m8, w8)
    const halves =
      Math.imul(this.n0, w0 >>> 16) + Math.imul(this.n1, w1 >>> 16) + Math.imul(this.n2, w2 >>> 16) +
      Math.imul(this.n3, w3 >>> 16) + Math.imul(this.n4, w4 >>> 16) + Math.imul(this.n5, w5 >>> 16) +
      Math.imul(this.n6, w6 >>> 16) + Math.imul(this.n7, w7 >>> 16) + Math.imul(this.n8, w8 >>> 16)
    return spread((this.c + words + halves) | 0)
  }
}
