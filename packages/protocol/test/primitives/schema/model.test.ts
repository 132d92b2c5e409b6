/** Our encoder and decoder against cborg: both must say the same of every value and of every run of bytes. */
import assert from 'node:assert/strict'
import { decode as decodeByCborg, encode as encodeByCborg } from 'cborg'
import * as fc from 'fast-check'
import { SchemaError } from '../../../src/primitives/index.ts'
import { decodeModel, encodeModel } from '../../../src/primitives/schema/model.ts'

const anyName = fc.stringMatching(/^[a-z_]{1,30}$/)
const anyText = fc.string({ unit: 'binary', maxLength: 100 })
const { model: anyModel } = fc.letrec<{ model: unknown }>((tie) => ({
  model: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.maxSafeNat(),
    fc.integer({ min: -(2 ** 40), max: 2 ** 40 }),
    fc.nat(300),
    anyText,
    fc.uint8Array({ maxLength: 300 }),
    fc.constantFrom(true, false, null),
    fc.array(tie('model'), { maxLength: 30 }),
    fc.dictionary(anyName, tie('model'), { maxKeys: 30, noNullPrototype: true }),
  ),
}))

function byCborg(bytes: Uint8Array): unknown {
  return decodeByCborg(bytes, {
    strict: true,
    useMaps: true,
    rejectDuplicateMapKeys: true,
    allowIndefinite: false,
    allowUndefined: false,
    allowInfinity: false,
    allowNaN: false,
    allowBigInt: false,
  })
}

/** What cborg makes of the bytes, where it would write them so itself. */
function canonicalByCborg(bytes: Uint8Array): { readonly model: unknown } | null {
  try {
    const model = byCborg(bytes)
    return Buffer.from(encodeByCborg(model)).equals(bytes) ? { model } : null
  } catch {
    return null
  }
}

function decoded(bytes: Uint8Array): { readonly model: unknown } | null {
  try {
    return { model: decodeModel(bytes) }
  } catch (error) {
    assert.ok(error instanceof SchemaError, String(error))
    assert.ok(error.code === 'malformed' || error.code === 'not-canonical')
    return null
  }
}

describe('the CBOR data model', () => {
  it('is written as cborg writes it', () => {
    fc.assert(
      fc.property(anyModel, (model) => {
        assert.deepEqual(encodeModel(model), new Uint8Array(encodeByCborg(model)))
      }),
      { numRuns: 500 },
    )
  })

  it('is read as cborg reads it, with maps for objects', () => {
    fc.assert(
      fc.property(anyModel, (model) => {
        const bytes = encodeModel(model)
        assert.deepEqual(decodeModel(bytes), byCborg(bytes))
      }),
      { numRuns: 500 },
    )
  })

  it('is taken from bytes exactly where cborg would write the same bytes', () => {
    const anyEdit = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), remove: fc.nat(2), insert: fc.uint8Array({ maxLength: 2 }) })
    let taken = 0
    let refused = 0
    fc.assert(
      fc.property(anyModel, anyEdit, (model, { at, remove, insert }) => {
        const bytes = encodeModel(model)
        const place = Math.floor(at * bytes.length)
        const edited = Uint8Array.from([...bytes.slice(0, place), ...insert, ...bytes.slice(place + remove)])
        const expected = canonicalByCborg(edited)
        if (expected && isForeign(expected.model)) return
        assert.deepEqual(decoded(edited), expected)
        if (expected) taken++
        else refused++
      }),
      { numRuns: 3_000 },
    )
    assert.ok(taken > 100 && refused > 100, `${taken} taken, ${refused} refused: the property shows little`)
  })

  it('gives the same text for the same bytes, whatever text was read before', () => {
    // More texts than are kept, so that they take each other's places.
    const texts = Array.from({ length: 2_000 }, (_, at) => `text ${at % 700} ${'x'.repeat(at % 70)}`)
    for (const text of [...texts, ...texts.toReversed()]) assert.equal(decodeModel(encodeModel(text)), text)
  })

  it('grows for a value of any size, and goes back', () => {
    for (const length of [10, 65_530, 65_536, 1_000_000, 10]) {
      const blob = new Uint8Array(length).fill(7)
      assert.deepEqual(decodeModel(encodeModel([blob, 'after'])), [blob, 'after'])
    }
  })
})

/** Floats, and keys that are no names: cborg takes them, no schema does. */
function isForeign(model: unknown): boolean {
  if (typeof model === 'number') return !Number.isSafeInteger(model) || Object.is(model, -0)
  if (Array.isArray(model)) return model.some(isForeign)
  if (!(model instanceof Map)) return false
  return [...model].some(([key, value]) => typeof key !== 'string' || !/^[ -~]*$/.test(key) || isForeign(value))
}
