import { type Hashed, MAX_LOAD, MAX_SLOT_BITS, Slots } from './slots.ts'

const MIN_BITS = 8

/**
 * So many slots of the table that is being left are emptied with each addition or removal: it is left long before the new
 * one is full, and one addition takes a tenth of a millisecond at most, not the third of a second of moving millions.
 */
const SLOTS_PER_MOVE = 1_024

/** Slots that grow. While they do, an entry is in the current or in the previous ones, never in both. */
export class SlotIndex {
  private declare readonly entries: Hashed
  private taken = 0
  private cursor = 0
  declare current: Slots
  /** The slots that are being left, if any. */
  previous: Slots | null = null

  constructor(entries: Hashed, capacity: number) {
    this.entries = entries
    this.current = new Slots(bitsFor(capacity))
  }

  get bytes(): number {
    return this.current.bytes + (this.previous?.bytes ?? 0)
  }

  add(hash: number, id: number): void {
    if (this.taken >= this.current.length * MAX_LOAD) {
      this.settle()
      this.growTo(bitsFor(this.taken + 1))
    }
    this.move(SLOTS_PER_MOVE)
    this.current.put(hash, id)
    this.taken++
  }

  /** False where there is no such entry. */
  remove(hash: number, id: number): boolean {
    this.move(SLOTS_PER_MOVE)
    const at = this.current.placeOf(hash, id)
    if (at >= 0) this.current.remove(at, hash, this.entries)
    else if (!this.killPrevious(hash, id)) return false
    this.taken--
    return true
  }

  /** Makes room for so many in all, at once. */
  reserve(capacity: number): void {
    this.settle()
    if (capacity > this.current.length * MAX_LOAD) this.growTo(bitsFor(capacity))
    this.settle()
  }

  /** Ends a growth that is under way: until then every search asks two tables. */
  settle(): void {
    if (this.previous !== null) this.move(this.previous.length)
  }

  /** In no order; not while entries are added or removed. */
  *ids(): Generator<number, void, undefined> {
    for (const slots of this.previous === null ? [this.current] : [this.current, this.previous]) {
      for (let at = 0; at < slots.length; at++) {
        const id = slots.idAt(at)
        if (id >= 0) yield id
      }
    }
  }

  private growTo(bits: number): void {
    this.previous = this.current
    this.cursor = 0
    this.current = new Slots(bits)
  }

  private move(count: number): void {
    const { previous, current, entries } = this
    if (previous === null) return
    const end = Math.min(this.cursor + count, previous.length)
    for (let at = this.cursor; at < end; at++) {
      const id = previous.idAt(at)
      if (id < 0) continue
      current.put(entries.hashOf(id), id)
      previous.kill(at)
    }
    this.cursor = end
    if (end === previous.length) this.previous = null
  }

  private killPrevious(hash: number, id: number): boolean {
    const at = this.previous?.placeOf(hash, id) ?? -1
    if (at < 0) return false
    this.previous?.kill(at)
    return true
  }
}

function bitsFor(capacity: number): number {
  let bits = MIN_BITS
  while (bits < MAX_SLOT_BITS && capacity > 2 ** bits * MAX_LOAD) bits++
  return bits
}
