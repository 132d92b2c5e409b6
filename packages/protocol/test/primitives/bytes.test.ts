import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { compareBytes, concat, equalBytes, fromHex, toHex, utf8 } from '../../src/primitives/index.ts'

const anyBytes = fc.uint8Array({ maxLength: 40 })

describe('bytes', () => {
  it('are the same in hex as Node writes it, and back', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        assert.equal(toHex(bytes), Buffer.from(bytes).toString('hex'))
        assert.deepEqual(fromHex(toHex(bytes)), bytes)
      }),
    )
  })

  it('are read from lower-case hex digits in pairs and nothing else', () => {
    for (const text of ['a', 'abc', 'AB', '0x00', 'zz', ' 00', '00 ', '00\n', '٠٠']) {
      assert.throws(() => fromHex(text), RangeError, text)
    }
    assert.deepEqual(fromHex(''), new Uint8Array(0))
  })

  it('are joined, compared and encoded as Node does', () => {
    fc.assert(
      fc.property(anyBytes, anyBytes, fc.string({ unit: 'binary' }), (a, b, text) => {
        assert.deepEqual(concat(a, b), new Uint8Array(Buffer.concat([a, b])))
        assert.equal(Math.sign(compareBytes(a, b)), Buffer.compare(a, b))
        assert.equal(equalBytes(a, b), Buffer.from(a).equals(b))
        assert.ok(equalBytes(a, a.slice()))
        assert.deepEqual(utf8(text), new Uint8Array(Buffer.from(text)))
      }),
    )
  })

  it('joined are a copy', () => {
    const part = Uint8Array.of(1)
    const joined = concat(part)
    part[0] = 2
    assert.deepEqual(joined, Uint8Array.of(1))
  })
})
