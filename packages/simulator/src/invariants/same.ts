/** Compares two states by their structure, as cheaply as can be: nothing is encoded. */

export interface Depth {
  /** Fields of these names are not looked at. */
  readonly skipped: ReadonlySet<string>
  /** Of lists the length and so many entries at their end; of bytes, too. */
  readonly list_end: number
  readonly bytes_end: number
}

export const WHOLE: Depth = { skipped: new Set(), list_end: Number.POSITIVE_INFINITY, bytes_end: Number.POSITIVE_INFINITY }

const SHORT_BLOB = 64

/**
 * Where the first differs from the second, e.g. `.ledger.get(vote/…).height`; null where it does not. Maps are the same in whatever
 * order, as when they are encoded. What is undefined is not there. Anything but plain values, bytes, lists and maps differs, being another.
 */
export function differenceOf(one: unknown, other: unknown, depth: Depth): string | null {
  if (one === other) return null
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return ''
  if (other instanceof Uint8Array) return one instanceof Uint8Array && isSameBytes(one, other, depth) ? null : ''
  if (other instanceof Map) return one instanceof Map ? differenceOfMaps(one, other, depth) : ''
  if (Array.isArray(other)) return Array.isArray(one) ? differenceOfLists(one, other, depth) : ''
  if (!isPlain(one) || !isPlain(other)) return ''
  return differenceOfFields(one, other, depth)
}

type Fields = Readonly<Record<string, unknown>>

function isPlain(value: object): value is Fields {
  return Object.getPrototypeOf(value) === Object.prototype
}

function differenceOfFields(one: Fields, other: Fields, depth: Depth): string | null {
  for (const name in other) {
    const a = one[name]
    const b = other[name]
    if (a === b || depth.skipped.has(name)) continue
    const inside = differenceOf(a, b, depth)
    if (inside !== null) return `.${name}${inside}`
  }
  for (const name in one) if (!(name in other) && one[name] !== undefined && !depth.skipped.has(name)) return `.${name}`
  return null
}

function differenceOfLists(one: readonly unknown[], other: readonly unknown[], depth: Depth): string | null {
  if (one.length !== other.length) return '.length'
  for (let at = Math.max(0, other.length - depth.list_end); at < other.length; at++) {
    const inside = differenceOf(one[at], other[at], depth)
    if (inside !== null) return `[${at}]${inside}`
  }
  return null
}

function differenceOfMaps(one: ReadonlyMap<unknown, unknown>, other: ReadonlyMap<unknown, unknown>, depth: Depth): string | null {
  if (one.size !== other.size) return '.size'
  for (const [key, value] of other) {
    const inside = differenceOf(one.get(key), value, depth)
    if (inside !== null) return `.get(${String(key)})${inside}`
  }
  return null
}

function isSameBytes(one: Uint8Array, other: Uint8Array, { bytes_end }: Depth): boolean {
  const { length } = other
  if (one.length !== length) return false
  // A call out of JavaScript costs more than a short loop.
  if (length > SHORT_BLOB && bytes_end > SHORT_BLOB) return Buffer.compare(one, other) === 0
  for (let at = Math.max(0, length - bytes_end); at < length; at++) if (one[at] !== other[at]) return false
  return true
}
