/** What schemas write and read without cborg, against cborg, which knows all of CBOR. */
import assert from 'node:assert/strict'
import { encode } from 'cborg'
import * as fc from 'fast-check'
import { UNREAD, decodeStrictly, readCanonical } from '../../../src/primitives/schema/cbor.ts'
import { type Schema, SchemaError, fromCbor, s, toCbor } from '../../../src/primitives/index.ts'

/** A schema, and a value of it as CBOR has it. */
interface Case {
  readonly schema: Schema<unknown>
  readonly value: unknown
}

const of = <T>(schema: Schema<T>, value: T): Case => ({ schema: schema as Schema<unknown>, value })

const PLAIN = { noNullPrototype: true } as const
const MAX = Number.MAX_SAFE_INTEGER
const anyInteger = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc.maxSafeNat(),
  fc.maxSafeInteger(),
  fc.constantFrom(23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, MAX, Number.MIN_SAFE_INTEGER, -1, -24, -25),
)
const anyText = fc
  .oneof(fc.string({ maxLength: 90 }), fc.string({ unit: 'grapheme', maxLength: 300 }))
  .filter((text) => text.isWellFormed() && !text.startsWith('\ufeff'))
const anyName = fc.stringMatching(/^[a-z_0-9]{1,30}$/)

const { any: anyCase } = fc.letrec<{ any: Case }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.oneof(
      anyInteger.map((value) => of(s.uint(MAX, -MAX), value)),
      fc.boolean().map((value) => of(s.bool, value)),
      anyText.map((value) => of(s.text(2_000), value)),
      fc.uint8Array({ maxLength: 300 }).map((value) => of(s.blob(300), value)),
    ),
    tie('any').map(({ schema }) => of(s.nullable(schema), null)),
    tie('any').map(({ schema, value }) => of(s.nullable(schema), value)),
    fc.tuple(tie('any'), fc.nat(30)).map(([{ schema, value }, many]) => of(s.list(schema, 30), Array.from({ length: many }, () => value))),
    fc.dictionary(anyName, tie('any'), { maxKeys: 30, noNullPrototype: true }).map((fields) => {
      const part = (name: 'schema' | 'value') => Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, field[name]]))
      return { schema: s.struct(part('schema')) as Schema<unknown>, value: part('value') }
    }),
  ),
}))

const VARIANT = s.variant('sort', {
  short: s.struct({ a: s.uint(9), list: s.list(s.struct({ sort: s.text(9) }), 3) }),
  'a longer word': s.struct({ points: s.nullable(s.blob(9)), very_long_name: s.bool }),
})
const anyVariant = fc.oneof(
  fc.record({ sort: fc.constant('short' as const), a: fc.nat(9), list: fc.array(fc.constant({ sort: 'none' }), { maxLength: 3 }) }, PLAIN),
  fc.record({ sort: fc.constant('a longer word' as const), points: fc.option(fc.uint8Array({ maxLength: 9 })), very_long_name: fc.boolean() }, PLAIN),
)
const DICT = s.dict(s.text(9), s.dict(s.uint(99), VARIANT, 5), 5)
const anyDict = fc
  .array(fc.tuple(fc.stringMatching(/^[a-c]{0,3}$/), fc.array(fc.tuple(fc.nat(99), anyVariant), { maxLength: 5 })), { maxLength: 5 })
  .map((pairs) => new Map(pairs.map(([name, inner]) => [name, new Map(inner)])))

const anySchema = fc.oneof(
  anyCase,
  anyVariant.map((value) => of(VARIANT, value)),
  anyDict.map((value) => of(DICT, value)),
)

function strictly(schema: Schema<unknown>, bytes: Uint8Array): unknown {
  try {
    return decodeStrictly(schema, bytes)
  } catch (error) {
    assert.ok(error instanceof SchemaError, String(error))
    return UNREAD
  }
}

describe('writing CBOR', () => {
  it('gives the bytes that cborg gives', () => {
    fc.assert(
      fc.property(anyCase, ({ schema, value }) => {
        assert.deepEqual(toCbor(schema, value), new Uint8Array(encode(value)))
      }),
      { numRuns: 1_000 },
    )
  })

  it('grows for what is large, and shares no buffer with what it gave before', () => {
    const large = [new Uint8Array(3_000_000).fill(7)]
    const first = toCbor(s.list(s.uint(9), 3), [1, 2, 3])
    assert.deepEqual(toCbor(s.list(s.blob(3_000_000), 1), large), new Uint8Array(encode(large)))
    assert.deepEqual(toCbor(s.text(100_000), 'x'.repeat(100_000)), new Uint8Array(encode('x'.repeat(100_000))))
    assert.deepEqual(toCbor(s.list(s.uint(9), 3), [4]), Uint8Array.of(0x81, 4))
    assert.deepEqual(first, Uint8Array.of(0x83, 1, 2, 3))
  })

  it('writes whole what comes after a value that was refused half-way', () => {
    const pair = s.struct({ a: s.uint(9), b: s.uint(9) })
    assert.throws(() => toCbor(pair, { a: 1, b: 10 }), { code: 'over-limit', path: ['b'] })
    assert.deepEqual(toCbor(pair, { a: 1, b: 2 }), new Uint8Array(encode({ a: 1, b: 2 })))
  })
})

describe('reading CBOR', () => {
  it('reads what was written as cborg does, but leaves to it what is negative or no short ASCII', () => {
    let read = 0
    fc.assert(
      fc.property(anySchema, ({ schema, value }) => {
        const bytes = toCbor(schema, value)
        const mine = readCanonical(schema, bytes)
        if (mine === UNREAD) return
        read++
        assert.deepEqual(mine, value)
        assert.deepEqual(mine, strictly(schema, bytes))
      }),
      { numRuns: 1_000 },
    )
    assert.ok(read > 300, `only ${read} were read`)
  })

  it('reads nothing that would be written in another way', () => {
    const anyEdit = fc.record({
      one: anySchema,
      at: fc.nat(200),
      remove: fc.nat(2),
      insert: fc.uint8Array({ maxLength: 2 }),
    })
    let read = 0
    fc.assert(
      fc.property(anyEdit, ({ one: { schema, value }, at, remove, insert }) => {
        const bytes = toCbor(schema, value)
        const edited = Uint8Array.from([...bytes.subarray(0, at), ...insert, ...bytes.subarray(at + remove)])
        const mine = readCanonical(schema, edited)
        if (mine === UNREAD) return
        read++
        assert.deepEqual(toCbor(schema, mine), edited)
        assert.deepEqual(mine, strictly(schema, edited))
      }),
      { numRuns: 5_000 },
    )
    assert.ok(read > 300, `only ${read} were read`)
  })

  it('gives fields in the order in which the schema has them, by whichever way they were read', () => {
    const schema = s.struct({ second: s.text(20), one: s.uint(9), c: s.variant('word', { said: s.struct({ longer: s.bool, b: s.uint(9) }) }) })
    for (const second of ['plain', 'not ASCII: ä']) {
      const value = { second, one: 1, c: { word: 'said', longer: true, b: 2 } } as const
      assert.equal(JSON.stringify(fromCbor(schema, toCbor(schema, value))), JSON.stringify(value))
    }
  })

  it('reads nothing else of random bytes either', () => {
    const schemas: Schema<unknown>[] = [s.uint(MAX), s.text(9), s.blob(9), s.list(s.bool, 3), VARIANT, DICT, s.nullable(s.uint(300))] as Schema<unknown>[]
    fc.assert(
      fc.property(fc.constantFrom(...schemas), fc.uint8Array({ maxLength: 12 }), (schema, bytes) => {
        const mine = readCanonical(schema, bytes)
        if (mine !== UNREAD) assert.deepEqual(toCbor(schema, mine), bytes)
      }),
      { numRuns: 5_000 },
    )
  })
})

describe('hex', () => {
  const anyBytes = fc.uint8Array({ maxLength: 300 })
  const refused = { name: 'SchemaError', code: 'malformed' }

  it('is written as the bytes for which it stands, and read from wherever they lie', () => {
    fc.assert(
      fc.property(anyBytes, fc.nat(9), fc.nat(9), (bytes, before, after) => {
        const schema = s.hex(bytes.length)
        const text = Buffer.from(bytes).toString('hex')
        const written = toCbor(schema, text)
        assert.deepEqual(written, new Uint8Array(encode(bytes)))
        const around = Uint8Array.from([...new Uint8Array(before).fill(0xff), ...written, ...new Uint8Array(after).fill(0xff)])
        assert.equal(readCanonical(schema, around.subarray(before, before + written.length)), text)
      }),
    )
  })

  it('is read in its own length alone, whatever its head says', () => {
    fc.assert(
      fc.property(anyBytes, fc.nat(300), (bytes, said) => {
        fc.pre(said !== bytes.length)
        const lie = toCbor(s.blob(300), new Uint8Array(said))
        const given = Uint8Array.from([...lie.subarray(0, lie.length - said), ...bytes])
        assert.equal(readCanonical(s.hex(bytes.length), given), UNREAD)
        assert.equal(readCanonical(s.hex(said), given), UNREAD)
        assert.throws(() => fromCbor(s.hex(bytes.length), lie), { name: 'SchemaError', code: 'over-limit' })
      }),
    )
  })

  it('is refused for one wrong character at any place, and what is written next is whole', () => {
    const schema = s.list(s.hex(5), 2)
    const good = '0123456789'
    // The neighbours of digits, upper case, and what would be a digit by its low byte or as a number.
    for (const wrong of ['/', ':', '@', '`', 'g', 'A', 'F', 'G', ' ', '\0', '\u0130', '\u0161', '\uff10', '\ud800']) {
      for (let at = 0; at < good.length; at++) {
        const text = good.slice(0, at) + wrong + good.slice(at + 1)
        assert.throws(() => toCbor(schema, [good, text]), refused)
        assert.throws(() => schema.fromJson([good, text]), refused)
        assert.deepEqual(toCbor(schema, [good]), Uint8Array.of(0x81, 0x45, 0x01, 0x23, 0x45, 0x67, 0x89))
      }
    }
  })
})
