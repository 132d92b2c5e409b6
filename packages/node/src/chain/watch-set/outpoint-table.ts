import { type RandomWords, randomWords } from './keyed-hash.ts'
import { OutpointHash } from './outpoint-hash.ts'
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
  private declare readonly records: Records
  private declare readonly index: SlotIndex
  private declare readonly hash: OutpointHash

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
