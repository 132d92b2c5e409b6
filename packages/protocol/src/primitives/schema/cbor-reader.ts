/**
 * Reads what `cbor-writer.ts` writes into the data model that cborg makes of it, records as Maps, several times as fast. Whatever
 * it does not know at once, hostile or only unusual, it leaves to cborg, so that there is one judgement of what is wrong with it.
 */
import { isAfter } from './cbor-writer.ts'

/** Deeper than any schema. */
const MAX_DEPTH = 32
/** Text is taken to be ASCII; what is longer than this is left to cborg. */
const MAX_TEXT = 256
const TWO_TO_32 = 0x1_0000_0000
/** Blobs up to here are copied byte by byte: a view costs more than they do. */
const SHORT_BLOB = 64
/** Longer than any field's name. */
const MAX_KNOWN_NAME = 32
const NAME_SLOTS = 1_024

/**
 * Names of fields that were read before, by a hash of their bytes: the same few are in every message, and to make each anew is a
 * third of what reading costs. Whoever sends other names only makes the next reading a little slower.
 */
const knownNames: (string | undefined)[] = Array.from({ length: NAME_SLOTS }, () => undefined)

/** No value of the data model. */
export const UNREAD: unique symbol = Symbol('unread')

/** The value; UNREAD where the bytes are not what the writer would write, or perhaps not. */
export function readModel(bytes: Uint8Array): unknown {
  const reader = new Reader(bytes)
  const value = reader.value(0)
  return reader.isAtEnd ? value : UNREAD
}

class Reader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  value(depth: number): unknown {
    const first = this.#bytes[this.#at++]
    if (first === undefined || depth > MAX_DEPTH) return UNREAD
    switch (first >> 5) {
      case 0: {
        const value = this.#argument(first)
        return value === -1 ? UNREAD : value
      }
      case 2:
        return this.#blob(this.#argument(first))
      case 3:
        return this.#text(this.#argument(first))
      case 4:
        return this.#list(this.#argument(first), depth)
      case 5:
        return this.#record(this.#argument(first), depth)
      default:
        return simple(first)
    }
  }

  /** -1 where it is not in the fewest bytes, above 2^53, or has no definite value. */
  #argument(first: number): number {
    const info = first & 0x1f
    if (info < 24) return info
    if (info === 24) return least(this.#number(1), 24)
    if (info === 25) return least(this.#number(2), 0x100)
    if (info === 26) return least(this.#number(4), 0x1_0000)
    if (info !== 27) return -1
    const [high, low] = [this.#number(4), this.#number(4)]
    const value = high * TWO_TO_32 + low
    return high > 0 && low >= 0 && Number.isSafeInteger(value) ? value : -1
  }

  #number(length: number): number {
    if (this.#at + length > this.#bytes.length) return -1
    let value = 0
    for (let i = 0; i < length; i++) value = value * 256 + (this.#bytes[this.#at++] ?? 0)
    return value
  }

  #blob(length: number): Uint8Array | typeof UNREAD {
    if (!this.#has(length)) return UNREAD
    // Copied: the value outlives the message that it came in.
    const blob = new Uint8Array(length)
    if (length <= SHORT_BLOB) for (let i = 0; i < length; i++) blob[i] = this.#bytes[this.#at + i] ?? 0
    else blob.set(this.#bytes.subarray(this.#at, this.#at + length))
    this.#at += length
    return blob
  }

  #text(length: number): string | typeof UNREAD {
    if (length > MAX_TEXT || !this.#has(length)) return UNREAD
    let text = ''
    for (let i = 0; i < length; i++) {
      const code = this.#bytes[this.#at++] ?? 0
      if (code > 0x7f) return UNREAD
      text += String.fromCharCode(code)
    }
    return text
  }

  #name(length: number): string | typeof UNREAD {
    if (length > MAX_KNOWN_NAME || !this.#has(length)) return this.#text(length)
    let slot = length
    for (let i = 0; i < length; i++) slot = (Math.imul(slot, 31) + (this.#bytes[this.#at + i] ?? 0)) & (NAME_SLOTS - 1)
    const known = knownNames[slot]
    if (known !== undefined && this.#isNext(known, length)) {
      this.#at += length
      return known
    }
    const text = this.#text(length)
    // As a key of an object it becomes the same string as the schema's own name, which the two are then compared by.
    if (text !== UNREAD) knownNames[slot] = Object.keys({ [text]: null })[0]
    return text
  }

  #isNext(text: string, length: number): boolean {
    if (text.length !== length) return false
    for (let i = 0; i < length; i++) if (text.charCodeAt(i) !== this.#bytes[this.#at + i]) return false
    return true
  }

  #list(length: number, depth: number): unknown[] | typeof UNREAD {
    if (!this.#has(length)) return UNREAD
    const items: unknown[] = []
    for (let i = 0; i < length; i++) {
      const item = this.value(depth + 1)
      if (item === UNREAD) return UNREAD
      items.push(item)
    }
    return items
  }

  #record(length: number, depth: number): Map<string, unknown> | typeof UNREAD {
    if (!this.#has(length)) return UNREAD
    const record = new Map<string, unknown>()
    let last = ''
    for (let i = 0; i < length; i++) {
      const first = this.#bytes[this.#at++] ?? 0
      const name = first >> 5 === 3 ? this.#name(this.#argument(first)) : UNREAD
      if (name === UNREAD || (i > 0 && !isAfter(name, last))) return UNREAD
      const value = this.value(depth + 1)
      if (value === UNREAD) return UNREAD
      record.set(name, value)
      last = name
    }
    return record
  }

  /** Whether as many bytes are left: everything takes one at least. */
  #has(count: number): boolean {
    return count >= 0 && this.#at + count <= this.#bytes.length
  }
}

function least(value: number, min: number): number {
  return value < min ? -1 : value
}

function simple(first: number): unknown {
  if (first === 0xf4) return false
  if (first === 0xf5) return true
  return first === 0xf6 ? null : UNREAD
}
