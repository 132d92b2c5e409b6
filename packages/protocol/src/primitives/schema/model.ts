/**
 * The CBOR data model that schemas speak, to bytes and back: integers, text, bytes, lists, maps with names as keys, true,
 * false and null, in core deterministic encoding (RFC 8949, 4.2.1). Nothing else of CBOR exists here.
 *
 * Our own because messages are decoded at the rate at which peers send them: a general library cost eight times as much
 * and, taking floats, unsorted keys and broken UTF-8 for the same values, still left us to encode everything twice. The
 * tests hold both directions to that library.
 */
import { utf8 } from '../bytes.ts'
import { SchemaError } from './schema.ts'

const UINT = 0
const NEGATIVE = 1
const BYTES = 2
const TEXT = 3
const LIST = 4
const MAP = 5
const TAG = 6
const FALSE = 0xf4
const TRUE = 0xf5
const NULL = 0xf6
const HALF = 0xf9
const SINGLE = 0xfa
const DOUBLE = 0xfb

/** The durable state, the deepest value that there is, takes some fifteen. */
const MAX_DEPTH = 64
/** All messages but the few with a large attachment. */
const SCRATCH_BYTES = 64 * 1024
const TWO_32 = 0x1_0000_0000

// Declared here because the core is compiled against no platform's types; every JavaScript runtime has it.
declare class TextDecoder {
  constructor(encoding: string, options: { readonly fatal: boolean; readonly ignoreBOM: boolean })
  decode(bytes: Uint8Array): string
}
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export function encodeModel(model: unknown): Uint8Array {
  writer.begin()
  writer.value(model)
  return writer.finish()
}

/** @throws SchemaError `malformed` or `not-canonical`, and nothing else */
export function decodeModel(bytes: Uint8Array): unknown {
  const reader = new Reader(bytes)
  const value = reader.value(0)
  reader.end()
  return value
}

/** The order of names in a map: by length, then by character. Names are ASCII, so this is the order of their encodings. */
export function compareNames(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length
  return a < b ? -1 : a > b ? 1 : 0
}

class Writer {
  #bytes = new Uint8Array(SCRATCH_BYTES)
  #view = new DataView(this.#bytes.buffer)
  #at = 0

  begin(): void {
    this.#at = 0
    if (this.#bytes.length > SCRATCH_BYTES) this.#become(new Uint8Array(SCRATCH_BYTES))
  }

  /** A copy of its own. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#at)
  }

  #become(bytes: Uint8Array<ArrayBuffer>): void {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer)
  }

  value(model: unknown): void {
    switch (typeof model) {
      case 'number':
        if (model < 0) this.#head(NEGATIVE, -1 - model)
        else this.#head(UINT, model)
        return
      case 'string':
        this.#text(model)
        return
      case 'boolean':
        this.#byte(model ? TRUE : FALSE)
        return
      case 'object':
        if (model === null) this.#byte(NULL)
        else if (model instanceof Uint8Array) this.#blob(BYTES, model)
        else if (Array.isArray(model)) this.#list(model)
        else this.#map(model as Readonly<Record<string, unknown>>)
        return
      default:
        throw new TypeError(`a schema gave a ${typeof model}`)
    }
  }

  #list(items: readonly unknown[]): void {
    this.#head(LIST, items.length)
    for (const item of items) this.value(item)
  }

  #map(fields: Readonly<Record<string, unknown>>): void {
    const names = Object.keys(fields)
    // Structs give their fields in order; what a variant puts together may not be.
    if (!areSorted(names)) names.sort(compareNames)
    this.#head(MAP, names.length)
    for (const name of names) {
      this.#text(name)
      this.value(fields[name])
    }
  }

  #text(text: string): void {
    const { length } = text
    this.#reserve(length + 9)
    const start = this.#at
    this.#head(TEXT, length)
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i)
      if (code > 0x7f) {
        this.#at = start
        this.#blob(TEXT, utf8(text))
        return
      }
      this.#bytes[this.#at++] = code
    }
  }

  #blob(major: number, bytes: Uint8Array): void {
    this.#head(major, bytes.length)
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#at)
    this.#at += bytes.length
  }

  #byte(byte: number): void {
    this.#reserve(1)
    this.#bytes[this.#at++] = byte
  }

  #head(major: number, argument: number): void {
    this.#reserve(9)
    const kind = major << 5
    if (argument < 24) {
      this.#bytes[this.#at++] = kind | argument
    } else if (argument < 0x100) {
      this.#bytes[this.#at++] = kind | 24
      this.#bytes[this.#at++] = argument
    } else if (argument < 0x1_0000) {
      this.#bytes[this.#at++] = kind | 25
      this.#view.setUint16(this.#at, argument)
      this.#at += 2
    } else if (argument < TWO_32) {
      this.#bytes[this.#at++] = kind | 26
      this.#view.setUint32(this.#at, argument)
      this.#at += 4
    } else {
      this.#bytes[this.#at++] = kind | 27
      this.#view.setUint32(this.#at, Math.floor(argument / TWO_32))
      this.#view.setUint32(this.#at + 4, argument % TWO_32)
      this.#at += 8
    }
  }

  #reserve(length: number): void {
    const needed = this.#at + length
    if (needed <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length))
    larger.set(this.#bytes.subarray(0, this.#at))
    this.#become(larger)
  }
}

/**
 * One for all: encoding runs to its end without giving way, and what it leaves here nobody reads. A buffer for each call
 * would be half of what a message costs.
 */
const writer = new Writer()

function areSorted(names: readonly string[]): boolean {
  for (let i = 1; i < names.length; i++) if (compareNames(names[i - 1] ?? '', names[i] ?? '') >= 0) return false
  return true
}

class Reader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw malformed('bytes after the value')
  }

  value(depth: number): unknown {
    if (depth > MAX_DEPTH) throw malformed('nested too deep')
    const head = this.#byte()
    switch (head >> 5) {
      case UINT:
        return this.#argument(head)
      case NEGATIVE:
        return -1 - this.#argument(head)
      case BYTES:
        return this.#take(this.#argument(head)).slice()
      case TEXT:
        return this.#text(this.#argument(head))
      case LIST:
        return this.#list(this.#argument(head), depth)
      case MAP:
        return this.#map(this.#argument(head), depth)
      case TAG:
        throw malformed('a tag')
      default:
        return this.#simple(head)
    }
  }

  #list(length: number, depth: number): unknown[] {
    // Each item takes a byte at least: a length that lies reserves nothing.
    if (length > this.#left) throw malformed('more items than bytes')
    const items: unknown[] = []
    for (let i = 0; i < length; i++) items.push(this.value(depth + 1))
    return items
  }

  #map(length: number, depth: number): Map<string, unknown> {
    if (2 * length > this.#left) throw malformed('more fields than bytes')
    const fields = new Map<string, unknown>()
    let before = ''
    for (let i = 0; i < length; i++) {
      const head = this.#byte()
      if (head >> 5 !== TEXT) throw malformed('a key that is no text')
      const name = this.#text(this.#argument(head))
      if (fields.has(name)) throw malformed('a key twice')
      // For names that are not ASCII this order may differ from that of their bytes; no schema has such a name.
      if (i > 0 && compareNames(before, name) > 0) throw notCanonical('keys out of order')
      before = name
      fields.set(name, this.value(depth + 1))
    }
    return fields
  }

  #text(length: number): string {
    if (length > this.#left) throw malformed('it ends too early')
    const start = this.#at
    this.#at += length
    return known.textAt(this.#bytes, start, this.#at)
  }

  #simple(head: number): boolean | null {
    switch (head) {
      case FALSE:
        return false
      case TRUE:
        return true
      case NULL:
        return null
      case SINGLE:
      case DOUBLE:
      case HALF:
        throw this.#isWhole(head) ? notCanonical('a float for an integer') : malformed('a float')
      default:
        throw malformed('neither true, false nor null')
    }
  }

  /** A float that is an integer could be read as one; it is only not how we write it. */
  #isWhole(head: number): boolean {
    const length = head === HALF ? 2 : head === SINGLE ? 4 : 8
    const start = this.#at
    this.#take(length)
    if (head === HALF) return isWholeHalf(this.#view.getUint16(start))
    return Number.isInteger(head === SINGLE ? this.#view.getFloat32(start) : this.#view.getFloat64(start))
  }

  /** The number that follows the major type, in as few bytes as it needs. */
  #argument(head: number): number {
    const info = head & 0x1f
    if (info < 24) return info
    const start = this.#at
    switch (info) {
      case 24:
        return least(this.#byte(), 24)
      case 25:
        this.#take(2)
        return least(this.#view.getUint16(start), 0x100)
      case 26:
        this.#take(4)
        return least(this.#view.getUint32(start), 0x1_0000)
      case 27: {
        this.#take(8)
        const value = this.#view.getUint32(start) * TWO_32 + this.#view.getUint32(start + 4)
        if (!Number.isSafeInteger(value)) throw malformed('an integer above 2^53')
        return least(value, TWO_32)
      }
      default:
        throw malformed('a length without an end')
    }
  }

  get #left(): number {
    return this.#bytes.length - this.#at
  }

  #byte(): number {
    const byte = this.#bytes[this.#at]
    if (byte === undefined) throw malformed('it ends too early')
    this.#at += 1
    return byte
  }

  #take(length: number): Uint8Array {
    if (length > this.#left) throw malformed('it ends too early')
    this.#at += length
    // Not slice: on a Buffer that is a view, too, but one with Buffer's own methods.
    return new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + this.#at - length, length)
  }
}

const KNOWN_TEXTS = 512
const LONGEST_KNOWN = 64

/** Field names, words and peer ids come again and again: each is made from its bytes once, while its place is not taken. */
class KnownTexts {
  readonly #texts = Array.from<string>({ length: KNOWN_TEXTS }).fill('')

  textAt(bytes: Uint8Array, start: number, end: number): string {
    if (end - start > LONGEST_KNOWN) return decodeUtf8(bytes.subarray(start, end))
    let hash = end - start
    for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + (bytes[at] ?? 0)) | 0
    const place = (hash >>> 0) % KNOWN_TEXTS
    const text = this.#texts[place] ?? ''
    if (isText(text, bytes, start, end)) return text
    const made = decodeUtf8(bytes.subarray(start, end))
    this.#texts[place] = made
    return made
  }
}

const known = new KnownTexts()

/** Whether the bytes are this text in ASCII. */
function isText(text: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (text.length !== end - start) return false
  for (let i = 0; i < text.length; i++) {
    const byte = bytes[start + i] ?? 0x80
    if (byte > 0x7f || byte !== text.charCodeAt(i)) return false
  }
  return true
}

function least(value: number, minimum: number): number {
  if (value < minimum) throw malformed('a number in more bytes than it needs')
  return value
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw notCanonical('text that is no UTF-8')
  }
}

/** IEEE 754 binary16. */
function isWholeHalf(bits: number): boolean {
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0x1f) return false
  const value = exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15)
  return Number.isInteger(value)
}

function malformed(detail: string): SchemaError {
  return new SchemaError('malformed', `not strict CBOR: ${detail}`)
}

function notCanonical(detail: string): SchemaError {
  return new SchemaError('not-canonical', `not the canonical encoding: ${detail}`)
}
