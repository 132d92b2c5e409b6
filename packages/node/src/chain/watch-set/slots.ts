/**
 * Open addressing with linear probing over a power of two of 4-byte slots, each the number of an entry and 8 bits of its
 * hash, and a prefilter beside them: for each four neighbouring slots one word, in which every entry whose probing starts
 * at one of them sets two bits. A search for what is not there nearly always reads that one word and nothing else.
 *
 * Deleting moves later entries back instead of leaving a mark, and makes the word anew from the entries that are left,
 * all of which lie nearby. So neither table nor prefilter ever wears out.
 */

/** The numbers of the entries and their hashes. */
export interface Hashed {
  hashOf(id: number): number
}

const ID_MASK = 0xff_ffff
/** A slot holds the number plus 1, so that 0 is an empty slot, and all ones a dead one. */
const DEAD = ID_MASK
const TAG_SHIFT = 24
const SLOTS_PER_WORD_BITS = 2
const SLOTS_PER_WORD = 1 << SLOTS_PER_WORD_BITS
/** Of the hash, the lowest five bits choose one bit of the word, and the five above them another. */
const SECOND_BIT_SHIFT = 5

/** With more, there would be more slots than numbers, and no bits of the hash left for the tag. */
export const MAX_SLOT_BITS = 24
/** Of the slots, so many may be taken: with more, searches grow long. */
export const MAX_LOAD = 0.75
/** As many entries as the most slots may hold; their numbers fit a slot. */
export const MAX_IDS = MAX_LOAD * 2 ** MAX_SLOT_BITS

/*
 * The fields here, and in the tables, are only declared: a field that is defined before the constructor gives it its value
 * has held `undefined` once, and V8 then checks what it holds at each reading. That doubled the time of a search.
 */
export class Slots {
  private declare readonly slots: Int32Array
  private declare readonly filter: Int32Array
  private declare readonly mask: number
  private declare readonly shift: number

  /** 2^bits slots. */
  constructor(bits: number) {
    this.slots = new Int32Array(1 << bits)
    this.filter = new Int32Array(1 << (bits - SLOTS_PER_WORD_BITS))
    this.mask = (1 << bits) - 1
    this.shift = 32 - bits
  }

  get length(): number {
    return this.slots.length
  }

  get bytes(): number {
    return this.slots.byteLength + this.filter.byteLength
  }

  /** False: no entry has this hash. */
  mayHold(hash: number): boolean {
    const word = this.filter[hash >>> this.shift >>> SLOTS_PER_WORD_BITS] ?? 0
    // A shift takes the lowest five bits of its distance.
    return (word >>> hash & word >>> (hash >>> SECOND_BIT_SHIFT) & 1) !== 0
  }

  /** Where the search for a hash starts. */
  homeOf(hash: number): number {
    return hash >>> this.shift
  }

  /** From this place on, the first that may hold an entry of this hash; −1 where there is none. */
  seek(hash: number, from: number): number {
    const { slots, mask } = this
    for (let at = from; ; at = at + 1 & mask) {
      const slot = slots[at] ?? 0
      if (slot === 0) return -1
      if ((slot ^ hash << TAG_SHIFT) >>> TAG_SHIFT === 0 && (slot & ID_MASK) !== DEAD) return at
    }
  }

  after(at: number): number {
    return at + 1 & this.mask
  }

  /** The entry's number; −1 at an empty or dead slot. */
  idAt(at: number): number {
    const id = (this.slots[at] ?? 0) & ID_MASK
    return id === DEAD ? -1 : id - 1
  }

  /** Where this entry is; −1 where it is not. */
  placeOf(hash: number, id: number): number {
    let at = this.seek(hash, this.homeOf(hash))
    while (at >= 0 && this.idAt(at) !== id) at = this.seek(hash, this.after(at))
    return at
  }

  /** Somebody else sees to it that a part of the slots stays empty. */
  put(hash: number, id: number): void {
    const { slots, mask } = this
    let at = this.homeOf(hash)
    while (slots[at] !== 0) at = at + 1 & mask
    slots[at] = hash << TAG_SHIFT | id + 1
    const word = this.wordOf(hash)
    this.filter[word] = (this.filter[word] ?? 0) | bitsOf(hash)
  }

  /** Its place stays taken, and searches go on past it: for a table that is being left. */
  kill(at: number): void {
    this.slots[at] = DEAD
  }

  /** Closes the gap: whatever probed past it moves back. */
  remove(at: number, hash: number, entries: Hashed): void {
    const { slots, mask } = this
    let gap = at
    for (let next = at + 1 & mask; slots[next] !== 0; next = next + 1 & mask) {
      const home = this.homeOf(entries.hashOf(this.idAt(next)))
      // It may not lie before its home: its search would not pass there.
      if ((next - home & mask) < (next - gap & mask)) continue
      slots[gap] = slots[next] ?? 0
      gap = next
    }
    slots[gap] = 0
    this.renewFilter(this.wordOf(hash), entries)
  }

  private wordOf(hash: number): number {
    return hash >>> this.shift >>> SLOTS_PER_WORD_BITS
  }

  /** Its entries lie from its first slot on, up to the first empty one that is not before its last. */
  private renewFilter(word: number, entries: Hashed): void {
    const { slots, mask } = this
    const first = word << SLOTS_PER_WORD_BITS
    let bits = 0
    for (let passed = 0; ; passed++) {
      const at = first + passed & mask
      if (slots[at] === 0) {
        if (passed >= SLOTS_PER_WORD - 1) break
        continue
      }
      const hash = entries.hashOf(this.idAt(at))
      if (this.wordOf(hash) === word) bits |= bitsOf(hash)
    }
    this.filter[word] = bits
  }
}

function bitsOf(hash: number): number {
  return 1 << hash | 1 << (hash >>> SECOND_BIT_SHIFT)
}
