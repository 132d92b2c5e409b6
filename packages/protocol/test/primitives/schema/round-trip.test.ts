/** Every schema constructor: what it takes comes back the same from CBOR and from JSON, and limits hold both ways. */
import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import {
  type BlockHash,
  type Feerate,
  type Height,
  MAX_SATS,
  type MemberIndex,
  type Millis,
  type Outpoint,
  type Sats,
  type Schema,
  SchemaError,
  type SchemaErrorCode,
  type Txid,
  formatJson,
  fromCbor,
  parseJson,
  s,
  toCbor,
} from '../../../src/primitives/index.ts'

interface Case {
  readonly what: string
  readonly check: (this: void) => void
}

function roundTrip<T>(what: string, schema: Schema<T>, arbitrary: fc.Arbitrary<T>): Case {
  const check = () => {
    fc.assert(
      fc.property(arbitrary, (value) => {
        const bytes = toCbor(schema, value)
        assert.deepEqual(fromCbor(schema, bytes), value)
        assert.deepEqual(toCbor(schema, fromCbor(schema, bytes)), bytes)
        const text = formatJson(schema, value)
        assert.deepEqual(parseJson(schema, text), value)
        assert.equal(formatJson(schema, parseJson(schema, text)), text)
      }),
      { numRuns: 200 },
    )
  }
  return { what, check }
}

const hexOf = <T extends string>(length: number): fc.Arbitrary<T> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => Buffer.from(bytes).toString('hex') as T)
const upTo = <T extends number>(max: number, min = 0): fc.Arbitrary<T> =>
  fc.integer({ min, max }).map((value) => value as T)
/** Any text that a schema takes: the byte order mark has a test of its own. */
const anyText = (maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: 'binary', maxLength: Math.floor(maxLength / 2) }).filter((text) => !text.startsWith('\ufeff'))
const anySats = fc.bigInt({ min: 0n, max: MAX_SATS }).map((amount) => amount as Sats)
const anyOutpoint = fc.tuple(hexOf(32), fc.nat(0xffff_ffff)).map(([txid, vout]) => `${txid}:${vout}` as Outpoint)

const anyMap = <K, V>(key: fc.Arbitrary<K>, value: fc.Arbitrary<V>): fc.Arbitrary<Map<K, V>> =>
  fc.array(fc.tuple(key, value), { maxLength: 6 }).map((pairs) => new Map(pairs))

const point = s.struct({ x: s.uint(1_000), label: s.nullable(s.text(20)) })
const PLAIN = { noNullPrototype: true } as const
const anyPoint = fc.record({ x: fc.nat(1_000), label: fc.option(anyText(20)) }, PLAIN)
const shape = s.variant('kind', {
  dot: s.struct({}),
  circle: s.struct({ centre: point, radius: s.uint(9) }),
  path: s.struct({ points: s.list(point, 4) }),
})
const anyShape = fc.oneof(
  fc.constant({ kind: 'dot' as const }),
  fc.record({ kind: fc.constant('circle' as const), centre: anyPoint, radius: fc.nat(9) }, PLAIN),
  fc.record({ kind: fc.constant('path' as const), points: fc.array(anyPoint, { maxLength: 4 }) }, PLAIN),
)

const CASES: Case[] = [
  roundTrip('uint', s.uint(Number.MAX_SAFE_INTEGER), fc.maxSafeNat()),
  roundTrip('uint with a minimum', s.uint(20, 10), fc.integer({ min: 10, max: 20 })),
  roundTrip('bool', s.bool, fc.boolean()),
  roundTrip('text', s.text(200), anyText(200)),
  roundTrip('textLike', s.textLike(9, (text) => /^a*$/.test(text), 'many a'), fc.stringMatching(/^a{0,9}$/)),
  roundTrip('oneOf', s.oneOf('red', 'green'), fc.constantFrom('red', 'green')),
  roundTrip('literal text', s.literal('v1'), fc.constant('v1')),
  roundTrip('literal number', s.literal(7), fc.constant(7)),
  roundTrip('literal boolean', s.literal(true), fc.constant(true)),
  roundTrip('blob', s.blob(300), fc.uint8Array({ maxLength: 300 })),
  roundTrip('hex', s.hex(8), hexOf(8)),
  roundTrip('txid', s.txid, hexOf<Txid>(32)),
  roundTrip('blockHash', s.blockHash, hexOf<BlockHash>(32)),
  roundTrip('height', s.height, upTo<Height>(0xffff_ffff)),
  roundTrip('feerate', s.feerate, upTo<Feerate>(1_000_000_000)),
  roundTrip('millis', s.millis, upTo<Millis>(8_640_000_000_000_000)),
  roundTrip('memberIndex', s.memberIndex, upTo<MemberIndex>(64, 1)),
  roundTrip('sats', s.sats, anySats),
  roundTrip('outpoint', s.outpoint, anyOutpoint),
  roundTrip('nullable', s.nullable(s.sats), fc.option(anySats)),
  roundTrip('list', s.list(s.blob(9), 5, 1), fc.array(fc.uint8Array({ maxLength: 9 }), { minLength: 1, maxLength: 5 })),
  roundTrip('struct', point, anyPoint),
  roundTrip('variant', shape, anyShape),
  roundTrip('dict of text', s.dict(s.text(20), point, 6), anyMap(anyText(20), anyPoint)),
  roundTrip('dict of numbers', s.dict(s.uint(99), s.bool, 6), anyMap(fc.nat(99), fc.boolean())),
]

describe('what a schema takes comes back the same from CBOR and JSON', () => {
  for (const { what, check } of CASES) it(what, check)
})

describe('a schema', () => {
  const refuses = (code: SchemaErrorCode, convert: () => unknown, path: readonly string[] = []) => {
    assert.throws(convert, (error) => {
      assert.ok(error instanceof SchemaError, String(error))
      assert.deepEqual({ code: error.code, path: error.path }, { code, path })
      return true
    })
  }

  /** Both directions of both forms; `json` is the value as JSON has it, `model` as CBOR does. */
  function refusesEverywhere<T>(
    code: SchemaErrorCode,
    schema: Schema<T>,
    value: T,
    json: unknown = value,
    model: unknown = json,
  ): void {
    refuses(code, () => toCbor(schema, value))
    refuses(code, () => schema.decode(model))
    refuses(code, () => parseJson(schema, JSON.stringify(json)))
  }

  it('holds a number to its range', () => {
    for (const value of [9, 21, Number.MAX_SAFE_INTEGER]) refusesEverywhere('over-limit', s.uint(20, 10), value)
    for (const value of [10.5, 2 ** 53, '10', null, true, [], {}]) {
      refusesEverywhere<unknown>('malformed', s.uint(20, 10) as Schema<unknown>, value)
    }
    refuses('malformed', () => toCbor(s.uint(20), Number.NaN))
    refuses('malformed', () => toCbor(s.uint(20), Number.POSITIVE_INFINITY))
  })

  it('reads the -0 of JSON as 0', () => {
    assert.ok(Object.is(parseJson(s.uint(20), '-0'), 0))
  })

  it('holds text to its length in UTF-16 units', () => {
    refusesEverywhere('over-limit', s.text(3, 2), 'a')
    refusesEverywhere('over-limit', s.text(3, 2), 'abcd')
    refusesEverywhere('over-limit', s.text(3, 2), '𝄞𝄞')
    assert.equal(fromCbor(s.text(2), toCbor(s.text(2), '𝄞')), '𝄞')
  })

  it('refuses text that some decoder would change', () => {
    for (const value of ['\ud834', 'a\udd1e', '\ufeffa']) refusesEverywhere('malformed', s.text(9), value)
  })

  it('holds text to its form', () => {
    refusesEverywhere('malformed', s.textLike(9, (text) => text === 'a', 'an a'), 'b')
  })

  it('calls a word outside the set an unknown variant, for a later version may know it', () => {
    refusesEverywhere<string>('unknown-variant', s.oneOf('a', 'b') as Schema<string>, 'c')
    refusesEverywhere<string>('unknown-variant', s.literal('a') as Schema<string>, 'c')
    refusesEverywhere<number>('unknown-variant', s.literal(1) as Schema<number>, 2)
    refusesEverywhere<unknown>('malformed', s.oneOf('a', 'b') as Schema<unknown>, 1)
    refusesEverywhere<unknown>('malformed', s.literal(1) as Schema<unknown>, '1')
    const stranger = { kind: 'square' }
    refuses('unknown-variant', () => shape.decode(new Map(Object.entries(stranger))), ['kind'])
    refuses('unknown-variant', () => shape.fromJson(stranger), ['kind'])
    for (const kind of ['__proto__', 'constructor', 'toString']) {
      refuses('unknown-variant', () => shape.fromJson({ kind }), ['kind'])
    }
    refuses('malformed', () => shape.fromJson({}), ['kind'])
    refuses('malformed', () => shape.fromJson([]))
  })

  it('holds bytes to their length', () => {
    refusesEverywhere('over-limit', s.blob(2), Uint8Array.of(1, 2, 3), '010203', Uint8Array.of(1, 2, 3))
    refusesEverywhere('over-limit', s.blob(2, 1), new Uint8Array(0), '', new Uint8Array(0))
    refusesEverywhere('over-limit', s.hex(2), 'aabbcc', 'aabbcc', Uint8Array.of(1, 2, 3))
    refusesEverywhere('malformed', s.hex(1), 'AA', 'AA', 'aa')
    refuses('malformed', () => parseJson(s.blob(9), '"abc"'))
    refuses('malformed', () => parseJson(s.blob(9), '[1, 2]'))
  })

  it('holds amounts to 21 million bitcoin', () => {
    refusesEverywhere('over-limit', s.sats, (MAX_SATS + 1n) as Sats, Number(MAX_SATS) + 1)
    refusesEverywhere('over-limit', s.sats, -1n as Sats, -1)
    refuses('malformed', () => parseJson(s.sats, '"1"'))
    refuses('malformed', () => parseJson(s.sats, '0.5'))
  })

  it('holds an outpoint to its form', () => {
    const txid = 'ab'.repeat(32)
    for (const text of [txid, `${txid}:`, `${txid}:01`, `${txid}:4294967296`, `${txid.toUpperCase()}:0`]) {
      refuses('malformed', () => toCbor(s.outpoint, text as Outpoint))
      refuses('malformed', () => s.outpoint.fromJson(text))
    }
    refuses('over-limit', () => s.outpoint.decode(new Uint8Array(35)))
    refuses('malformed', () => s.outpoint.decode(`${txid}:0`))
  })

  it('holds a list to its length and names the item that is wrong', () => {
    const schema = s.list(s.uint(9), 2, 1)
    refusesEverywhere('over-limit', schema, [])
    refusesEverywhere('over-limit', schema, [1, 2, 3])
    refuses('over-limit', () => toCbor(schema, [1, 10]), ['1'])
    refuses('malformed', () => schema.fromJson({ 0: 1, length: 1 }))
  })

  it('names an unknown field, a missing one, and the way to the one that is wrong', () => {
    const schema = s.struct({ outer: s.list(point, 2) })
    const at = (inner: unknown) => ({ outer: [{ x: 1, label: null }, inner] })
    refuses('unknown-field', () => schema.fromJson(at({ x: 1, label: null, colour: 1 })), ['outer', '1', 'colour'])
    refuses('missing-field', () => schema.fromJson(at({ x: 1 })), ['outer', '1', 'label'])
    refuses('over-limit', () => schema.fromJson(at({ x: 1_001, label: null })), ['outer', '1', 'x'])
    refuses('malformed', () => schema.fromJson(at(null)), ['outer', '1'])
    refuses('malformed', () => schema.fromJson(at({ x: 1, label: undefined })), ['outer', '1', 'label'])
    refuses('malformed', () => point.decode({ x: 1, label: null }))
    refuses('malformed', () => point.decode(new Map<unknown, unknown>([[1, 1]])))
    refuses('unknown-field', () => point.fromJson({ x: 1, label: null, ['y'.repeat(999)]: 1 }), ['y'.repeat(64)])
  })

  it('does not take what an object inherits for its fields', () => {
    const schema = s.struct({ constructor: s.uint(9) })
    refuses('missing-field', () => schema.fromJson({}), ['constructor'])
    refuses('unknown-field', () => parseJson(point, '{"x": 1, "label": null, "__proto__": {}}'), ['__proto__'])
  })

  it('holds a dict to its size and takes each key once', () => {
    const schema = s.dict(s.uint(9), s.uint(9), 2)
    const three = new Map([[1, 1], [2, 2], [3, 3]])
    refusesEverywhere('over-limit', schema, three, [...three])
    refuses('malformed', () => schema.fromJson([[1, 1], [1, 2]]), ['1'])
    refuses('malformed', () => schema.decode([[1, 1], [1, 2]]), ['1'])
    refuses('over-limit', () => schema.fromJson([[1, 10]]), ['1'])
    for (const given of [{}, [1], [[1]], [[1, 1, 1]]]) refuses('malformed', () => schema.fromJson(given))
  })

  it('writes a dict in the order of its keys, whatever order they came in', () => {
    const schema = s.dict(s.uint(99), s.bool, 9)
    const up = new Map([[2, true], [10, false]])
    const down = new Map([[10, false], [2, true]])
    assert.deepEqual(toCbor(schema, up), toCbor(schema, down))
    assert.equal(formatJson(schema, up), formatJson(schema, down))
  })

  it('writes JSON that people can read, with a newline at the end', () => {
    const schema = s.struct({ id: s.hex(2), amount: s.sats, note: s.nullable(s.text(9)) })
    const text = formatJson(schema, { id: 'ab01', amount: 5n as Sats, note: null })
    assert.equal(text, '{\n  "id": "ab01",\n  "amount": 5,\n  "note": null\n}\n')
  })

  it('says only that a text is no JSON, not what it is', () => {
    assert.throws(() => parseJson(s.bool, 'hunter2'), new SchemaError('malformed', 'not JSON'))
  })
})
