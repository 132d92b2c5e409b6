import assert from 'node:assert/strict'

const prototype = DataView.prototype
const READS = { getUint8: 1, getInt32: 4, getUint16: 2, getUint32: 4, getBigUint64: 8 } as const
type Read = keyof typeof READS

/**
 * Runs something that reads `bytes`, which are in the middle of a larger buffer: a read outside of them fails, although
 * the buffer would give something.
 * @returns how often something was read, by any means that a scanner has
 */
export function countReads(bytes: Uint8Array, work: () => void): number {
  const { byteOffset: start, byteLength } = bytes
  const end = start + byteLength
  const originals = new Map<Read, PropertyDescriptor | undefined>()
  let reads = 0
  for (const name of Object.keys(READS) as Read[]) {
    const original = prototype[name]
    originals.set(name, Object.getOwnPropertyDescriptor(prototype, name))
    const watched = function (this: DataView, at: number, isLittleEndian?: boolean): number | bigint {
      if (this.buffer === bytes.buffer) {
        reads += 1
        const from = this.byteOffset + at
        assert.ok(from >= start && from + READS[name] <= end, `${name} at ${from} of ${start} to ${end}`)
      }
      return Reflect.apply(original, this, [at, isLittleEndian]) as number | bigint
    }
    Object.defineProperty(prototype, name, { value: watched, configurable: true, writable: true })
  }
  try {
    work()
  } finally {
    for (const [name, original] of originals) Object.defineProperty(prototype, name, original ?? {})
  }
  return reads
}
