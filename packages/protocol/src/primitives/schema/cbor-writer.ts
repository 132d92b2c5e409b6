/**
 * Writes CBOR in RFC 8949's core deterministic encoding: integers and lengths in the fewest bytes. What schemas need is here:
 * null, booleans, safe integers, text, bytes, and the heads of lists and records, whose fields a schema writes in their order.
 */
import { putHex, utf8 } from '../bytes.ts'

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

/** One buffer for all: writing is synchronous, nothing of it is handed out, and nothing is written while something else is. */
let buffer = new Uint8Array(FIRST_BYTES)
let at = 0

/** The bytes that `write` writes of the value. */
export function written<T>(write: (value: T) => void, value: T): Uint8Array {
  if (buffer.length > MOST_BYTES_KEPT) buffer = new Uint8Array(FIRST_BYTES)
  at = 0
  write(value)
  return buffer.slice(0, at)
}

/** By length in bytes, then by byte, which for the names of fields, all ASCII, is by character: the order of a record's fields. */
export function isAfter(a: string, b: string): boolean {
  return a.length === b.length ? a > b : a.length > b.length
}

export function writeNull(): void {
  writeByte(NULL)
}

/** @throws TypeError for a number that is no safe integer */
export function writePlain(value: string | number | boolean): void {
  if (typeof value === 'string') writeText(value)
  else if (typeof value === 'number') writeInteger(value)
  else writeByte(value ? TRUE : FALSE)
}

export function writeListHead(length: number): void {
  writeHead(LIST, length)
}

export function writeRecordHead(fields: number): void {
  writeHead(RECORD, fields)
}

export function writeBytes(bytes: Uint8Array): void {
  writeHead(BYTES, bytes.length)
  writeRaw(bytes)
}

/** Bytes that are given in hex. @throws RangeError unless that is an even number of lower-case hex digits */
export function writeHex(hex: string): void {
  const length = hex.length / 2
  writeHead(BYTES, length)
  reserve(length)
  putHex(hex, buffer, at)
  at += length
}

/** CBOR that was written before. */
export function writeRaw(bytes: Uint8Array): void {
  reserve(bytes.length)
  // Names are short, and for a few bytes the loop takes less time than the call.
  if (bytes.length <= SHORT_TEXT) for (let i = 0; i < bytes.length; i++) buffer[at + i] = bytes[i] ?? 0
  else buffer.set(bytes, at)
  at += bytes.length
}

function writeInteger(value: number): void {
  if (!Number.isSafeInteger(value)) throw new TypeError('no safe integer')
  if (value >= 0) writeHead(UNSIGNED, value)
  else writeHead(NEGATIVE, -1 - value)
}

function writeText(text: string): void {
  if (text.length <= SHORT_TEXT && writeAscii(text)) return
  const bytes = utf8(text)
  writeHead(TEXT, bytes.length)
  writeRaw(bytes)
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
