/** The writer and the reader against cborg, which knows all of CBOR. */
import assert from 'node:assert/strict'
import { decode, encode } from 'cborg'
import * as fc from 'fast-check'
import { UNREAD, readModel } from '../../../src/primitives/schema/cbor-reader.ts'
import { isWrittenAs, writeModel } from '../../../src/primitives/schema/cbor-writer.ts'

const STRICT = { strict: true, useMaps: true, rejectDuplicateMapKeys: true, allowIndefinite: false, allowUndefined: false, allowInfinity: false, allowNaN: false, allowBigInt: false }

const anyInteger = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc.maxSafeNat(),
  fc.maxSafeInteger(),
  fc.constantFrom(23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, -1, -24, -25),
)
const anyName = fc.stringMatching(/^[a-z_0-9]{1,30}$/)
const { model: anyModel } = fc.letrec<{ model: unknown }>((tie) => ({
  model: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.oneof(anyInteger, fc.boolean(), fc.constant(null), fc.string({ maxLength: 90 }), fc.string({ unit: 'grapheme', maxLength: 300 }), fc.uint8Array({ maxLength: 300 })),
    fc.array(tie('model'), { maxLength: 30 }),
    fc.dictionary(anyName, tie('model'), { maxKeys: 30, noNullPrototype: true }),
  ),
}))

function oracle(bytes: Uint8Array): unknown {
  try {
    return decode(bytes, STRICT)
  } catch {
    return UNREAD
  }
}

describe('writing CBOR', () => {
  it('gives the bytes that cborg gives', () => {
    fc.assert(
      fc.property(anyModel, (model) => {
        const bytes = writeModel(model)
        assert.deepEqual(bytes, new Uint8Array(encode(model)))
        assert.ok(isWrittenAs(model, bytes))
        assert.ok(!isWrittenAs(model, bytes.subarray(1)))
      }),
      { numRuns: 1_000 },
    )
  })

  it('grows for what is large, and shares no buffer with what it gave before', () => {
    const large = [new Uint8Array(3_000_000).fill(7), 'x'.repeat(100_000)]
    const first = writeModel([1, 2, 3])
    assert.deepEqual(writeModel(large), new Uint8Array(encode(large)))
    assert.deepEqual(writeModel([4]), Uint8Array.of(0x81, 4))
    assert.deepEqual(first, Uint8Array.of(0x83, 1, 2, 3))
  })

  it('refuses what no schema makes', () => {
    for (const value of [0.5, Number.NaN, 2 ** 53, undefined, 1n, Symbol('x'), () => {}]) {
      assert.throws(() => writeModel(value), TypeError)
    }
  })
})

describe('reading CBOR', () => {
  it('reads what was written as cborg does, but leaves to it what is negative or no short ASCII', () => {
    let read = 0
    fc.assert(
      fc.property(anyModel, (model) => {
        const bytes = writeModel(model)
        const mine = readModel(bytes)
        if (mine === UNREAD) return
        read++
        assert.deepEqual(mine, oracle(bytes))
      }),
      { numRuns: 1_000 },
    )
    assert.ok(read > 300, `only ${read} were read`)
  })

  it('reads names as they are, also such as share a place among those it remembers', () => {
    // The first two have one place; the third is no ordinary name of an object.
    for (const name of ['az', 'b[', 'az', '__proto__', '__proto__', '', 'x'.repeat(33)]) {
      const bytes = Uint8Array.from([0xa1, ...encode(name), 1])
      assert.deepEqual(readModel(bytes), new Map([[name, 1]]))
    }
  })

  it('reads nothing that cborg would not read alike, and nothing that would be written in another way', () => {
    const anyEdit = fc.record({
      model: anyModel,
      at: fc.nat(200),
      remove: fc.nat(2),
      insert: fc.uint8Array({ maxLength: 2 }),
    })
    fc.assert(
      fc.property(anyEdit, ({ model, at, remove, insert }) => {
        const bytes = writeModel(model)
        const edited = Uint8Array.from([...bytes.subarray(0, at), ...insert, ...bytes.subarray(at + remove)])
        const mine = readModel(edited)
        if (mine === UNREAD) return
        const theirs = oracle(edited)
        assert.deepEqual(mine, theirs)
        assert.deepEqual(new Uint8Array(encode(theirs)), edited)
      }),
      { numRuns: 3_000 },
    )
  })

  it('reads nothing else of random bytes either', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
        const mine = readModel(bytes)
        if (mine !== UNREAD) assert.deepEqual(mine, oracle(bytes))
      }),
      { numRuns: 5_000 },
    )
  })
})
