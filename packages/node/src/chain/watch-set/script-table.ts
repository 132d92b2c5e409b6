import type { TableInit } from './outpoint-table.ts'
import { MAX_ENTRIES, Records } from './records.ts'
import { ScriptHash, wordAt, wordsOf } from './script-hash.ts'
import { SlotIndex } from './slot-index.ts'
import type { Hashed, Slots } from './slots.ts'
import { randomWords } from './keyed-hash.ts'

/** What consensus lets a script that is to be run have. */
export const MAX_SCRIPT_BYTES = 10_000

/** What a record holds of a script: every common form whole. Of longer ones, the rest is beside. */
const RECORD_WORDS = 9
const RECORD_BYTES = 4 * RECORD_WORDS
/** The length, and the words. */
const WORDS = 1 + RECORD_WORDS

/** Output scripts of any length up to 10,000 bytes; always compared whole. */
export class ScriptTable implements Hashed {
  private declare readonly records: Records
  private declare readonly index: SlotIndex
  private declare readonly hash: ScriptHash
  /** How many are of each length: nothing else is read for an output whose length no watched script has. */
  private readonly ofLength = new Int32Array(MAX_SCRIPT_BYTES + 1)
  /** Those that fit no record, whole. */
  private readonly long = new Map<number, DataView>()
  private longBytes = 0

  constructor({ capacity = 0, limit = MAX_ENTRIES, random = randomWords }: TableInit = {}) {
    this.records = new Records(WORDS, limit)
    this.index = new SlotIndex(this, capacity)
    this.hash = new ScriptHash(random)
  }

  get size(): number {
    return this.records.size
  }

  get limit(): number {
    return this.records.limit
  }

  get bytes(): number {
    return this.records.bytes + this.index.bytes + this.ofLength.byteLength + this.hash.bytes + this.longBytes
  }

  /**
   * The number of this script, which it has already or gets now.
   * @throws ChainError too-many-watched; RangeError for more than 10,000 bytes
   */
  add(script: Uint8Array): number {
    return this.addAt(new DataView(script.buffer, script.byteOffset, script.length), 0, script.length)
  }

  /** The same of one among other bytes. */
  addAt(view: DataView, offset: number, length: number): number {
    if (length > MAX_SCRIPT_BYTES) throw new RangeError(`a script has at most ${MAX_SCRIPT_BYTES} bytes`)
    this.hash.prepare(length)
    const hash = this.hash.of(view, offset, length)
    const known = this.search(hash, view, offset, length)
    if (known >= 0) return known
    const id = this.records.take()
    this.write(id, view, offset, length)
    this.index.add(hash, id)
    this.count(length, 1)
    return id
  }

  /** @throws RangeError where no script has this number */
  remove(id: number): void {
    if (!this.index.remove(this.hashOf(id), id)) throw new RangeError(`there is no script ${id}`)
    const length = this.lengthOf(id)
    this.count(length, -1)
    if (length > RECORD_BYTES) {
      this.long.delete(id)
      this.longBytes -= length
    }
    this.records.release(id)
  }

  /** Its number; −1 where it is not in the table. Allocates nothing. */
  find(view: DataView, offset: number, length: number): number {
    if (length > MAX_SCRIPT_BYTES || this.ofLength[length] === 0) return -1
    return this.search(this.hash.of(view, offset, length), view, offset, length)
  }

  scriptOf(id: number): Uint8Array {
    const long = this.long.get(id)
    if (long !== undefined) return new Uint8Array(long.buffer.slice(long.byteOffset, long.byteOffset + long.byteLength))
    const chunk = this.records.chunkOf(id)
    const start = this.records.offsetOf(id)
    const length = chunk[start] ?? 0
    const padded = new DataView(new ArrayBuffer(Math.max(4, length)))
    const count = wordsOf(length)
    for (let i = 0; i < count; i++) padded.setInt32(Math.max(0, Math.min(4 * i, length - 4)), chunk[start + 1 + i] ?? 0, true)
    return new Uint8Array(padded.buffer, 0, length)
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
    const long = this.long.get(id)
    if (long !== undefined) return this.hash.of(long, 0, long.byteLength)
    const start = this.records.offsetOf(id)
    const chunk = this.records.chunkOf(id)
    return this.hash.ofWords(chunk, start + 1, chunk[start] ?? 0)
  }

  private lengthOf(id: number): number {
    return this.records.chunkOf(id)[this.records.offsetOf(id)] ?? 0
  }

  private write(id: number, view: DataView, offset: number, length: number): void {
    const chunk = this.records.chunkOf(id)
    const start = this.records.offsetOf(id)
    chunk[start] = length
    const count = Math.min(RECORD_WORDS, wordsOf(length))
    for (let i = 0; i < count; i++) chunk[start + 1 + i] = wordAt(view, offset, length, i)
    if (length <= RECORD_BYTES) return
    // A copy: the caller's bytes are the caller's.
    const from = view.byteOffset + offset
    this.long.set(id, new DataView(view.buffer.slice(from, from + length)))
    this.longBytes += length
  }

  private count(length: number, change: number): void {
    this.ofLength[length] = (this.ofLength[length] ?? 0) + change
  }

  private search(hash: number, view: DataView, offset: number, length: number): number {
    const { current, previous } = this.index
    const id = current.mayHold(hash) ? this.searchIn(current, hash, view, offset, length) : -1
    if (id >= 0 || previous === null || !previous.mayHold(hash)) return id
    return this.searchIn(previous, hash, view, offset, length)
  }

  private searchIn(slots: Slots, hash: number, view: DataView, offset: number, length: number): number {
    let at = slots.seek(hash, slots.homeOf(hash))
    while (at >= 0) {
      const id = slots.idAt(at)
      if (this.equals(id, view, offset, length)) return id
      at = slots.seek(hash, slots.after(at))
    }
    return -1
  }

  private equals(id: number, view: DataView, offset: number, length: number): boolean {
    const chunk = this.records.chunkOf(id)
    const start = this.records.offsetOf(id)
    if (chunk[start] !== length) return false
    const count = Math.min(RECORD_WORDS, wordsOf(length))
    for (let i = 0; i < count; i++) if (chunk[start + 1 + i] !== wordAt(view, offset, length, i)) return false
    return length <= RECORD_BYTES || this.equalsLong(id, view, offset, length)
  }

  private equalsLong(id: number, view: DataView, offset: number, length: number): boolean {
    const long = this.long.get(id)
    if (long === undefined) return false
    for (let i = RECORD_WORDS; i < wordsOf(length); i++) {
      if (wordAt(long, 0, length, i) !== wordAt(view, offset, length, i)) return false
    }
    return true
  }
}
