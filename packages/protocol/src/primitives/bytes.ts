/** Byte helpers without a Node API, so that the core runs anywhere. */

/** By character code; 16 is no digit. */
const VALUE_OF_DIGIT = Uint8Array.from({ length: 128 }, (_, code) => {
  const value = '0123456789abcdef'.indexOf(String.fromCharCode(code))
  return value === -1 ? 16 : value
})
const CODE_OF_DIGIT = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0))
const HEX_OF_BYTE = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

export function toHex(bytes: Uint8Array): string {
  return hexBetween(bytes, 0, bytes.length)
}

/** Of the bytes from `from` up to `end`. */
export function hexBetween(bytes: Uint8Array, from: number, end: number): string {
  let hex = ''
  let at = from
  // By words: of single bytes the text is a long chain of pieces, and whoever looks into it first has to join them.
  for (; at + 4 <= end; at += 4) hex += hexOfWord(wordAt(bytes, at))
  for (; at < end; at++) hex += HEX_OF_BYTE[bytes[at] ?? 0]
  return hex
}

function wordAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)
}

function hexOfWord(word: number): string {
  return String.fromCharCode(
    digit(word >>> 28), digit(word >>> 24), digit(word >>> 20), digit(word >>> 16),
    digit(word >>> 12), digit(word >>> 8), digit(word >>> 4), digit(word),
  )
}

/** The character code for the last four bits. */
function digit(bits: number): number {
  return CODE_OF_DIGIT[bits & 0xf] ?? 0
}

/**
 * Reads lower-case hex.
 * @throws RangeError when the text is not an even number of lower-case hex digits
 */
export function fromHex(hex: string): Uint8Array {
  const bytes = new Uint8Array(Math.floor(hex.length / 2))
  putHex(hex, bytes, 0)
  return bytes
}

/**
 * Reads lower-case hex into `bytes`, from `at` on.
 * @throws RangeError when the text is not an even number of lower-case hex digits
 */
export function putHex(hex: string, bytes: Uint8Array, at: number): void {
  if (hex.length % 2 !== 0) throw notHex()
  // Ids are hex in memory: this is most of what encoding a message costs.
  for (let i = 0; 2 * i < hex.length; i++) {
    const high = VALUE_OF_DIGIT[hex.charCodeAt(2 * i)] ?? 16
    const low = VALUE_OF_DIGIT[hex.charCodeAt(2 * i + 1)] ?? 16
    if (high > 15 || low > 15) throw notHex()
    bytes[at + i] = (high << 4) | low
  }
}

function notHex(): RangeError {
  return new RangeError('expected an even number of lower-case hex digits')
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const out = new Uint8Array(length)
  let offset = 0
  for (const part of parts) {
    out.set(part, offset)
    offset += part.length
  }
  return out
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** Lexicographic order, shorter first where one is the other's prefix. Not constant time: never for secrets. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

// Declared here because the core is compiled against no platform's types; every JavaScript runtime has it.
declare class TextEncoder {
  encode(text: string): Uint8Array
}
const encoder = new TextEncoder()

export function utf8(text: string): Uint8Array {
  return encoder.encode(text)
}
