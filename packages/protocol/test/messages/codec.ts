/** What every decoder is held to: it reads back what it writes, and nothing else. */
import assert from 'node:assert/strict'
import { encode } from 'cborg'
import * as fc from 'fast-check'
import { type Schema, SchemaError, type SchemaErrorCode, equalBytes, fromCbor, modelOf, toCbor } from '../../src/primitives/index.ts'

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

/** Where each value begins, inner ones and keys too, and how many bytes its head has. */
function headsOf(bytes: Uint8Array): { readonly at: number; readonly size: number; readonly length: number }[] {
  const heads: { at: number; size: number; length: number }[] = []
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at] ?? 0
    const more = (first & 31) < 24 ? 0 : 2 ** ((first & 31) - 24)
    const length = more === 0 ? first & 31 : bytes.subarray(at + 1, at + 1 + more).reduce((sum, byte) => sum * 256 + byte, 0)
    heads.push({ at, size: 1 + more, length })
    at += 1 + more + (first >> 5 === 2 || first >> 5 === 3 ? length : 0)
  }
  return heads
}

/** The same value, or nearly, written as nobody here writes it: one head is longer than need be, of no length, tagged, or a float's. */
export function unusual(any: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const anyHow = fc.constantFrom('two', 'three', 'five', 'nine', 'endless', 'tag', 'half', 'double', 'negative', 'null', 'undefined', 'lies')
  return fc.tuple(any, fc.nat(), anyHow).map(([bytes, which, how]) => {
    const heads = headsOf(bytes)
    const { at, size, length } = heads[which % heads.length] ?? assert.fail()
    const major = (bytes[at] ?? 0) & 0xe0
    const wide = new DataView(new ArrayBuffer(9))
    const long = (info: number, count: number): Uint8Array => {
      wide.setBigUint64(1, BigInt(length))
      return Uint8Array.of(major | info, ...new Uint8Array(wide.buffer).subarray(9 - count))
    }
    wide.setFloat64(1, length)
    const double = new Uint8Array(wide.buffer).slice(1)
    const heading: Record<typeof how, () => Uint8Array> = {
      two: () => long(24, 1),
      three: () => long(25, 2),
      five: () => long(26, 4),
      nine: () => long(27, 8),
      endless: () => Uint8Array.of(major | 31),
      tag: () => Uint8Array.of(0xc1, ...bytes.subarray(at, at + size)),
      half: () => Uint8Array.of(0xf9, 0x80, 0x00),
      double: () => Uint8Array.of(0xfb, ...double),
      negative: () => Uint8Array.of(0x20),
      null: () => Uint8Array.of(0xf6),
      undefined: () => Uint8Array.of(0xf7),
      lies: () => Uint8Array.of(major | 27, 0x00, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
    }
    return Uint8Array.from([...bytes.subarray(0, at), ...heading[how](), ...bytes.subarray(at + size)])
  })
}

/** Its records' fields the other way round. */
function backwards(model: unknown): unknown {
  if (Array.isArray(model)) return model.map(backwards)
  return model instanceof Map ? new Map([...model].toReversed().map(([name, value]) => [name, backwards(value)])) : model
}

type Judgement<T> = { readonly value: T } | { readonly refused: SchemaErrorCode }

function judgement<T>(read: () => T): Judgement<T> {
  try {
    return { value: read() }
  } catch (error) {
    assert.ok(error instanceof SchemaError, String(error))
    return { refused: error.code }
  }
}

/** Read by cborg alone, and held to the bytes that cborg writes of it; only the order of a dict's keys is our own writer's to know. */
function readByCborg<T>(schema: Schema<T>, bytes: Uint8Array): T {
  const model = modelOf(bytes)
  const value = schema.decode(model)
  if (!equalBytes(encode(model), bytes) || !equalBytes(toCbor(schema, value), bytes)) throw new SchemaError('not-canonical', 'not canonical')
  return value
}

/** The schema's own reader takes what cborg takes, as the same value, and refuses the rest with the same code. */
export function judgesAsCborg<T>(schema: Schema<T>, any: fc.Arbitrary<Uint8Array>, numRuns = 300): void {
  const unsorted = any.map((bytes) => encode(backwards(modelOf(bytes)), { mapSorter: () => 0 }))
  const given = fc.oneof(any, mutated(any), unusual(any), unsorted, fc.uint8Array({ maxLength: 40 }))
  fc.assert(
    fc.property(given, (bytes) => {
      assert.deepEqual(judgement(() => fromCbor(schema, bytes)), judgement(() => readByCborg(schema, bytes)))
    }),
    { numRuns },
  )
}
