import { type RandomWords, randomWords, secrets, spread } from './keyed-hash.ts'
import type { TableInit } from './outpoint-table.ts'
import { MAX_ENTRIES, Records } from './records.ts'
import { SlotIndex } from './slot-index.ts'
import type { Hashed, Slots } from './slots.ts'

export const LOCATOR_BYTES = 16
const WORDS = LOCATOR_BYTES / 4

/** The first 16 bytes of a txid, in the order in which it is hashed, or of a hash of it. */
export class LocatorTable implements Hashed {
  private readonly records: Records
  private readonly index: SlotIndex
  private readonly hash: LocatorHash

  constructor({ capacity = 0, limit = MAX_ENTRIES, random = randomWords }: TableInit = {}) {
    this.records = new Records(WORDS, limit)
    this.index = new SlotIndex(this, capacity)
    this.hash = new LocatorHash(random)
  }

  get size(): number {
    return this.records.size
  }

  get limit(): number {
    return this.records.limit
  }

  get bytes(): number {
    return this.records.bytes + this.index.bytes
  }

  /**
   * The number of this locator of 16 bytes, which it has already or gets now.
   * @throws ChainError too-many-watched
   */
  add(locator: Uint8Array): number {
    if (locator.length !== LOCATOR_BYTES) throw new RangeError('a locator has 16 bytes')
    return this.addAt(new DataView(locator.buffer, locator.byteOffset, LOCATOR_BYTES), 0)
  }

  /** The same of one among other bytes. */
  addAt(view: DataView, offset: number): number {
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

  /** @throws RangeError where no locator has this number */
  remove(id: number): void {
    if (!this.index.remove(this.hashOf(id), id)) throw new RangeError(`there is no locator ${id}`)
    this.records.release(id)
  }

  /** Its number; −1 where it is not in the table. Allocates nothing. */
  find(view: DataView, offset: number): number {
    return this.search(this.hash.of(view, offset), view, offset)
  }

  copyKey(id: number, into: Uint8Array, at: number): void {
    const view = new DataView(into.buffer, into.byteOffset + at, LOCATOR_BYTES)
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

class LocatorHash {
  private readonly c: number
  private readonly m0: number
  private readonly m1: number
  private readonly m2: number
  private readonly m3: number
  private readonly n0: number
  private readonly n1: number
  private readonly n2: number
  private readonly n3: number

  constructor(random: RandomWords) {
    const words = secrets(2 * WORDS + 1, random)
    let drawn = 0
    const next = (): number => words[drawn++] ?? 0
    this.c = next()
    this.m0 = next()
    this.m1 = next()
    this.m2 = next()
    this.m3 = next()
    this.n0 = next()
    this.n1 = next()
    this.n2 = next()
    this.n3 = next()
  }

  of(view: DataView, at: number): number {
    return this.ofFour(
      view.getInt32(at, true),
      view.getInt32(at + 4, true),
      view.getInt32(at + 8, true),
      view.getInt32(at + 12, true),
    )
  }

  ofWords(words: Int32Array, at: number): number {
    return this.ofFour(words[at] ?? 0, words[at + 1] ?? 0, words[at + 2] ?? 0, words[at + 3] ?? 0)
  }

  private ofFour(w0: number, w1: number, w2: number, w3: number): number {
    const words = Math.imul(this.m0, w0) + Math.imul(this.m1, w1) + Math.imul(this.m2, w2) + Math.imul(this.m3, w3)
    const halves =
      Math.imul(this.n0, w0 >>> 16) + Math.imul(this.n1, w1 >>> 16) +
      Math.imul(this.n2, w2 >>> 16) + Math.imul(this.n3, w3 >>> 16)
    return spread((this.c + words + halves) | 0)
  }
}
