import { crypto } from 'bitcoinjs-lib'
import { toHex, utf8 } from '@belfry/protocol/primitives'

/** As long as the proposal's own example. */
const CHECKSUM_CHARS = 8

/**
 * What the proposal calls the checksum: SHA-256 over the pairs of name and value, sorted, as JSON without white space.
 * @param fields as JSON.parse gives them, without `checksum` itself
 * @returns 64 hexadecimal digits; a plan carries the first 8 or more of them
 */
export function checksumOf(fields: Readonly<Record<string, unknown>>): string {
  return hashOf(textOf(fields))
}

export function shortChecksumOf(fields: Readonly<Record<string, unknown>>): string {
  return checksumOf(fields).slice(0, CHECKSUM_CHARS)
}

/** Whether a plan's checksum is that of its fields. Electrum's first releases wrote what is not ASCII as \u escapes. */
export function isChecksumOf(checksum: string, fields: Readonly<Record<string, unknown>>): boolean {
  const text = textOf(fields)
  return [text, escaped(text)].some((one) => hashOf(one).startsWith(checksum))
}

/** Names are distinct and none goes on where another ends with a comma, so that the order of the names is the order. */
function textOf(fields: Readonly<Record<string, unknown>>): string {
  const pairs = Object.entries(fields).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify(pairs)
}

function escaped(text: string): string {
  return text.replaceAll(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function hashOf(text: string): string {
  return toHex(crypto.sha256(utf8(text)))
}
