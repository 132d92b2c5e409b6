import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { BitcoindError } from '../../src/errors.ts'
import { decodeAnswer, decodeBatch, parseJson } from '../../src/rpc/codec.ts'

function isMalformed(error: unknown): boolean {
  return error instanceof BitcoindError && error.code === 'malformed-answer'
}

describe('the JSON-RPC codec', () => {
  it('reads answers of JSON-RPC 2.0', () => {
    assert.deepEqual(decodeAnswer({ jsonrpc: '2.0', result: 7, id: 1 }, 1, 'm'), { ok: true, result: 7 })
    const refused = decodeAnswer({ jsonrpc: '2.0', error: { code: -5, message: 'No such thing' }, id: 1 }, 1, 'm')
    assert.ok(!refused.ok)
    assert.equal(refused.error.code, 'rpc-error')
    assert.deepEqual(refused.error.rpc, { code: -5, message: 'No such thing' })
  })

  it('reads answers of JSON-RPC 1.1', () => {
    assert.deepEqual(decodeAnswer({ result: null, error: null, id: 1 }, 1, 'm'), { ok: true, result: null })
    const refused = decodeAnswer({ result: null, error: { code: -8, message: 'Out of range' }, id: 1 }, 1, 'm')
    assert.ok(!refused.ok && refused.error.rpc?.code === -8)
  })

  it('tells a start of bitcoind from other errors', () => {
    const outcome = decodeAnswer({ error: { code: -28, message: 'Loading block index…' }, id: 1 }, 1, 'm')
    assert.ok(!outcome.ok && outcome.error.code === 'warming-up')
  })

  it('refuses the answer to another call', () => {
    assert.throws(() => decodeAnswer({ result: 7, id: 2 }, 1, 'm'), isMalformed)
    assert.throws(() => decodeAnswer({ result: 7, id: '1' }, 1, 'm'), isMalformed)
  })

  it('puts a batch in the order of its calls', () => {
    const calls = [{ method: 'a' }, { method: 'b' }]
    const outcomes = decodeBatch([{ result: 'B', id: 6 }, { result: 'A', id: 5 }], 5, calls)
    assert.deepEqual(outcomes, [{ ok: true, result: 'A' }, { ok: true, result: 'B' }])
  })

  it('refuses a batch with an answer missing, doubled or strange', () => {
    const calls = [{ method: 'a' }, { method: 'b' }]
    const good = { result: 'A', id: 5 }
    for (const answer of [[good], [good, good], [good, { result: 'C', id: 7 }], [good, null], good, null]) {
      assert.throws(() => decodeBatch(answer, 5, calls), isMalformed)
    }
  })

  it('never fails on any JSON with anything but a malformed-answer', () => {
    fc.assert(fc.property(fc.oneof(
      fc.jsonValue(),
      fc.record({ id: fc.constant(1), error: fc.jsonValue(), result: fc.jsonValue() }, { requiredKeys: ['id'] }),
    ), (answer) => {
      for (const decode of [() => decodeAnswer(answer, 1, 'm'), () => decodeBatch([answer], 1, [{ method: 'm' }])]) {
        try {
          decode()
        } catch (error) {
          assert.ok(isMalformed(error))
        }
      }
    }))
  })

  it('never fails on any bytes with anything but a malformed-answer', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (body) => {
      try {
        parseJson(Buffer.from(body))
      } catch (error) {
        assert.ok(isMalformed(error))
      }
    }))
  })

  it('keeps bitcoind\'s words short and printable', () => {
    const outcome = decodeAnswer({ error: { code: -1, message: `\u001b[31m\n${'x '.repeat(5000)}` }, id: 1 }, 1, 'm')
    assert.ok(!outcome.ok)
    assert.match(outcome.error.rpc?.message ?? '', /^[\x20-\x7e]{1,300}$/)
  })
})
