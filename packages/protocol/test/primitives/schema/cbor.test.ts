/** One value has exactly one encoding: RFC 8949, 4.2. */
import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import {
  type Infer,
  type Schema,
  SchemaError,
  type SchemaErrorCode,
  fromCbor,
  s,
  toCbor,
} from '../../../src/primitives/index.ts'

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))

const schema = s.struct({
  b: s.uint(Number.MAX_SAFE_INTEGER),
  aa: s.nullable(s.text(40)),
  c: s.list(s.blob(300), 3),
})
const VALUE = { b: 24, aa: 'x', c: [Uint8Array.of(1, 2)] }
const CANONICAL = 'a3 61 62 18 18 61 63 81 42 01 02 62 61 61 61 78'

describe('canonical CBOR', () => {
  it('writes keys by length, then by byte, and numbers in the fewest bytes', () => {
    assert.deepEqual(toCbor(schema, VALUE), hex(CANONICAL))
    assert.deepEqual(fromCbor(schema, hex(CANONICAL)), VALUE)
  })

  it('writes the shortest form at each step of the length', () => {
    const lengths = [
      [23, '17'],
      [24, '1818'],
      [255, '18ff'],
      [256, '190100'],
      [65_535, '19ffff'],
      [65_536, '1a00010000'],
      [4_294_967_296, '1b0000000100000000'],
    ] as const
    for (const [value, bytes] of lengths) assert.deepEqual(toCbor(s.uint(2 ** 40), value), hex(bytes))
  })

  const refused: [string, SchemaErrorCode, string][] = [
    ['unsorted keys', 'not-canonical', 'a3 61 63 81 42 01 02 61 62 18 18 62 61 61 61 78'],
    ['keys sorted by byte before length', 'not-canonical', 'a3 62 61 61 61 78 61 62 18 18 61 63 81 42 01 02'],
    ['a key twice', 'malformed', 'a4 61 62 18 18 61 62 18 18 61 63 81 42 01 02 62 61 61 61 78'],
    ['a key twice with another value', 'malformed', 'a4 61 62 18 18 61 62 18 19 61 63 81 42 01 02 62 61 61 61 78'],
    ['an integer in more bytes than needed', 'malformed', 'a3 61 62 19 00 18 61 63 81 42 01 02 62 61 61 61 78'],
    ['a length in more bytes than needed', 'malformed', 'a3 61 62 18 18 61 63 81 58 02 01 02 62 61 61 61 78'],
    ['a key length in more bytes than needed', 'malformed', 'a3 78 01 62 18 18 61 63 81 42 01 02 62 61 61 61 78'],
    ['a map size in more bytes than needed', 'malformed', 'b8 03 61 62 18 18 61 63 81 42 01 02 62 61 61 61 78'],
    ['a half float of a whole value', 'not-canonical', 'a3 61 62 f9 4e 00 61 63 81 42 01 02 62 61 61 61 78'],
    ['a double of a whole value', 'not-canonical', 'a3 61 62 fb 4038000000000000 61 63 81 42 01 02 62 61 61 61 78'],
    ['a float with a fraction', 'malformed', 'a3 61 62 f9 3e 00 61 63 81 42 01 02 62 61 61 61 78'],
    ['NaN', 'malformed', 'a3 61 62 f9 7e 00 61 63 81 42 01 02 62 61 61 61 78'],
    ['infinity', 'malformed', 'a3 61 62 f9 7c 00 61 63 81 42 01 02 62 61 61 61 78'],
    ['a negative integer', 'over-limit', 'a3 61 62 20 61 63 81 42 01 02 62 61 61 61 78'],
    ['an integer above 2^53', 'malformed', 'a3 61 62 1b 00 20 00 00 00 00 00 00 61 63 81 42 01 02 62 61 61 61 78'],
    ['a big integer tag', 'malformed', 'a3 61 62 c2 41 18 61 63 81 42 01 02 62 61 61 61 78'],
    ['a tag', 'malformed', 'a3 61 62 c1 18 18 61 63 81 42 01 02 62 61 61 61 78'],
    ['undefined for null', 'malformed', 'a3 61 62 18 18 61 63 81 42 01 02 62 61 61 f7'],
    ['an unknown simple value', 'malformed', 'a3 61 62 18 18 61 63 81 42 01 02 62 61 61 e0'],
    ['text for bytes', 'malformed', 'a3 61 62 18 18 61 63 81 62 01 02 62 61 61 61 78'],
    ['bytes for text', 'malformed', 'a3 61 62 18 18 61 63 81 42 01 02 62 61 61 41 78'],
    ['bytes for a key', 'malformed', 'a3 41 62 18 18 61 63 81 42 01 02 62 61 61 61 78'],
    ['text that is no UTF-8', 'not-canonical', 'a3 61 62 18 18 61 63 81 42 01 02 62 61 61 61 ff'],
    ['an overlong UTF-8 form', 'not-canonical', 'a3 61 62 18 18 61 63 81 42 01 02 62 61 61 62 c1 b8'],
    ['an indefinite list', 'malformed', 'a3 61 62 18 18 61 63 9f 42 01 02 ff 62 61 61 61 78'],
    ['an indefinite map', 'malformed', 'bf 61 62 18 18 61 63 81 42 01 02 62 61 61 61 78 ff'],
    ['bytes in chunks', 'malformed', 'a3 61 62 18 18 61 63 81 5f 42 01 02 ff 62 61 61 61 78'],
    ['trailing bytes', 'malformed', `${CANONICAL} 00`],
    ['a second value', 'malformed', `${CANONICAL} ${CANONICAL}`],
    ['nothing', 'malformed', ''],
    ['a list for a map', 'malformed', '83 18 18 80 f6'],
    ['an unknown field', 'unknown-field', 'a4 61 62 18 18 61 63 81 42 01 02 61 64 00 62 61 61 61 78'],
    ['a missing field', 'missing-field', 'a2 61 62 18 18 61 63 81 42 01 02'],
  ]
  for (const [what, code, bytes] of refused) {
    it(`refuses ${what}: ${code}`, () => {
      assert.throws(
        () => fromCbor(schema, hex(bytes)),
        (error) => {
          assert.ok(error instanceof SchemaError, String(error))
          assert.equal(error.code, code)
          return true
        },
      )
    })
  }

  it('refuses a dict out of order', () => {
    const dict = s.dict(s.uint(9), s.uint(9), 3)
    assert.deepEqual([...fromCbor(dict, hex('82 82 01 05 82 02 05'))], [[1, 5], [2, 5]])
    assert.throws(() => fromCbor(dict, hex('82 82 02 05 82 01 05')), { code: 'not-canonical' })
  })

  it('refuses nesting of any depth without falling', () => {
    for (const depth of [10, 1_000, 10_000, 1_000_000]) {
      // Lists, maps and tags, with and without an end.
      for (const opening of [0x81, 0xa1, 0xc1, 0x9f]) {
        const bytes = new Uint8Array(depth).fill(opening)
        assert.throws(() => fromCbor(schema, bytes), SchemaError)
        assert.throws(() => fromCbor(schema, Uint8Array.from([...bytes, 0x80])), SchemaError)
      }
    }
  })

  it('refuses lengths that lie, without reserving what they promise', () => {
    const lengths = ['a ff ff ff ff', 'b 00 1f ff ff ff ff ff ff']
    // Bytes, text, list, map.
    for (const head of ['5', '7', '9', 'b'].flatMap((kind) => lengths.map((length) => kind + length))) {
      for (const any of [s.blob(300), s.text(300), s.list(s.bool, 300), schema] as Schema<unknown>[]) {
        assert.throws(() => fromCbor(any, hex(head)), SchemaError)
      }
    }
  })

  it('takes no bytes but those that it would write itself', () => {
    const canonical = hex(CANONICAL)
    const anyEdit = fc.record({
      at: fc.nat(canonical.length),
      remove: fc.nat(2),
      insert: fc.uint8Array({ maxLength: 2 }),
    })
    let taken = 0
    fc.assert(
      fc.property(anyEdit, ({ at, remove, insert }) => {
        const bytes = Uint8Array.from([...canonical.slice(0, at), ...insert, ...canonical.slice(at + remove)])
        let value: Infer<typeof schema>
        try {
          value = fromCbor(schema, bytes)
        } catch (error) {
          assert.ok(error instanceof SchemaError, String(error))
          return
        }
        taken++
        assert.deepEqual(toCbor(schema, value), bytes)
      }),
      { numRuns: 3_000 },
    )
    assert.ok(taken > 0, 'no edit kept the bytes valid: the property shows nothing')
  })

  it('takes a Buffer as input, and keeps nothing of it', () => {
    const input = Buffer.from(hex(CANONICAL))
    const value = fromCbor(schema, input)
    input.fill(0)
    assert.deepEqual(value, VALUE)
  })

  it('gives plain bytes of their own, never a view on a shared pool', () => {
    for (const length of [0, 1, 23, 60, 100, 130, 200, 300]) {
      const bytes = toCbor(schema, { ...VALUE, c: [new Uint8Array(length)] })
      assert.equal(Object.getPrototypeOf(bytes), Uint8Array.prototype)
      assert.equal(bytes.buffer.byteLength, bytes.length)
    }
    const given = new Uint8Array(200)
    const bytes = toCbor(s.blob(300), given)
    given.fill(1)
    assert.ok(!bytes.includes(1))
  })
})
