/**
 * Writes the CBOR data model in RFC 8949's core deterministic encoding: integers and lengths in the fewest bytes, keys by length,
 * then by byte. It knows what schemas make: null, booleans, safe integers, text, bytes, lists and records.
 */
import { utf8 } from '../bytes.ts'

const FIRST_BYTES = 64 * 1024
/** What a large value made it grow to is given back. */
const MOST_BYTES_KEPT = 1024 * 1024
/** Above it, a number takes eight bytes. */
const TWO_TO_32 = 0x1_0000_0000
const SHORT_TEXT = 64

const UNSIGNED = 0x00
const NEGATIVE = 0x20
const BYTES = 0x40
const TEXT = 0x60
const LIST = 0x80
const RECORD = 0xa0
const FALSE = 0xf4
const TRUE = 0xf5
const NULL = 0xf6

/** One buffer for all: writing is synchronous, and nothing of it is handed out. */
let buffer = new Uint8Array(FIRST_BYTES)
let at = 0

/** @throws TypeError for what no schema makes */
export function writeModel(value: unknown): Uint8Array {
  return new Uint8Array(written(value))
}

/** Whether `bytes` are what would be written. @throws TypeError for what no schema makes */
export function isWrittenAs(value: unknown, bytes: Uint8Array): boolean {
  const mine = written(value)
  if (mine.length !== bytes.length) return false
  for (let i = 0; i < mine.length; i++) if (mine[i] !== bytes[i]) return false
  return true
}

/** A view of the buffer, to be left behind before anything else is written. */
function written(value: unknown): Uint8Array {
  if (buffer.length > MOST_BYTES_KEPT) buffer = new Uint8Array(FIRST_BYTES)
  at = 0
  write(value)
  return buffer.subarray(0, at)
}

function write(value: unknown): void {
  switch (typeof value) {
    case 'string':
      writeText(value)
      return
    case 'number':
      if (!Number.isSafeInteger(value)) throw new TypeError('no safe integer')
      if (value >= 0) writeHead(UNSIGNED, value)
      else writeHead(NEGATIVE, -1 - value)
      return
    case 'boolean':
      writeByte(value ? TRUE : FALSE)
      return
    case 'object':
      writeObject(value)
      return
    default:
      throw new TypeError(`no ${typeof value} in the data model`)
  }
}

function writeObject(value: object | null): void {
  if (value === null) writeByte(NULL)
  else if (value instanceof Uint8Array) writeBytes(value)
  else if (Array.isArray(value)) {
    writeHead(LIST, value.length)
    for (const item of value as unknown[]) write(item)
  } else writeRecord(value as Readonly<Record<string, unknown>>)
}

function writeRecord(record: Readonly<Record<string, unknown>>): void {
  const names = sorted(Object.keys(record))
  writeHead(RECORD, names.length)
  for (const name of names) {
    writeText(name)
    write(record[name])
  }
}

/** In place. Names mostly come in order, and are few. */
function sorted(names: string[]): readonly string[] {
  for (let i = 1; i < names.length; i++) {
    const name = names[i] ?? ''
    let before = i
    for (; before > 0 && isAfter(names[before - 1] ?? '', name); before--) names[before] = names[before - 1] ?? ''
    if (before !== i) names[before] = name
  }
  return names
}

/** By length in bytes, then by byte, which for the names of fields, all ASCII, is by character. */
export function isAfter(a: string, b: string): boolean {
  return a.length === b.length ? a > b : a.length > b.length
}

function writeBytes(bytes: Uint8Array): void {
  writeHead(BYTES, bytes.length)
  reserve(bytes.length)
  buffer.set(bytes, at)
  at += bytes.length
}

function writeText(text: string): void {
  if (text.length <= SHORT_TEXT && writeAscii(text)) return
  const bytes = utf8(text)
  writeHead(TEXT, bytes.length)
  reserve(bytes.length)
  buffer.set(bytes, at)
  at += bytes.length
}

/** False, and nothing written, where a character is not of ASCII. */
function writeAscii(text: string): boolean {
  const start = at
  writeHead(TEXT, text.length)
  reserve(text.length)
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7f) {
      at = start
      return false
    }
    buffer[at++] = code
  }
  return true
}

function writeHead(major: number, value: number): void {
  reserve(9)
  if (value < 24) {
    buffer[at++] = major | value
  } else if (value < 0x100) {
    buffer[at++] = major | 24
    buffer[at++] = value
  } else if (value < 0x1_0000) {
    buffer[at++] = major | 25
    buffer[at++] = value >>> 8
    buffer[at++] = value & 0xff
  } else if (value < TWO_TO_32) {
    buffer[at++] = major | 26
    writeWord(value)
  } else {
    buffer[at++] = major | 27
    writeWord(Math.floor(value / TWO_TO_32))
    writeWord(value % TWO_TO_32)
  }
}

function writeWord(value: number): void {
  buffer[at++] = value >>> 24
  buffer[at++] = (value >>> 16) & 0xff
  buffer[at++] = (value >>> 8) & 0xff
  buffer[at++] = value & 0xff
}

function writeByte(value: number): void {
  reserve(1)
  buffer[at++] = value
}

function reserve(count: number): void {
  if (at + count <= buffer.length) return
  const larger = new Uint8Array(Math.max(2 * buffer.length, at + count))
  larger.set(buffer)
  buffer = larger
}
