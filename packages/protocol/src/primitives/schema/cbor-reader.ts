/**
 * Reads what `cbor-writer.ts` writes: a schema takes from it what it expects next. Whatever it does not know at once, hostile or only
 * unusual, is UNUSUAL and left to cborg, so that there is one judgement of what is wrong with it.
 */
import { hexBetween } from '../bytes.ts'

/** Deeper than any schema. */
const MAX_DEPTH = 32
/** Text is taken to be ASCII; what is longer than this is left to cborg. */
const MAX_TEXT = 256
const TWO_TO_32 = 0x1_0000_0000

const UNSIGNED = 0
const BYTES = 2
const TEXT = 3
const LIST = 4
const RECORD = 5
const FALSE = 0xf4
const TRUE = 0xf5
const NULL = 0xf6

/** Thrown for what the writer would not write, or perhaps not. Made once: it says nothing, and nobody but `cbor.ts` sees it. */
export const UNUSUAL = new Error('not as this program would write it')

export class Reader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  /** Text, a number or a boolean; a schema says which of them it takes. */
  plain(): string | number | boolean {
    const first = this.#bytes[this.#at++] ?? NULL
    if (first >> 5 === UNSIGNED) return this.#argument(first)
    if (first >> 5 === TEXT) return this.#text(this.#argument(first))
    if (first === FALSE) return false
    if (first === TRUE) return true
    throw UNUSUAL
  }

  /** Whether null is next; then it is taken. */
  takeNull(): boolean {
    if (this.#bytes[this.#at] !== NULL) return false
    this.#at += 1
    return true
  }

  blob(): Uint8Array {
    const length = this.#length(BYTES)
    // Copied: the value outlives the message that it came in.
    const blob = new Uint8Array(length)
    blob.set(this.#bytes.subarray(this.#at, this.#at + length))
    this.#at += length
    return blob
  }

  /** A blob of so many bytes, in hex. */
  hex(length: number): string {
    if (this.#length(BYTES) !== length) throw UNUSUAL
    const from = this.#at
    this.#at += length
    return hexBetween(this.#bytes, from, this.#at)
  }

  listLength(): number {
    return this.#length(LIST)
  }

  recordLength(): number {
    return this.#length(RECORD)
  }

  /** Takes these very bytes: a field's name. */
  take(expected: Uint8Array): void {
    if (!this.#isNext(expected)) throw UNUSUAL
    this.#at += expected.length
  }

  /** Of the record that is next, the text in the field of this name; takes nothing. */
  wordOf(name: Uint8Array): string {
    const start = this.#at
    for (let left = this.recordLength(); left > 0; left--) {
      if (this.#isNext(name)) {
        this.#at += name.length
        const word = this.plain()
        this.#at = start
        if (typeof word === 'string') return word
        break
      }
      this.#skip(0)
      this.#skip(0)
    }
    throw UNUSUAL
  }

  #isNext(expected: Uint8Array): boolean {
    const bytes = this.#bytes
    const at = this.#at
    for (let i = 0; i < expected.length; i++) if (bytes[at + i] !== expected[i]) return false
    return true
  }

  /** Passes over one value, whatever it is. */
  #skip(depth: number): void {
    if (depth > MAX_DEPTH) throw UNUSUAL
    const first = this.#bytes[this.#at] ?? 0
    switch (first >> 5) {
      case BYTES:
      case TEXT: {
        const length = this.#length(first >> 5)
        this.#at += length
        return
      }
      case LIST:
      case RECORD: {
        const length = this.#length(first >> 5)
        for (let left = first >> 5 === LIST ? length : 2 * length; left > 0; left--) this.#skip(depth + 1)
        return
      }
      default:
        if (!this.takeNull()) this.plain()
    }
  }

  /** The length in the head of such a value; everything takes one byte at least. */
  #length(major: number): number {
    const first = this.#bytes[this.#at++] ?? NULL
    if (first >> 5 !== major) throw UNUSUAL
    const length = this.#argument(first)
    if (this.#at + length > this.#bytes.length) throw UNUSUAL
    return length
  }

  /** In the fewest bytes, and up to 2^53. */
  #argument(first: number): number {
    const info = first & 0x1f
    if (info < 24) return info
    if (info === 24) return atLeast(24, this.#number(1))
    if (info === 25) return atLeast(0x100, this.#number(2))
    if (info === 26) return atLeast(0x1_0000, this.#number(4))
    if (info !== 27) throw UNUSUAL
    const high = this.#number(4)
    const value = atLeast(TWO_TO_32, high * TWO_TO_32 + this.#number(4))
    if (!Number.isSafeInteger(value)) throw UNUSUAL
    return value
  }

  #number(length: number): number {
    if (this.#at + length > this.#bytes.length) throw UNUSUAL
    let value = 0
    for (let i = 0; i < length; i++) value = value * 256 + (this.#bytes[this.#at++] ?? 0)
    return value
  }

  #text(length: number): string {
    const end = this.#at + length
    if (length > MAX_TEXT || end > this.#bytes.length) throw UNUSUAL
    let text = ''
    // Four at a time: of single ones it would be a long chain of pieces.
    while (this.#at + 4 <= end) text += String.fromCharCode(this.#ascii(), this.#ascii(), this.#ascii(), this.#ascii())
    while (this.#at < end) text += String.fromCharCode(this.#ascii())
    return text
  }

  #ascii(): number {
    const code = this.#bytes[this.#at++] ?? 0
    if (code > 0x7f) throw UNUSUAL
    return code
  }
}

function atLeast(min: number, value: number): number {
  if (value < min) throw UNUSUAL
  return value
}
