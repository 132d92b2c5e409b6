/** What every decoder is held to: it reads back what it writes, and nothing else. */
import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { type Schema, SchemaError, fromCbor, toCbor } from '../../src/primitives/index.ts'

export function readsBack<T>(schema: Schema<T>, any: fc.Arbitrary<T>, numRuns = 60): void {
  fc.assert(
    fc.property(any, (value) => {
      const bytes = toCbor(schema, value)
      assert.deepEqual(fromCbor(schema, bytes), value)
      assert.deepEqual(toCbor(schema, fromCbor(schema, bytes)), bytes)
    }),
    { numRuns },
  )
}

/** Bytes that are nearly right: some changed, some cut out, some put in, or a piece of it twice. */
export function mutated(any: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
  const change = fc.tuple(place, place, fc.uint8Array({ maxLength: 4 }), fc.constantFrom('set', 'cut', 'put', 'twice'))
  return fc.tuple(any, fc.array(change, { minLength: 1, maxLength: 4 })).map(([bytes, changes]) => {
    let out = [...bytes]
    for (const [from, to, some, how] of changes) {
      const [start, end] = [Math.floor(from * out.length), Math.floor(to * out.length)].toSorted((a, b) => a - b)
      if (start === undefined || end === undefined) continue
      if (how === 'set') out.splice(start, some.length, ...some)
      else if (how === 'put') out.splice(start, 0, ...some)
      else if (how === 'cut') out.splice(start, Math.min(end - start, 64))
      else out = [...out.slice(0, end), ...out.slice(start)]
    }
    return new Uint8Array(out)
  })
}

/** Whatever it is given, it answers with its one error or with a value that it would write as it stands. */
export function isFuzzed<T>(
  read: (bytes: Uint8Array) => T,
  write: (value: T) => Uint8Array,
  any: fc.Arbitrary<Uint8Array>,
  numRuns = 300,
): void {
  const hostile = fc.oneof(fc.uint8Array({ maxLength: 200 }), mutated(any))
  fc.assert(
    fc.property(hostile, (bytes) => {
      let value: T
      try {
        value = read(bytes)
      } catch (error) {
        assert.ok(error instanceof SchemaError, String(error))
        return
      }
      assert.deepEqual(write(value), bytes)
    }),
    { numRuns },
  )
}
