import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { BitcoindError } from '../src/errors.ts'
import { bytes, Fields } from '../src/parse.ts'

const READERS: readonly ((fields: Fields) => unknown)[] = [
  (fields) => fields.text('a'),
  (fields) => fields.integer('a'),
  (fields) => fields.number('a'),
  (fields) => fields.flag('a'),
  (fields) => fields.height('a'),
  (fields) => fields.txid('a'),
  (fields) => fields.blockHash('a'),
  (fields) => fields.bytes('a'),
  (fields) => fields.sats('a'),
  (fields) => fields.feerate('a'),
  (fields) => fields.object('a').text('b'),
  (fields) => fields.list('a', bytes),
  (fields) => fields.oneOf('a', ['x', 'y']),
]

describe('Fields', () => {
  it('fails on whatever bitcoind might answer with nothing but a malformed-answer', () => {
    fc.assert(fc.property(fc.oneof(fc.jsonValue(), fc.record({ a: fc.jsonValue() })), (value) => {
      for (const read of READERS) {
        try {
          read(new Fields(value, 'an answer'))
        } catch (error) {
          assert.ok(error instanceof BitcoindError && error.code === 'malformed-answer')
        }
      }
    }))
  })

  it('does not take inherited properties for fields', () => {
    assert.throws(() => new Fields({}, 'an answer').object('constructor'), { code: 'malformed-answer' })
    assert.equal(new Fields({}, 'an answer').has('toString'), false)
  })

  it('names the field that is wrong, and not what it held', () => {
    const read = (): unknown => new Fields({ fees: { base: 'secret' } }, 'getmempoolentry').object('fees').sats('base')
    assert.throws(read, /base of fees of getmempoolentry is not a number$/)
  })

  it('counts null as absent', () => {
    assert.equal(new Fields({ a: null, b: 0 }, 'an answer').has('a'), false)
    assert.equal(new Fields({ a: null, b: 0 }, 'an answer').has('b'), true)
  })
})
